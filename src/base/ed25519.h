#pragma once
#include <cstddef>
#include <string_view>

namespace soma {

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

/// Ed25519 (RFC 8032) by libsodium, because OpenSSL 3.0 takes the identity for a key that signs any
/// message. Both functions take raw bytes, are pure and safe from any thread, and answer false to
/// a wrong length.

/// Asked once, when a key is admitted: a canonical encoding of a point of the prime-order subgroup
/// that is not its identity. What remains outside are keys of small or mixed order, for which
/// verifiers disagree on what was signed.
bool valid_ed25519_key(std::string_view key);

/// True when `signature` is `key`'s over `message`: S < L, R and the key canonical and not of small
/// order, and the equation without cofactor. `key` must have passed valid_ed25519_key.
bool verify_ed25519(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace soma
