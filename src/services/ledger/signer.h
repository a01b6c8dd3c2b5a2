#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "backends/vault/vault.h"
#include "base/time.h"
#include "domain/ledger/merkle/checkpoint.h"

namespace soma::services {

/// The transit key in OpenBao that signs checkpoints, Ed25519.
inline constexpr std::string_view kLedgerKey = "soma-ledger";

/// Signs checkpoints in OpenBao. For one thread.
class LedgerSigner {
  public:
    explicit LedgerSigner(backends::Vault& vault) : vault_(vault) {}

    /// The signed note. Throws Error(unavailable) when OpenBao does not serve, and
    /// Error(internal) when what it gave back does not verify.
    std::string sign(const domain::Checkpoint& checkpoint, const Deadline& deadline);

  private:
    const std::string& public_key(std::uint32_t version, const Deadline& deadline);

    backends::Vault& vault_;
    std::map<std::uint32_t, std::string> keys_;  ///< by version, as last seen
};

}  // namespace soma::services
