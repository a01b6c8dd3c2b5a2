#include "backends/vault/newest_signer.h"

#include "base/ed25519.h"
#include "base/error.h"

namespace soma::backends {

std::string NewestSigner::key_of(std::uint32_t version, const Deadline& deadline) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto key = keys_.find(version); key != keys_.end()) {
            return key->second;
        }
    }
    auto keys = vault_.public_keys(key_name_, deadline);
    const std::scoped_lock lock(mutex_);
    keys_ = std::move(keys);
    const auto key = keys_.find(version);
    if (key == keys_.end()) {
        throw Error(ErrorKind::internal, "OpenBao signed with a key it does not have",
                    key_name_ + " version " + std::to_string(version));
    }
    return key->second;
}

KeySignature NewestSigner::sign(std::string_view message, const Deadline& deadline) {
    auto signature = vault_.sign(key_name_, message, deadline);
    KeySignature out{key_of(signature.key_version, deadline), std::move(signature.bytes)};
    if (!valid_ed25519_key(out.public_key) || !verify_ed25519(out.public_key, message, out.bytes)) {
        throw Error(ErrorKind::internal, "OpenBao's signature is not by " + key_name_);
    }
    return out;
}

std::string NewestSigner::public_key(const Deadline& deadline) {
    const auto keys = vault_.public_keys(key_name_, deadline);
    if (keys.empty() || !valid_ed25519_key(keys.rbegin()->second)) {
        throw Error(ErrorKind::internal, key_name_ + " is no Ed25519 key");
    }
    return keys.rbegin()->second;
}

}  // namespace soma::backends
