#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>

#include "backends/postgres/constitution/laws.h"
#include "backends/postgres/learning/learning_weights.h"
#include "base/canonical_json.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/wiring.h"
#include "domain/adaptation/coordinates.h"
#include "domain/constitution/document/document.h"
#include "math/check/check.h"
#include "math/check/live.h"
#include "services/search/load.h"

namespace soma::cli {
namespace {

constexpr std::chrono::minutes kLoadTime{10};
/// As in plans: a link that faded for ages is still one.
constexpr double kLeastWeight = 1e-9;

struct CheckOptions {
    std::uint64_t seed = 1;
    std::string tenant;  ///< id or name; empty: generated data
    bool json = false;
};

void print_json(const std::vector<math::MathCheck>& checks) {
    for (const auto& check : checks) {
        // Infinity, the figure of a room that answered with an error, has no JSON number.
        const boost::json::value figure =
            std::isfinite(check.figure) ? boost::json::value(check.figure) : nullptr;
        const boost::json::object line{{"room", check.room},
                                       {"name", check.name},
                                       {"figure", figure},
                                       {"tolerance", check.tolerance},
                                       {"ok", check.ok}};
        std::printf("%s\n", to_canonical_json(line).c_str());
    }
}

void print_table(const std::vector<math::MathCheck>& checks) {
    for (const auto& check : checks) {
        std::printf("%-4s %-9s %-58s %9.2e <= %.0e\n", check.ok ? "ok" : "FAIL", check.room.c_str(),
                    check.name.c_str(), check.figure, check.tolerance);
    }
}

backends::TenantRow find_tenant(backends::Tenants& tenants, const std::string& asked,
                                const Deadline& deadline) {
    const auto id = Uuid::parse(asked);
    auto row = id ? tenants.find(*id, deadline) : tenants.find_by_name(asked, deadline);
    if (!row) {
        throw Error(ErrorKind::not_found, "no such tenant: " + asked);
    }
    return std::move(*row);
}

/// What feedback taught the tenant, coordinate by coordinate, between the bounds of the law that it
/// was learnt under; empty: nothing yet.
std::vector<math::BoundedNumber> learnt_numbers(backends::ConnectionPool& pool, const Uuid& tenant,
                                                const Deadline& deadline) {
    const auto row = backends::LearningWeights(pool).newest(tenant, deadline);
    if (!row) {
        return {};
    }
    const auto law = backends::Laws(pool).find_version(row->constitution_version, deadline);
    if (!law) {
        throw Error(ErrorKind::internal, "weights were learnt under a law that is not there");
    }
    const auto box =
        domain::learning_box(domain::read_canonical_document(law->signed_version.text).law);
    std::vector<math::BoundedNumber> numbers;
    for (std::size_t i = 0; i < domain::kCoordinates; ++i) {
        numbers.push_back({std::string(domain::coordinate_name(i)), row->after[i], box.lower()[i],
                           box.upper()[i]});
    }
    return numbers;
}

/// The tenant's memories as numbers, read as the service reads them when it loads its index.
math::LiveData live_data(const std::string& asked) {
    const auto config = config::load();
    const Deadline deadline(kLoadTime);
    backends::ConnectionPool pool(app_login(config), 1);
    backends::Tenants tenants(pool);
    backends::Memories memories(pool);
    backends::Vault vault(vault_config(config));
    services::Keyring keyring(vault);
    const auto tenant = find_tenant(tenants, asked, deadline);
    const Time now = wall_clock_now();
    math::LiveData data{.dimension = static_cast<std::size_t>(tenant.dimension)};
    data.bounded = learnt_numbers(pool, tenant.id, deadline);
    std::unordered_map<Uuid, std::uint32_t> numbers;
    std::vector<domain::Link> links;
    services::TenantLoader(tenants, memories, keyring)(
        tenant.id, deadline, [&](const domain::Memory& memory) {
            numbers.emplace(memory.facts.id, static_cast<std::uint32_t>(numbers.size()));
            links.insert(links.end(), memory.links.begin(), memory.links.end());
            for (const auto& passage : memory.passages) {
                const auto vector = math::dequantize(passage.vector);
                data.vectors.insert(data.vectors.end(), vector.begin(), vector.end());
            }
        });
    data.vertices = numbers.size();
    for (const auto& link : links) {
        const auto from = numbers.find(link.key.from);
        const auto to = numbers.find(link.key.to);
        if (from != numbers.end() && to != numbers.end()) {  // else its end was erased just now
            data.links.push_back({from->second, to->second});
            data.link_weights.push_back(std::max(domain::link_weight_at(link, now), kLeastWeight));
            data.gains.push_back(link.gain);
            data.conductances.push_back(domain::conductance_at(link, now));
        }
    }
    return data;
}

void check_math(const CheckOptions& options) {
    const auto checks = options.tenant.empty()
                            ? math::run_math_checks(options.seed)
                            : math::run_live_checks(live_data(options.tenant), options.seed);
    options.json ? print_json(checks) : print_table(checks);
    std::size_t failed = 0;
    for (const auto& check : checks) {
        failed += check.ok ? 0 : 1;
    }
    if (failed > 0) {
        throw Error(ErrorKind::internal, std::to_string(failed) + " of " +
                                             std::to_string(checks.size()) +
                                             " invariants of the mathematics do not hold");
    }
}

}  // namespace

void register_check(CLI::App& program) {
    auto* command = program.add_subcommand("check", "Measure invariants");
    command->require_subcommand(1);
    auto* math = command->add_subcommand(
        "math", "The laws of the mathematics, on generated data or a tenant's");
    auto options = std::make_shared<CheckOptions>();
    math->add_option("--seed", options->seed, "Seed of the generated data");
    math->add_option("--tenant", options->tenant,
                     "Id or name: on what this tenant remembers, read from the stores");
    math->add_flag("--json", options->json, "One JSON object a line");
    math->callback([options] { check_math(*options); });
}

}  // namespace soma::cli
