#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/canonical_json.h"
#include "cli/client/api_client.h"
#include "cli/client/print.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

struct Options {
    std::string query;
    std::string session;
    int top_k = 10;
    std::optional<int> token_budget;
    std::optional<double> confidence;
    std::optional<std::int64_t> cost_tokens;
    std::optional<double> price;
    std::optional<double> latency_seconds;
    std::string render;
    bool explain = false;
};

json::object body_of(const Options& options) {
    json::object body{
        {"query", options.query}, {"top_k", options.top_k}, {"explain", options.explain}};
    const auto put = [&body](const char* name, const auto& value) {
        if (value) {
            body[name] = *value;
        }
    };
    put("token_budget", options.token_budget);
    put("confidence", options.confidence);
    put("cost_tokens", options.cost_tokens);
    put("price", options.price);
    put("predicted_latency_seconds", options.latency_seconds);
    if (!options.session.empty()) {
        body["session_id"] = options.session;
    }
    if (!options.render.empty()) {
        body["render"] = options.render;
    }
    return body;
}

void print_utility(const json::object& figures) {
    const auto number = [&figures](const char* name) {
        return figures.at(name).to_number<double>();
    };
    std::printf("utility %.3f, at least %.3f: p %.3f (%s), cost %g, latency %g s, penalty %g\n",
                number("utility"), number("minimum"), number("probability"),
                figures.at("probability_source").as_string().c_str(), number("cost"),
                number("latency_seconds"), number("penalty"));
}

/// The prompts that were compared, the chosen one marked.
void print_candidates(const json::array& candidates) {
    for (const auto& value : candidates) {
        const auto& candidate = value.as_object();
        const auto* utility = candidate.if_contains("utility");
        const auto& veto = candidate.at("vetoed_by").as_string();
        std::printf(
            "%s %-18s U %s  memories %zu  tokens %lld  coverage %.3f  penalty %g%s%s\n",
            candidate.at("chosen").as_bool() ? "*" : " ", candidate.at("name").as_string().c_str(),
            utility == nullptr ? "none"
                               : format_ecmascript_number(utility->to_number<double>()).c_str(),
            candidate.at("memory_ids").as_array().size(),
            static_cast<long long>(candidate.at("tokens").to_number<std::int64_t>()),
            candidate.at("coverage").to_number<double>(),
            candidate.at("penalty").to_number<double>(), veto.empty() ? "" : "  vetoed by ",
            veto.c_str());
    }
}

void print_residual(const json::array& residual) {
    double squares = 0;
    for (const auto& number : residual) {
        squares += std::pow(number.to_number<double>(), 2);
    }
    std::printf("\nresidual norm %.3f (what memory does not explain of a query of norm 1)\n",
                std::sqrt(squares));
}

void run(const Options& options) {
    const auto answer = ApiClient(config::load()).post("/v1/brain/evaluate", body_of(options));
    print_memories(answer.at("memories").as_array());
    print_residual(answer.at("residual").as_array());
    print_utility(answer.at("utility").as_object());
    print_candidates(answer.at("candidates").as_array());
    std::printf("evaluation %s\n\n", answer.at("evaluation_id").as_string().c_str());
    if (const auto* rendering = answer.if_contains("rendering")) {
        // For a chat API, which takes it as it is.
        std::printf("%s\n", json::serialize(*rendering).c_str());
    } else {
        std::printf("%s", answer.at("prompt").as_string().c_str());
    }
}

}  // namespace

void register_evaluate(CLI::App& program) {
    auto* command = program.add_subcommand("evaluate", "The context bundle for a situation");
    auto options = std::make_shared<Options>();
    command->add_option("query", options->query, "The situation or question")->required();
    command->add_option("--session", options->session, "The conversation");
    command->add_option("--top-k", options->top_k, "How many memories")->capture_default_str();
    command->add_option("--token-budget", options->token_budget, "Most tokens of prompt");
    command->add_option("--confidence", options->confidence, "That the planned action succeeds");
    command->add_option("--cost-tokens", options->cost_tokens, "Tokens the planned action takes");
    command->add_option("--price", options->price, "Of one token; with --cost-tokens");
    command->add_option("--latency", options->latency_seconds, "Seconds it is expected to take");
    command->add_option("--render", options->render,
                        "plain, openai_messages or anthropic_messages");
    command->add_flag("--explain", options->explain, "Show the prompts that were compared");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
