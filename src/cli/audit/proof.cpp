#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "base/uuid.h"
#include "cli/audit/log_folder.h"
#include "cli/audit/subcommands.h"
#include "cli/client/api_client.h"
#include "domain/ledger/proving/tlog_proof.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kBetweenTries{1};
/// A new event is under a checkpoint within a second or two, unless keys are away.
constexpr int kTries = 10;
constexpr int kUnavailableStatus = 503;

struct Options {
    std::string event;
    std::string out;
};

/// An id that is none, the empty one above all, would name another path of the service.
std::string event_of(const Options& options) {
    const auto id = Uuid::parse(options.event);
    if (!id) {
        throw invalid("", "--event must be an event's id, a UUID");
    }
    return id->to_string();
}

json::object ask(const std::string& event) {
    ApiClient client(config::load());
    const std::string path = "/v1/audit/events/" + event + "/proof";
    for (int tried = 1;; ++tried) {
        std::string body;
        const auto problem = client.try_get(path, body);
        if (!problem) {
            auto value = parse_strict_json(body);
            if (value && value->is_object()) {
                return std::move(value->get_object());
            }
            throw Error(ErrorKind::internal, "the service answered with no JSON object");
        }
        if (problem->status != kUnavailableStatus || tried == kTries) {
            throw Error(ErrorKind::invalid_argument, problem->detail);
        }
        std::this_thread::sleep_for(kBetweenTries);
    }
}

template <typename Decoded>
std::string decoded(const Decoded& bytes) {
    if (!bytes) {
        throw Error(ErrorKind::internal, "the service's answer is no proof");
    }
    return *bytes;
}

domain::TlogProof proof_of(const json::object& answer) {
    domain::TlogProof proof;
    proof.index = answer.at("leaf_index").to_number<std::uint64_t>();
    for (const auto& each : answer.at("hashes").as_array()) {
        proof.hashes.push_back(decoded(from_hex(std::string(each.as_string()))));
    }
    proof.checkpoint = std::string(answer.at("checkpoint").as_string());
    proof.extra = decoded(from_base64(std::string(answer.at("entry").as_string())));
    return proof;
}

void run(const Options& options) {
    const std::string text = encode_tlog_proof(proof_of(ask(event_of(options))));
    if (options.out.empty()) {
        std::fwrite(text.data(), 1, text.size(), stdout);
    } else {
        write_file(options.out, text);
    }
}

}  // namespace

void add_audit_proof(CLI::App& audit) {
    auto options = std::make_shared<Options>();
    auto* command = audit.add_subcommand(
        "proof", "That an event is in the log, as anybody can check it (C2SP tlog-proof)");
    command->add_option("--event", options->event, "The event's id")->required();
    command->add_option("--out", options->out, "A file to write to (stdout)");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
