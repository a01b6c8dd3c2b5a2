#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <charconv>
#include <cstdio>
#include <map>

#include "base/time.h"
#include "domain/importing/format.h"
#include "domain/importing/json_records.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

/// "1:56 pm on 8 May, 2023" as RFC 3339. The data names no zone: UTC. Empty for other words.
std::string session_time(std::string_view text) {
    int hour = 0;
    int minute = 0;
    int day = 0;
    int year = 0;
    std::array<char, 3> half{};
    std::array<char, 16> month{};
    if (std::sscanf(std::string(text).c_str(), "%2d:%2d %2s on %2d %15[A-Za-z], %4d", &hour,
                    &minute, half.data(), &day, month.data(), &year) != 6) {
        return "";
    }
    const auto named = std::find(kMonths.begin(), kMonths.end(), std::string_view(month.data()));
    const std::string_view noon = half.data();
    if (named == kMonths.end() || hour < 1 || hour > 12 || (noon != "am" && noon != "pm")) {
        return "";
    }
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:00Z", year,
                  static_cast<int>(named - kMonths.begin()) + 1, day,
                  hour % 12 + (noon == "pm" ? 12 : 0), minute);
    const auto time = parse_rfc3339(out.data());
    return time ? format_rfc3339(*time) : "";
}

/// Sessions by number: "session_2" comes before "session_10".
std::map<int, std::string> sessions_of(const json::object& conversation) {
    constexpr std::string_view prefix = "session_";
    std::map<int, std::string> sessions;
    for (const auto& member : conversation) {
        const std::string_view name = member.key();
        int number = 0;
        if (!name.starts_with(prefix) || !member.value().is_array()) {
            continue;
        }
        const auto [end, error] =
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
        if (error == std::errc() && end == name.data() + name.size()) {
            sessions.emplace(number, name);
        }
    }
    return sessions;
}

json::object request_of(const std::string& sample, const std::string& session, std::size_t turn,
                        const std::string& when, const json::object& said) {
    json::object request;
    copy_text(said, "text", request, "text");
    copy_text(said, "speaker", request, "speaker");
    request["kind"] = "turn";
    request["session_id"] = session;
    request["turn"] = turn;
    if (!when.empty()) {
        request["occurred_at"] = when;
    }
    json::object metadata{{"sample_id", sample}};
    for (const auto* name : {"dia_id", "blip_caption"}) {
        copy_text(said, name, metadata, name);
    }
    if (const auto id = text_member(said, "dia_id")) {
        request["key"] = key_of("locomo:" + sample + "/" + std::string(*id));
    }
    request["metadata"] = std::move(metadata);
    return request;
}

void read_sample(const std::string& place, const json::object& record, ImportList& list) {
    const auto sample = text_member(record, "sample_id");
    const auto* conversation = record.if_contains("conversation");
    if (!sample || conversation == nullptr || !conversation->is_object()) {
        return list.fail(place, "a sample needs sample_id and conversation");
    }
    for (const auto& [number, name] : sessions_of(conversation->get_object())) {
        const auto when =
            session_time(text_member(conversation->get_object(), name + "_date_time").value_or(""));
        const auto& turns = conversation->at(name).get_array();
        for (std::size_t turn = 0; turn < turns.size(); ++turn) {
            std::string at = place + "/conversation/" + name + "/" + std::to_string(turn);
            if (!turns[turn].is_object() || !text_member(turns[turn].get_object(), "text")) {
                list.fail(std::move(at), "/text: must be a text");
                continue;
            }
            list.add(std::move(at), request_of(std::string(*sample),
                                               std::string(*sample) + "/" + std::to_string(number),
                                               turn, when, turns[turn].get_object()));
        }
    }
}

}  // namespace

ImportList parse_locomo(std::string_view name, std::string_view text) {
    ImportList list;
    each_json_record(name, text, {}, list,
                     [&list](const std::string& place, const json::object& record) {
                         read_sample(place, record, list);
                     });
    return list;
}

}  // namespace soma::domain
