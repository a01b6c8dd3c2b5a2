#include "services/ledger/signer.h"

#include "base/error.h"

namespace soma::services {

const std::string& LedgerSigner::public_key(std::uint32_t version, const Deadline& deadline) {
    if (!keys_.contains(version)) {
        keys_ = vault_.public_keys(kLedgerKey, deadline);
    }
    const auto key = keys_.find(version);
    if (key == keys_.end()) {
        throw Error(ErrorKind::internal, "OpenBao signed with a key it does not have",
                    std::string(kLedgerKey) + " version " + std::to_string(version));
    }
    return key->second;
}

std::string LedgerSigner::sign(const domain::Checkpoint& checkpoint, const Deadline& deadline) {
    domain::Note note{checkpoint_text(checkpoint), {}};
    auto signature = vault_.sign(kLedgerKey, note.text, deadline);
    const domain::NoteKey key{checkpoint.origin, domain::NoteKeyType::signer,
                              public_key(signature.key_version, deadline)};
    note.signatures.push_back({key.name, key_id(key), std::move(signature.bytes)});
    if (check_signature(note, key) != domain::SignatureVerdict::valid) {
        throw Error(ErrorKind::internal,
                    "OpenBao's signature is not by " + std::string(kLedgerKey));
    }
    return encode_note(note);
}

}  // namespace soma::services
