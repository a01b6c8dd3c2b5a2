#include "domain/retrieval/modules.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace soma::domain {
namespace {

constexpr std::string_view kNone = "none";

}  // namespace

std::optional<Modules> modules_of(std::span<const std::string> names) {
    if (names.size() == 1 && names.front() == kNone) {
        return Modules{};
    }
    Modules modules;
    for (const auto& name : names) {
        const auto* const found = std::find(module_names.begin(), module_names.end(), name);
        if (found == module_names.end()) {
            return std::nullopt;
        }
        const auto module = static_cast<Module>(found - module_names.begin());
        if (modules.has(module)) {
            return std::nullopt;
        }
        modules.add(module);
    }
    return names.empty() ? std::nullopt : std::optional(modules);
}

std::optional<Modules> modules_of(std::string_view names) {
    std::vector<std::string> list;
    for (std::size_t at = 0; at <= names.size();) {
        const std::size_t comma = std::min(names.find(',', at), names.size());
        list.emplace_back(names.substr(at, comma - at));
        at = comma + 1;
    }
    return modules_of(std::span<const std::string>(list));
}

std::string names_of(Modules modules) {
    std::string names;
    for (std::size_t i = 0; i < module_count; ++i) {
        if (modules.has(static_cast<Module>(i))) {
            names += (names.empty() ? "" : ",") + std::string(module_names[i]);
        }
    }
    return names.empty() ? std::string(kNone) : names;
}

std::optional<Module> module_of(View view) {
    switch (view) {
        case View::graph:
            return Module::pagerank;
        case View::density:
            return Module::density;
        case View::bridge:
            return Module::bridge;
        default:
            return std::nullopt;
    }
}

ViewWeights weights_under(Modules modules, const ViewWeights& weights,
                          std::span<const std::string> names) {
    ViewWeights kept = keep_views(weights, names);
    const auto is_off = [&](View view) {
        const auto module = module_of(view);
        return module && !modules.has(*module);
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (is_off(view_of(names[i]).value())) {
            throw invalid("/views/" + std::to_string(i),
                          "is a view whose module is off for this tenant: " + names[i]);
        }
    }
    for (std::size_t v = 0; v < view_count; ++v) {
        if (is_off(static_cast<View>(v))) {
            kept.numbers[v] = 0;
        }
    }
    return kept;
}

}  // namespace soma::domain
