#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/identity/role.h"

namespace soma::backends {

/// What a locally minted token says.
struct LocalTokenRequest {
    std::string issuer;
    std::string audience;
    std::string subject;  ///< the actor
    Uuid tenant;
    std::vector<domain::Role> roles;
    std::chrono::seconds time_to_live{3600};  ///< 1 s .. 30 days
};

/// The development issuer: an ES256 (P-256) key in `<dir>/issuer.key` (PKCS#8 PEM, mode 0600,
/// directory 0700) with its public set in `<dir>/jwks.json`. Real deployments name their own
/// identity provider and have no such directory. Not for concurrent use on one directory by several
/// processes at creation.
class LocalIssuer {
  public:
    /// Makes key and key set when absent; touches nothing when both are there. Throws
    /// Error(unavailable) when the directory cannot be written or a file is open to others.
    static void create(const std::string& directory);

    /// Throws Error(not_found) when the directory holds no key, Error(unavailable) when it is
    /// unreadable or readable by others.
    explicit LocalIssuer(const std::string& directory);

    /// A compact JWS {iss, aud, sub, tenant, roles, iat, exp, jti}. Throws Error(invalid_argument)
    /// when the life is out of bounds or the subject empty.
    std::string mint(const LocalTokenRequest& request, Time now) const;

  private:
    std::string private_pem_;
    std::string key_id_;
};

}  // namespace soma::backends
