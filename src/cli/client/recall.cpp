#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "cli/client/print.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

struct Options {
    std::string query;
    int top_k = 10;
    std::vector<std::string> views;
    bool explain = false;
    std::optional<double> min_coverage;
};

void run(const Options& options) {
    boost::json::object body{
        {"query", options.query}, {"top_k", options.top_k}, {"explain", options.explain}};
    if (!options.views.empty()) {
        body["views"] = boost::json::array(options.views.begin(), options.views.end());
    }
    if (options.min_coverage) {
        body["min_coverage"] = *options.min_coverage;
    }
    const auto answer = ApiClient(config::load()).post("/v1/recall", body);
    print_memories(answer.at("results").as_array());
}

}  // namespace

void register_recall(CLI::App& program) {
    auto* command = program.add_subcommand("recall", "Find the memories that answer a query");
    auto options = std::make_shared<Options>();
    command->add_option("query", options->query, "What to look for")->required();
    command->add_option("--top-k", options->top_k, "How many, 1 to 100")->capture_default_str();
    command->add_option("--view", options->views, "Keep only the named views of the score");
    command->add_flag("--explain", options->explain, "Show the value of every view");
    command->add_option("--min-coverage", options->min_coverage,
                        "Nothing where less of the query is covered (0.42: nothing is known)");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
