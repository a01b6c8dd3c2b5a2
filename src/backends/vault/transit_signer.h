#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "backends/vault/vault.h"
#include "base/time.h"

namespace soma::backends {

/// One holder of a signing key: an Ed25519 key in transit that never leaves it, reached under an
/// AppRole whose policy knows this key alone (deploy/vault/signer.hcl). Thread-safe. OpenBao
/// sealed, down, slow, or a policy that refuses: Error(unavailable) whose detail tells which.
class TransitSigner {
  public:
    TransitSigner(VaultConfig login, std::string key_name);

    /// Every version of the key, 32 bytes each: a rotated key keeps its former versions, because a
    /// change of signers asks the old set, too.
    std::map<std::uint32_t, std::string> public_keys(const Deadline& deadline);

    /// 64 bytes by that version of the key. Verified before it is handed on: what does not verify
    /// here would only be refused elsewhere, without a word of why.
    std::string sign(std::uint32_t version, std::string_view message, const Deadline& deadline);

  private:
    Vault vault_;
    const std::string key_name_;
};

}  // namespace soma::backends
