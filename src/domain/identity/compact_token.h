#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "domain/identity/claims.h"

namespace soma::domain {

inline constexpr std::size_t kMaxTokenBytes = 8192;
inline constexpr std::size_t kMaxKeyIdBytes = 256;

/// A compact JWS (RFC 7515 §7.1) taken apart; nothing in it is proven yet.
struct CompactToken {
    boost::json::object header;
    boost::json::object claims;
    std::string_view signing_input;  ///< header '.' payload, inside the caller's text
    std::string signature;           ///< raw bytes
};

/// Strict: at most kMaxTokenBytes, exactly three parts, canonical base64url (no padding, no stray
/// bits), header and payload JSON objects without repeated members. nullopt otherwise. The result
/// views `text`.
std::optional<CompactToken> parse_compact_token(std::string_view text);

/// What the header asks for, once it asks for nothing forbidden.
struct TokenHeader {
    Algorithm algorithm;
    std::string key_id;  ///< empty when absent
};

/// The header against the issuer's allow-list. Keys inside or pointed at by the token (jwk, jku,
/// x5u, x5c), extensions (crit, b64, zip, enc) and members we do not know are refused rather than
/// ignored.
std::variant<TokenHeader, TokenRefusal> check_header(const boost::json::object& header,
                                                     std::span<const Algorithm> allowed);

/// The kind of a public key, which fixes the one algorithm it may be used with.
enum class KeyType : std::uint8_t { ec_p256, rsa, ed25519 };

constexpr bool algorithm_fits(Algorithm algorithm, KeyType key) {
    return (algorithm == Algorithm::es256 && key == KeyType::ec_p256) ||
           (algorithm == Algorithm::rs256 && key == KeyType::rsa) ||
           (algorithm == Algorithm::eddsa && key == KeyType::ed25519);
}

/// "ES256", "RS256", "EdDSA".
std::string_view algorithm_name(Algorithm algorithm);
std::optional<Algorithm> parse_algorithm(std::string_view name);

}  // namespace soma::domain
