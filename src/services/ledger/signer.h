#pragma once
#include <string>
#include <string_view>

#include "backends/vault/newest_signer.h"
#include "base/time.h"
#include "domain/ledger/merkle/checkpoint.h"

namespace soma::services {

/// The transit key in OpenBao that signs checkpoints, Ed25519.
inline constexpr std::string_view kLedgerKey = "soma-ledger";

/// Signs checkpoints in OpenBao. Thread-safe.
class LedgerSigner {
  public:
    explicit LedgerSigner(backends::Vault& vault) : signer_(vault, std::string(kLedgerKey)) {}

    /// The signed note. Throws Error(unavailable) when OpenBao does not serve, and
    /// Error(internal) when what it gave back does not verify.
    std::string sign(const domain::Checkpoint& checkpoint, const Deadline& deadline);

  private:
    backends::NewestSigner signer_;
};

}  // namespace soma::services
