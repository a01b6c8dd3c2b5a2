#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace soma::domain {

/// What a principal is to its tenant. A token may carry several; rights add up.
enum class Role : std::uint8_t {
    agent,      ///< lives with its memory: writes, recalls, asks for context
    reader,     ///< sees, changes nothing
    operator_,  ///< keeps the house: loads and removes memories in bulk, reads none of them
    signer,     ///< signs constitutions; no access to memories
    auditor,    ///< reads the ledger; no access to memories
    admin,      ///< everything inside its own tenant
};

inline constexpr std::size_t kRoleCount = 6;

/// The name a token's roles claim uses ("operator" for Role::operator_).
std::string_view role_name(Role role);
/// All of them, for a message: "agent, reader, ...".
std::string role_list();
/// Exact match; nullopt for any other text.
std::optional<Role> parse_role(std::string_view name);

/// A small set of roles, a value type.
class RoleSet {
  public:
    constexpr RoleSet() = default;
    constexpr RoleSet(std::initializer_list<Role> roles) {
        for (const Role role : roles) {
            add(role);
        }
    }

    constexpr void add(Role role) { bits_ |= bit(role); }
    constexpr bool has(Role role) const { return (bits_ & bit(role)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool intersects(RoleSet other) const { return (bits_ & other.bits_) != 0; }

    friend constexpr bool operator==(RoleSet, RoleSet) = default;

  private:
    static constexpr std::uint32_t bit(Role role) { return 1u << static_cast<unsigned>(role); }
    std::uint32_t bits_ = 0;
};

}  // namespace soma::domain
