#include "domain/identity/claims.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxActorBytes = 256;
constexpr std::size_t kMaxItems = 64;  ///< of `aud` and of the roles claim
/// The last second of the year 9999: later than any honest token, and far from overflow.
constexpr double kLastSecond = 253402300799.0;

constexpr std::array<std::string_view, kTokenRefusalCount> kRefusalNames{
    "malformed",     "header_forbidden", "algorithm_forbidden", "unknown_issuer",
    "unknown_key",   "bad_signature",    "wrong_audience",      "expired",
    "not_yet_valid", "bad_claim",        "bad_tenant",          "bad_roles"};

/// RFC 6901 §4: "~1" is '/', "~0" is '~'.
std::string unescape(std::string_view step) {
    std::string name;
    for (std::size_t i = 0; i < step.size(); ++i) {
        const bool escaped = step[i] == '~' && i + 1 < step.size();
        name.push_back(escaped ? (step[++i] == '1' ? '/' : '~') : step[i]);
    }
    return name;
}

/// Follows a path through objects; nullptr when it leads nowhere.
const json::value* find_claim(const json::object& claims, std::string_view path) {
    const bool pointer = path.starts_with('/');
    const char separator = pointer ? '/' : '.';
    path.remove_prefix(pointer ? 1 : 0);
    const json::object* object = &claims;
    while (object != nullptr) {
        const std::size_t end = path.find(separator);
        const std::string_view step = path.substr(0, end);
        const json::value* value =
            object->if_contains(pointer ? unescape(step) : std::string(step));
        if (value == nullptr || end == std::string_view::npos) {
            return value;
        }
        path.remove_prefix(end + 1);
        object = value->if_object();
    }
    return nullptr;
}

enum class Presence { absent, present, wrong };

/// A NumericDate (RFC 7519 §2): seconds since 1970, possibly with a fraction.
Presence read_date(const json::object& claims, std::string_view name, Time& time) {
    const json::value* value = claims.if_contains(name);
    if (value == nullptr) {
        return Presence::absent;
    }
    if (!value->is_number()) {
        return Presence::wrong;
    }
    const auto seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds <= kLastSecond)) {
        return Presence::wrong;
    }
    time = Time(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
    return Presence::present;
}

bool names_audience(const json::object& claims, std::string_view audience) {
    const json::value* value = claims.if_contains("aud");
    if (value == nullptr) {
        return false;
    }
    if (const auto* one = value->if_string()) {
        return *one == audience;
    }
    const auto* several = value->if_array();
    return several != nullptr && several->size() <= kMaxItems &&
           std::any_of(several->begin(), several->end(), [audience](const json::value& item) {
               return item.is_string() && item.get_string() == audience;
           });
}

std::optional<std::string> read_actor(const json::object& claims) {
    const json::value* value = claims.if_contains("sub");
    if (value == nullptr || !value->is_string()) {
        return std::nullopt;
    }
    const auto& text = value->get_string();
    const bool control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (text.empty() || text.size() > kMaxActorBytes || control) {
        return std::nullopt;
    }
    return std::string(text);
}

std::optional<Uuid> read_tenant(const json::object& claims, const IssuerRules& rules) {
    const json::value* value = find_claim(claims, rules.tenant_claim);
    if (value == nullptr || !value->is_string()) {
        return std::nullopt;
    }
    const auto tenant = Uuid::parse(value->get_string());
    return tenant && !tenant->is_nil() ? tenant : std::nullopt;
}

std::optional<RoleSet> read_roles(const json::object& claims, const IssuerRules& rules) {
    const json::value* value = find_claim(claims, rules.roles_claim);
    const auto* names = value == nullptr ? nullptr : value->if_array();
    if (names == nullptr || names->size() > kMaxItems) {
        return std::nullopt;
    }
    RoleSet roles;
    for (const json::value& name : *names) {
        if (!name.is_string()) {
            return std::nullopt;
        }
        if (const auto role = parse_role(name.get_string())) {
            roles.add(*role);
        }
    }
    return roles;
}

/// The three dates against now; nullopt when all is well.
std::optional<TokenRefusal> check_dates(const json::object& claims, const IssuerRules& rules,
                                        Time now, Time& expires_at) {
    Time not_before;
    Time issued_at;
    const Presence nbf = read_date(claims, "nbf", not_before);
    const Presence iat = read_date(claims, "iat", issued_at);
    if (read_date(claims, "exp", expires_at) != Presence::present || nbf == Presence::wrong ||
        iat == Presence::wrong) {
        return TokenRefusal::bad_claim;
    }
    if (now >= expires_at + rules.leeway) {
        return TokenRefusal::expired;
    }
    if ((nbf == Presence::present && now < not_before - rules.leeway) ||
        (iat == Presence::present && now < issued_at - rules.leeway)) {
        return TokenRefusal::not_yet_valid;
    }
    return std::nullopt;
}

}  // namespace

std::string_view refusal_name(TokenRefusal refusal) {
    return kRefusalNames[static_cast<std::size_t>(refusal)];
}

std::string_view unverified_issuer(const json::object& claims) {
    const json::value* value = claims.if_contains("iss");
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

std::variant<Principal, TokenRefusal> check_claims(const json::object& claims,
                                                   const IssuerRules& rules, Time now) {
    if (rules.issuer.empty() || unverified_issuer(claims) != rules.issuer) {
        return TokenRefusal::unknown_issuer;
    }
    if (!names_audience(claims, rules.audience)) {
        return TokenRefusal::wrong_audience;
    }
    Time expires_at;
    if (const auto refusal = check_dates(claims, rules, now, expires_at)) {
        return *refusal;
    }
    auto actor = read_actor(claims);
    if (!actor) {
        return TokenRefusal::bad_claim;
    }
    const auto tenant = read_tenant(claims, rules);
    if (!tenant) {
        return TokenRefusal::bad_tenant;
    }
    const auto roles = read_roles(claims, rules);
    if (!roles) {
        return TokenRefusal::bad_roles;
    }
    return Principal{*tenant, std::move(*actor), *roles, expires_at};
}

}  // namespace soma::domain
