#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/identity/role.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace soma::backends {

/// What a locally minted token says.
struct LocalTokenRequest {
    std::string issuer;
    std::string audience;
    std::string subject;  ///< the actor, 1..256 bytes
    Uuid tenant;
    std::vector<domain::Role> roles;
    std::chrono::seconds time_to_live{3600};  ///< 1 s .. 30 days
};

/// The development issuer: one ES256 private key in a file only its owner may read (`./dev` makes
/// it, with the matching JWKS). Real deployments name their own identity provider and have no such
/// file. Thread-safe after construction.
class LocalIssuer {
  public:
    /// Throws Error(invalid_argument) when the file is missing, open to others (any group or other
    /// mode bit), or holds no P-256 private key in PEM.
    explicit LocalIssuer(const std::string& key_file);

    /// A compact JWS {iss, aud, sub, tenant, roles, iat, exp, jti}; its `kid` is the key's RFC 7638
    /// thumbprint. The claims `tenant` and `roles` are where IssuerRules look by default. Throws
    /// Error(invalid_argument) when the life or the subject is out of bounds.
    std::string mint(const LocalTokenRequest& request, Time now) const;

  private:
    std::shared_ptr<EVP_PKEY> key_;
    std::string key_id_;
};

}  // namespace soma::backends
