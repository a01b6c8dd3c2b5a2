#include "domain/retrieval/modules.h"

#include <algorithm>
#include <vector>

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

}  // namespace soma::domain
