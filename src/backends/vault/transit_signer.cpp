#include "backends/vault/transit_signer.h"

#include <utility>

#include "base/ed25519.h"
#include "base/error.h"

namespace soma::backends {

TransitSigner::TransitSigner(VaultConfig login, std::string key_name)
    : vault_(std::move(login)), key_name_(std::move(key_name)) {}

std::map<std::uint32_t, std::string> TransitSigner::public_keys(const Deadline& deadline) {
    auto keys = vault_.public_keys(key_name_, deadline);
    for (const auto& [version, key] : keys) {
        if (!valid_ed25519_key(key)) {
            throw Error(ErrorKind::internal, key_name_ + " is no Ed25519 key",
                        "version " + std::to_string(version));
        }
    }
    return keys;
}

std::string TransitSigner::sign(std::uint32_t version, std::string_view message,
                                const Deadline& deadline) {
    const auto keys = public_keys(deadline);
    const auto key = keys.find(version);
    if (key == keys.end()) {
        throw Error(ErrorKind::not_found, key_name_ + " has no version " + std::to_string(version));
    }
    auto signature = vault_.sign(key_name_, message, deadline, version);
    if (signature.key_version != version ||
        !verify_ed25519(key->second, message, signature.bytes)) {
        throw Error(ErrorKind::internal, "OpenBao's signature is not by " + key_name_);
    }
    return std::move(signature.bytes);
}

}  // namespace soma::backends
