#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <boost/json/parse.hpp>

#include "base/error.h"
#include "cli/client/api_client.h"
#include "cli/client/print.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

/// The contract's uint64, which is absent where it is 0.
std::uint64_t number_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? 0 : value->to_number<std::uint64_t>();
}
double figure_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? 0 : value->to_number<double>();
}

void print_weights(const json::object& weights) {
    std::printf("version %llu\n", static_cast<unsigned long long>(number_of(weights, "version")));
    for (const auto* name : {"lambda", "mu", "nu", "temperature"}) {
        std::printf("%-12s %.6g\n", name, figure_of(weights, name));
    }
    for (const auto& view : weights.at("views").as_array()) {
        const auto& of = view.as_object();
        std::printf("%-12s %.6g\n", of.at("view").as_string().c_str(), figure_of(of, "weight"));
    }
    const auto& calibration = weights.at("calibration").as_object();
    std::printf("p is calibrated from %llu verdicts on: there were %llu\n",
                static_cast<unsigned long long>(number_of(calibration, "needed")),
                static_cast<unsigned long long>(number_of(calibration, "verdicts")));
}

json::object got(ApiClient& client, const std::string& path) {
    return json::parse(client.get(path)).as_object();
}

void show() {
    ApiClient client(config::load());
    const auto answer = got(client, "/v1/brain/weights");
    print_weights(answer.at("weights").as_object());
    std::printf("within the bounds of law %llu\n",
                static_cast<unsigned long long>(number_of(answer, "constitution_version")));
}

void print_change(const json::object& change) {
    std::printf("%llu\t%s\t%s", static_cast<unsigned long long>(number_of(change, "version")),
                change.at("created_at").as_string().c_str(), change.at("kind").as_string().c_str());
    if (change.contains("reward")) {
        std::printf("\treward %g", figure_of(change, "reward"));
    }
    if (change.contains("alarm")) {
        std::printf("\talarm %s", change.at("alarm").as_string().c_str());
    }
    if (change.contains("restored_version")) {
        std::printf("\tback to %llu",
                    static_cast<unsigned long long>(number_of(change, "restored_version")));
    }
    std::printf("\n");
}

void history(int limit) {
    ApiClient client(config::load());
    const auto answer = got(client, "/v1/brain/weights/history?limit=" + std::to_string(limit));
    if (const auto* changes = answer.if_contains("changes")) {
        for (const auto& change : changes->as_array()) {
            print_change(change.as_object());
        }
    }
}

struct Back {
    std::optional<std::int64_t> to_version;
    std::optional<std::int64_t> steps;
    std::string key;
};

void rollback(const Back& options) {
    json::object body;
    if (options.to_version) {
        body["to_version"] = *options.to_version;
    }
    if (options.steps) {
        body["steps"] = *options.steps;
    }
    const auto answer =
        ApiClient(config::load()).post("/v1/brain/weights/rollback", body, options.key);
    print_weights(answer.at("weights").as_object());
    std::printf("as after version %llu\n",
                static_cast<unsigned long long>(number_of(answer, "restored_version")));
}

}  // namespace

void register_weights(CLI::App& program) {
    auto* command = program.add_subcommand("weights", "What feedback taught a tenant");
    command->require_subcommand(1);
    command->add_subcommand("show", "The weights in force")->callback(show);
    auto* past = command->add_subcommand("history", "What changed them, newest first");
    auto limit = std::make_shared<int>(20);
    past->add_option("--limit", *limit, "How many changes, at most 100")->capture_default_str();
    past->callback([limit] { history(*limit); });
    auto* back = command->add_subcommand("rollback", "Back to an earlier version");
    auto options = std::make_shared<Back>();
    auto* version = back->add_option("--to-version", options->to_version,
                                     "The version (0: before anything was learnt)");
    auto* steps = back->add_option("--steps", options->steps, "So many versions back");
    version->excludes(steps);
    back->add_option("--idempotency-key", options->key, "Repeated with it, it happens once");
    back->callback([options] { rollback(*options); });
}

}  // namespace soma::cli
