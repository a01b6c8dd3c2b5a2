#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "backends/http/client.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "cli/client/api_client.h"
#include "cli/client/print.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 40;
constexpr std::size_t kShownBytes = 120;
constexpr int kMostAPage = 1000;

struct Options {
    int limit = 20;
    std::string filter;
    std::string valid_at;
    std::string as_of;
    bool all_times = false;
    bool as_json = false;
};

/// One page; its members as the service answered them.
json::object page(ApiClient& client, const Options& options, int limit, const std::string& cursor) {
    std::string query = "limit=" + std::to_string(limit);
    const auto add = [&query](const char* name, const std::string& value) {
        query += value.empty()
                     ? ""
                     : '&' + std::string(name) + '=' + backends::encode_path_segment(value);
    };
    add("filter", options.filter);
    add("valid_at", options.valid_at);
    add("as_of", options.as_of);
    add("include_superseded", options.all_times ? "true" : "");
    add("cursor", cursor);
    auto read = read_strict_json(client.get("/v1/memories?" + query), kMaxDepth);
    auto* value = std::get_if<json::value>(&read);
    if (value == nullptr || !value->is_object()) {
        throw Error(ErrorKind::internal, "the service answered with no JSON object");
    }
    return std::move(value->get_object());
}

std::string text_of(const json::object& memory, std::string_view name) {
    const auto* value = memory.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

void print(const json::object& memory, bool as_json) {
    if (as_json) {
        std::printf("%s\n", json::serialize(memory).c_str());
        return;
    }
    const std::string speaker = text_of(memory, "speaker");
    std::printf("%s  %s  %s%s%s\n", text_of(memory, "id").c_str(),
                text_of(memory, "created_at").substr(0, 19).c_str(),
                one_line(speaker, kShownBytes).c_str(), speaker.empty() ? "" : ": ",
                one_line(text_of(memory, "text"), kShownBytes).c_str());
}

void run(const Options& options) {
    ApiClient client(config::load());
    std::string cursor;
    for (int left = options.limit; left > 0;) {
        const auto answer = page(client, options, std::min(left, kMostAPage), cursor);
        for (const auto& memory : answer.at("memories").as_array()) {
            print(memory.as_object(), options.as_json);
            --left;
        }
        cursor = text_of(answer, "next_cursor");
        if (cursor.empty()) {
            return;
        }
    }
    std::fputs("there are more: --limit shows them\n", stderr);
}

}  // namespace

void register_list(CLI::App& program) {
    auto* command =
        program.add_subcommand("list", "The tenant's memories, in the order they were recorded");
    auto options = std::make_shared<Options>();
    command->add_option("--limit", options->limit, "At most so many")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--filter", options->filter, "JSON, as recall takes it");
    command->add_option("--valid-at", options->valid_at, "What is true at that time");
    command->add_option("--as-of", options->as_of, "What had been recorded: a time or state_token");
    command->add_flag("--all-times", options->all_times, "Also what is not true at that time");
    command->add_flag("--json", options->as_json, "A record a line, as the API answers it");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
