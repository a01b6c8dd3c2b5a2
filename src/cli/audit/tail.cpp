#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "backends/http/client.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "base/uuid.h"
#include "cli/audit/subcommands.h"
#include "cli/client/api_client.h"
#include "cli/client/print.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 40;
constexpr std::size_t kShownBytes = 120;
constexpr int kMostAPage = 100;
constexpr std::chrono::seconds kBetweenLooks{1};

struct Options {
    int lines = 20;
    bool follow = false;
    bool as_json = false;
    std::string stream;
    std::string action;
    std::string actor;
    std::string telemetry_ref;
    std::string from;
    std::string to;
};

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

class Tail {
  public:
    explicit Tail(const Options& options) : options_(options), client_(config::load()) {
        // Each look is an event as well; by this they are told apart from what is looked for.
        UuidGenerator ids;
        own_ = "audit tail " + ids.next(wall_clock_now()).to_string();
        client_.set_telemetry_ref(own_);
    }

    void run() {
        show_last();
        while (options_.follow) {
            std::this_thread::sleep_for(kBetweenLooks);
            show_news();
        }
    }

  private:
    json::object page(const std::string& order, int limit, const std::string& cursor) {
        std::string query = "limit=" + std::to_string(limit);
        const auto add = [&query](const char* name, const std::string& value) {
            query += value.empty()
                         ? ""
                         : '&' + std::string(name) + '=' + backends::encode_path_segment(value);
        };
        add("order", order);
        add("cursor", cursor);
        add("stream", options_.stream);
        add("action", options_.action);
        add("actor", options_.actor);
        add("telemetry_ref", options_.telemetry_ref);
        add("from", options_.from);
        add("to", options_.to);
        auto read = read_strict_json(client_.get("/v1/audit/events?" + query), kMaxDepth);
        auto* value = std::get_if<json::value>(&read);
        if (value == nullptr || !value->is_object() || !value->get_object().contains("events")) {
            throw Error(ErrorKind::internal, "the service answered with no list of events");
        }
        return std::move(value->get_object());
    }

    /// The last events so far, oldest of them first.
    void show_last() {
        std::deque<json::object> last;
        std::string cursor;
        do {
            const int left = options_.lines - static_cast<int>(last.size());
            const auto answer = page("newest_first", std::min(left, kMostAPage), cursor);
            for (const auto& event : answer.at("events").as_array()) {
                last.push_front(event.as_object());
            }
            cursor = text_of(answer, "next");
        } while (!cursor.empty() && last.size() < static_cast<std::size_t>(options_.lines));
        for (const auto& event : last) {
            print(event);
        }
    }

    void show_news() {
        for (bool more = true; more;) {
            const auto answer = page("oldest_first", kMostAPage, seen_);
            for (const auto& event : answer.at("events").as_array()) {
                print(event.as_object());
            }
            more = answer.contains("next");
        }
    }

    void print(const json::object& event) {
        seen_ = text_of(event, "id");
        const std::string ref = text_of(event, "telemetry_ref");
        if (ref == own_) {
            return;
        }
        if (options_.as_json) {
            std::printf("%s\n", json::serialize(event).c_str());
        } else {
            std::printf("%s  %s  %-6s  %-8s  %s  %s%s%s\n", seen_.c_str(),
                        text_of(event, "time").c_str(), text_of(event, "stream").c_str(),
                        text_of(event.at("body").as_object(), "decision").c_str(),
                        one_line(text_of(event, "action"), kShownBytes).c_str(),
                        one_line(text_of(event, "actor"), kShownBytes).c_str(),
                        ref.empty() ? "" : "  ", one_line(ref, kShownBytes).c_str());
        }
        std::fflush(stdout);  // whoever reads a pipe waits for it
    }

    const Options options_;
    ApiClient client_;
    std::string own_;
    std::string seen_;  ///< id of the last event shown
};

}  // namespace

void add_audit_tail(CLI::App& audit) {
    auto options = std::make_shared<Options>();
    auto* command = audit.add_subcommand("tail", "The tenant's last events, the newest at the end");
    command->add_option("--lines", options->lines, "At most so many")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    auto* follow = command->add_flag("--follow", options->follow, "Then what comes, until stopped");
    command->add_option("--stream", options->stream, "state (changes) or access (the rest)");
    command->add_option("--action", options->action, "What was done, e.g. memory.recall");
    command->add_option("--actor", options->actor, "Who did it");
    command->add_option("--telemetry-ref", options->telemetry_ref, "In which run of theirs");
    command->add_option("--from", options->from, "Of that time or later");
    command->add_option("--to", options->to, "Before that time")->excludes(follow);
    command->add_flag("--json", options->as_json, "An event a line, as the API answers it");
    command->callback([options] { Tail(*options).run(); });
}

}  // namespace soma::cli
