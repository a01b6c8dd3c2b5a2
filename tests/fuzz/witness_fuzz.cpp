// links: soma_domain
// Anybody who reaches a witness may send it anything, and anybody may answer in its place: what is
// read is what would have been written, anything else is refused with a reason.
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "domain/ledger/witness/judgement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace soma;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        const auto asked = domain::parse_add_checkpoint(bytes);
        SOMA_ASSERT(domain::encode_add_checkpoint(asked) == bytes, "one request, one encoding");
        SOMA_ASSERT(asked.proof.size() <= domain::kMaxWitnessProofHashes, "bounded");
        SOMA_ASSERT(asked.old_size <= asked.checkpoint.size, "the older tree is not the larger");
        const domain::NoteKey key{asked.checkpoint.origin, domain::NoteKeyType::signer,
                                  std::string(32, '\1')};
        const auto judged = domain::judge(asked, {&key, 1}, {}, 0);
        SOMA_ASSERT(std::holds_alternative<domain::Refusal>(judged), "nobody signed it");
        SOMA_ASSERT(!domain::cosignature_line(asked.note, bytes, {&key, 1}), "nor cosigned");
    } catch (const Error& error) {
        SOMA_ASSERT(error.kind() == ErrorKind::invalid_argument, "the caller is to blame");
        SOMA_ASSERT(!error.public_message().empty(), "with a reason");
    }
    if (const auto answered = domain::parse_size_answer(bytes)) {
        SOMA_ASSERT(domain::encode_size_answer(*answered) == bytes, "one size, one answer");
    }
    const domain::Note note{"a text\n", {}};
    const domain::NoteKey witness{"witness.example.com/w1", domain::NoteKeyType::cosigner,
                                  std::string(32, '\1')};
    SOMA_ASSERT(!domain::cosignature_line(note, bytes, {&witness, 1}), "nobody cosigned it");
    return 0;
}
