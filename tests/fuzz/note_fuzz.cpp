// links: soma_domain
// Notes, keys, checkpoints and proofs come from whoever can write to a store, or speak to a witness
// or an auditor: what is read is what would have been written, anything else is refused with a
// reason.
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/note.h"
#include "domain/ledger/proving/tlog_proof.h"

namespace {

using namespace soma;

/// Calls `read`; what it refuses it refuses as the caller's mistake.
template <typename Read>
void try_read(const Read& read) {
    try {
        read();
    } catch (const Error& error) {
        SOMA_ASSERT(error.kind() == ErrorKind::invalid_argument, "the caller is to blame");
        SOMA_ASSERT(!error.public_message().empty(), "with a reason");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try_read([&] {
        const auto note = domain::parse_note(bytes);
        SOMA_ASSERT(domain::encode_note(note) == bytes, "one note, one encoding");
        SOMA_ASSERT(note.signatures.size() <= domain::kMaxNoteSignatures, "bounded");
        const domain::NoteKey key{note.signatures.front().name, domain::NoteKeyType::cosigner,
                                  std::string(32, '\1')};
        SOMA_ASSERT(check_signature(note, key) != domain::SignatureVerdict::valid, "by nobody");
        try_read([&] {
            SOMA_ASSERT(checkpoint_text(domain::parse_checkpoint(note.text)) == note.text,
                        "one checkpoint, one text");
        });
    });
    try_read([&] {
        SOMA_ASSERT(checkpoint_text(domain::parse_checkpoint(bytes)) == bytes,
                    "one checkpoint, one text");
    });
    try_read([&] {
        SOMA_ASSERT(encode_note_key(domain::parse_note_key(bytes)) == bytes, "one key, one text");
    });
    try_read([&] {
        const auto proof = domain::parse_tlog_proof(bytes);
        SOMA_ASSERT(encode_tlog_proof(proof) == bytes, "one proof, one text");
        const domain::AuditKeys keys{
            {{"nobody", domain::NoteKeyType::signer, std::string(32, '\1')}}, std::nullopt};
        SOMA_ASSERT(!check_tlog_proof(proof, bytes, keys).trouble.empty(), "by nobody");
    });
    return 0;
}
