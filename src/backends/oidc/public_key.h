#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/identity/compact_token.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace soma::backends {

/// One public key of an issuer, ready to verify with. Immutable and shared between threads.
struct PublicKey {
    std::string key_id;  ///< empty when the set gives none
    domain::KeyType type;
    std::optional<domain::Algorithm> algorithm;  ///< the set's own restriction, when it states one
    std::shared_ptr<EVP_PKEY> key;
};

/// Written limits of a key set.
inline constexpr std::size_t kMaxKeySetBytes = 256 * 1024;
inline constexpr std::size_t kMaxKeys = 64;
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

/// The keys of a JWKS (RFC 7517) that can verify signatures for us: EC P-256, RSA of 2,048 to 8,192
/// bits, Ed25519. Others (encryption keys, other curves, symmetric or private ones, points off the
/// curve) are left out. nullopt when the text is no key set at all or breaks a limit.
std::optional<std::vector<PublicKey>> parse_key_set(std::string_view text);

/// True when `signature` is the key's over `signing_input`. The algorithm must fit the key's type
/// and its stated restriction; ES256 signatures are 64 raw bytes r ‖ s (RFC 7518 §3.4).
bool verify_signature(const PublicKey& key, domain::Algorithm algorithm,
                      std::string_view signing_input, std::string_view signature);

}  // namespace soma::backends
