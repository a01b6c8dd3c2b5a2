#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "domain/identity/claims.h"

namespace soma::backends {

/// A trusted issuer and where its public keys are: exactly one of the two places.
struct IssuerConfig {
    domain::IssuerRules rules;
    std::string jwks_file;  ///< read again when its modification time changes
    std::string jwks_url;   ///< fetched through backends/http, kept, refreshed in bounds
    std::string ca_file;    ///< for an https jwks_url; empty: the system's
};

/// Written limits of the verifier.
struct VerifierLimits {
    std::size_t cached_tokens = 4096;    ///< verified tokens remembered, least recently used out
    std::chrono::seconds token_age{60};  ///< a verified token is proven again after this
    std::chrono::seconds keys_age{300};  ///< a fetched key set is fetched again after this
    std::chrono::seconds keys_pause{5};  ///< least time between two reads for unknown key ids
    std::chrono::milliseconds fetch_timeout{1000};
};

/// Proves bearer tokens: compact JWS by OpenSSL against the issuers' key sets (JWKS). Thread-safe;
/// a token seen before costs one hash. Which issuer's rules apply is chosen by `iss`; algorithm,
/// key and claims are then judged by those rules alone.
class TokenVerifier {
  public:
    /// Throws Error(invalid_argument) when an issuer has no name, no audience, no key place or two
    /// of them, when two share a name, or when a key file cannot be read: a wrong start is seen at
    /// once.
    TokenVerifier(std::vector<IssuerConfig> issuers, VerifierLimits limits = {});
    ~TokenVerifier();

    /// The principal, or why not. Throws Error(unavailable) only when keys must be fetched and none
    /// are at hand.
    std::variant<domain::Principal, domain::TokenRefusal> verify(std::string_view token, Time now,
                                                                 const Deadline& deadline);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace soma::backends
