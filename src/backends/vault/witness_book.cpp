#include "backends/vault/witness_book.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

namespace json = boost::json;

constexpr std::string_view kEvidence = "witness/evidence";
/// Each lost race means that somebody else kept something, and there is an end to what is kept.
constexpr int kAttempts = 64;
constexpr std::array kAlarms{domain::WitnessAlarm::fork, domain::WitnessAlarm::rollback,
                             domain::WitnessAlarm::bad_proof};

[[noreturn]] void foreign(const std::string& what) {
    throw Error(ErrorKind::internal, "the witness's memory in OpenBao is not what it wrote", what);
}

/// Origins hold slashes and may be long.
std::string page_path(std::string_view origin) {
    return "witness/logs/" + to_hex(sha256(origin));
}

std::string text_of(const json::object& data, std::string_view name) {
    const auto* value = data.if_contains(name);
    if (value == nullptr || !value->is_string()) {
        foreign(std::string(name) + " is missing");
    }
    return std::string(value->get_string());
}

std::uint64_t number_of(const json::object& data, std::string_view name) {
    const auto* value = data.if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0) {
        foreign(std::string(name) + " is missing");
    }
    return static_cast<std::uint64_t>(value->get_int64());
}

domain::Witnessed decode_page(const json::object& data, std::string_view origin) {
    domain::Witnessed seen;
    try {
        seen.note = domain::parse_note(text_of(data, "note"));
        seen.checkpoint = domain::parse_checkpoint(seen.note.text);
    } catch (const Error& error) {
        foreign(error.public_message());
    }
    seen.time = number_of(data, "time");
    if (seen.checkpoint.origin != origin || seen.checkpoint.size != number_of(data, "size")) {
        foreign("a checkpoint of another log or size");
    }
    return seen;
}

domain::Evidence decode_evidence(const json::value& value) {
    const auto* data = value.if_object();
    if (data == nullptr) {
        foreign("evidence is an object");
    }
    const std::string name = text_of(*data, "alarm");
    for (const auto alarm : kAlarms) {
        if (alarm_name(alarm) == name) {
            return {alarm, number_of(*data, "time"), text_of(*data, "ours"),
                    text_of(*data, "theirs")};
        }
    }
    foreign("no alarm is called " + name);
}

json::object encode(const domain::Evidence& found) {
    return {{"alarm", alarm_name(found.alarm)},
            {"time", found.time},
            {"ours", found.ours},
            {"theirs", found.theirs}};
}

std::vector<domain::Evidence> decode_all(const std::optional<VaultSecret>& secret) {
    std::vector<domain::Evidence> kept;
    if (!secret) {
        return kept;
    }
    const auto* list = secret->data.if_contains("kept");
    if (list == nullptr || !list->is_array()) {
        foreign("evidence is a list");
    }
    for (const auto& each : list->get_array()) {
        kept.push_back(decode_evidence(each));
    }
    return kept;
}

}  // namespace

WitnessPage WitnessBook::read(std::string_view origin, const Deadline& deadline) {
    const auto secret = vault_.get(page_path(origin), deadline);
    if (!secret) {
        return {};
    }
    return {decode_page(secret->data, origin), secret->version};
}

bool WitnessBook::write_if(const domain::Witnessed& now, std::uint64_t version,
                           const Deadline& deadline) {
    const json::object data{{"origin", now.checkpoint.origin},
                            {"size", now.checkpoint.size},
                            {"time", now.time},
                            {"note", encode_note(now.note)}};
    return vault_.put_if(page_path(now.checkpoint.origin), data, version, deadline);
}

std::vector<domain::Evidence> WitnessBook::evidence(const Deadline& deadline) {
    return decode_all(vault_.get(kEvidence, deadline));
}

bool WitnessBook::keep(const domain::Evidence& found, const Deadline& deadline) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto secret = vault_.get(kEvidence, deadline);
        auto kept = decode_all(secret);
        if (!keep_evidence(kept, found)) {
            return false;
        }
        json::array list;
        for (const auto& each : kept) {
            list.push_back(encode(each));
        }
        if (vault_.put_if(kEvidence, {{"kept", std::move(list)}}, secret ? secret->version : 0,
                          deadline)) {
            return true;
        }
    }
    throw Error(ErrorKind::unavailable, "the evidence could not be kept",
                "check-and-set lost " + std::to_string(kAttempts) + " times");
}

}  // namespace soma::backends
