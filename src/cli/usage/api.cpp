#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "server/openapi/openapi.h"
#include "server/openapi/reference.h"
#include "server/routes.h"

namespace soma::cli {

void register_api(CLI::App& program) {
    auto* command = program.add_subcommand("api", "Print the interface as an OpenAPI document");
    auto markdown = std::make_shared<bool>(false);
    command->add_flag("--markdown", *markdown, "Print docs/api.md instead");
    command->callback([markdown] {
        const auto services = server::contract_services();
        const auto text =
            *markdown ? server::api_reference(services) : server::openapi_document(services) + '\n';
        std::fputs(text.c_str(), stdout);
    });
}

}  // namespace soma::cli
