#include "domain/identity/role.h"

#include <array>

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, kRoleCount> kNames{"agent",  "reader",  "operator",
                                                          "signer", "auditor", "admin"};

}  // namespace

std::string_view role_name(Role role) {
    return kNames[static_cast<std::size_t>(role)];
}

std::string role_list() {
    std::string list;
    for (const auto name : kNames) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    return list;
}

std::optional<Role> parse_role(std::string_view name) {
    for (std::size_t i = 0; i < kRoleCount; ++i) {
        if (kNames[i] == name) {
            return static_cast<Role>(i);
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
