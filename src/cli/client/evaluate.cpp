#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/client/api_client.h"
#include "cli/client/print.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

struct Options {
    std::string query;
    std::string session;
    int top_k = 10;
    int token_budget = 0;
};

void run(const Options& options) {
    boost::json::object body{{"query", options.query}, {"top_k", options.top_k}};
    if (!options.session.empty()) {
        body["session_id"] = options.session;
    }
    if (options.token_budget != 0) {
        body["token_budget"] = options.token_budget;
    }
    const auto answer = ApiClient(config::load()).post("/v1/brain/evaluate", body);
    print_memories(answer.at("memories").as_array());
    double squares = 0;
    for (const auto& number : answer.at("residual").as_array()) {
        squares += std::pow(number.to_number<double>(), 2);
    }
    std::printf("\nresidual norm %.3f (what memory does not explain of a query of norm 1)\n",
                std::sqrt(squares));
    std::printf("evaluation %s\n\n%s", answer.at("evaluation_id").as_string().c_str(),
                answer.at("prompt").as_string().c_str());
}

}  // namespace

void register_evaluate(CLI::App& program) {
    auto* command = program.add_subcommand("evaluate", "The context bundle for a situation");
    auto options = std::make_shared<Options>();
    command->add_option("query", options->query, "The situation or question")->required();
    command->add_option("--session", options->session, "The conversation");
    command->add_option("--top-k", options->top_k, "How many memories")->capture_default_str();
    command->add_option("--token-budget", options->token_budget, "Most tokens of prompt");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
