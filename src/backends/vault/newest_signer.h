#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "backends/vault/vault.h"
#include "base/time.h"

namespace soma::backends {

/// A signature and the public key that verifies it.
struct KeySignature {
    std::string public_key;  ///< 32 bytes
    std::string bytes;       ///< 64
};

/// Signs under whatever version of a transit key is the newest: for statements that name their
/// key. Thread-safe.
class NewestSigner {
  public:
    NewestSigner(Vault& vault, std::string key_name)
        : vault_(vault), key_name_(std::move(key_name)) {}

    /// Verified before it is handed on. Throws Error(unavailable) when OpenBao does not serve, and
    /// Error(internal) when what it gave back does not verify.
    KeySignature sign(std::string_view message, const Deadline& deadline);

    /// The newest version's public half.
    std::string public_key(const Deadline& deadline);

  private:
    std::string key_of(std::uint32_t version, const Deadline& deadline);

    Vault& vault_;
    const std::string key_name_;
    std::mutex mutex_;
    std::map<std::uint32_t, std::string> keys_;  ///< by version, as last seen
};

}  // namespace soma::backends
