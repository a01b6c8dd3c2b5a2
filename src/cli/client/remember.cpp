#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

struct Options {
    std::string text;
    std::string subject;
    std::string speaker;
    std::string session;
    std::string key;
    std::vector<std::string> tags;
};

void run(const Options& options) {
    boost::json::object body{{"text", options.text}};
    const auto put = [&body](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            body[name] = value;
        }
    };
    put("subject", options.subject);
    put("speaker", options.speaker);
    put("session_id", options.session);
    put("key", options.key);
    if (!options.tags.empty()) {
        body["tags"] = boost::json::array(options.tags.begin(), options.tags.end());
    }
    const auto answer = ApiClient(config::load()).post("/v1/memories", body);
    std::printf("%s\n", answer.at("id").as_string().c_str());
}

}  // namespace

void register_remember(CLI::App& program) {
    auto* command = program.add_subcommand("remember", "Remember a text; prints its id");
    auto options = std::make_shared<Options>();
    command->add_option("text", options->text, "What to remember")->required();
    command->add_option("--subject", options->subject, "Whom it is about: the unit of erasure");
    command->add_option("--speaker", options->speaker, "Who said it");
    command->add_option("--session", options->session, "The conversation it belongs to");
    command->add_option("--key", options->key, "Supersedes the memory of the same key");
    command->add_option("--tag", options->tags, "A tag; may be given several times");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
