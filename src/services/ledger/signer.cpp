#include "services/ledger/signer.h"

#include <utility>

#include "domain/ledger/merkle/note.h"

namespace soma::services {

std::string LedgerSigner::sign(const domain::Checkpoint& checkpoint, const Deadline& deadline) {
    domain::Note note{checkpoint_text(checkpoint), {}};
    auto signature = signer_.sign(note.text, deadline);
    const domain::NoteKey key{checkpoint.origin, domain::NoteKeyType::signer,
                              std::move(signature.public_key)};
    note.signatures.push_back({key.name, key_id(key), std::move(signature.bytes)});
    return encode_note(note);
}

}  // namespace soma::services
