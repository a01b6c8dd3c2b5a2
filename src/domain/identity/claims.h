#pragma once
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/identity/role.h"

namespace soma::domain {

/// Signature algorithms we verify (RFC 7518, RFC 8037). There is no `none` and no HMAC: a shared
/// secret would let every verifier mint tokens.
enum class Algorithm : std::uint8_t { es256, rs256, eddsa };

/// One trusted issuer, as configuration names it. The binary trusts none by itself.
struct IssuerRules {
    std::string issuer;    ///< must equal `iss` byte by byte
    std::string audience;  ///< must be `aud` or one of its items
    /// Paths: nested names joined by dots ("realm_access.roles"), or, when they begin with '/',
    /// JSON pointers (RFC 6901), for names that hold dots themselves.
    std::string tenant_claim = "tenant";  ///< the tenant's uuid
    std::string roles_claim = "roles";    ///< an array of role names
    std::chrono::seconds leeway{30};      ///< clock difference forgiven for exp, nbf, iat; 0..300
    std::vector<Algorithm> algorithms{Algorithm::es256};
};

/// Who is calling, once proven.
struct Principal {
    Uuid tenant;
    std::string actor;  ///< `sub`, 1..256 bytes of UTF-8, no control characters
    RoleSet roles;      ///< may be empty: then every endpoint answers 403
    Time expires_at;    ///< `exp` without leeway; the gate forgets the principal after it

    friend bool operator==(const Principal&, const Principal&) = default;
};

/// Why a token was refused: for metrics and logs. The caller only ever learns "unauthenticated".
enum class TokenRefusal : std::uint8_t {
    malformed,         ///< not a compact JWS of canonical base64url and strict JSON, or over 8 KiB
    header_forbidden,  ///< crit, jwk, jku, x5u, x5c, b64, zip … in the header, or a wrong `typ`
    algorithm_forbidden,  ///< not in the issuer's list, or not the key's
    unknown_issuer,
    unknown_key,
    bad_signature,
    wrong_audience,
    expired,
    not_yet_valid,  ///< nbf or iat in the future
    bad_claim,      ///< exp, nbf, iat or sub missing or of a wrong type
    bad_tenant,     ///< the tenant claim is missing or no uuid
    bad_roles,      ///< the roles claim is not an array of strings
};

inline constexpr std::size_t kTokenRefusalCount = 12;

/// "expired", "bad_signature" …: the metric's label.
std::string_view refusal_name(TokenRefusal refusal);

/// `iss` of claims nobody has verified yet: only for choosing the rules and keys to verify with.
/// Empty when absent or no string.
std::string_view unverified_issuer(const boost::json::object& claims);

/// Judges the claims of a token whose signature is already proven. Pure; `now` is the request's.
/// Times follow RFC 7519 with the issuer's leeway: refused when now >= exp + leeway, or
/// now < nbf − leeway, or now < iat − leeway. `exp`, `sub` and the tenant are required. Unknown
/// role names are ignored, because an identity provider's roles are not all ours.
std::variant<Principal, TokenRefusal> check_claims(const boost::json::object& claims,
                                                   const IssuerRules& rules, Time now);

}  // namespace soma::domain
