#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/note.h"

namespace soma::domain {

/// The texts of C2SP tlog-witness's add-checkpoint. Pure.

inline constexpr std::size_t kMaxWitnessProofHashes = 63;
/// "old <size>", a line for each hash, an empty line, the note.
inline constexpr std::size_t kMaxAddCheckpointBytes =
    24 + kMaxWitnessProofHashes * 45 + 1 + kMaxNoteBytes;
/// Signature lines, one for each of a witness's keys.
inline constexpr std::size_t kMaxWitnessAnswerBytes = 4096;

/// "Here is a checkpoint; its tree continues the one of `old_size` that you have cosigned."
struct AddCheckpoint {
    std::uint64_t old_size = 0;
    std::vector<std::string> proof;  ///< RFC 6962 §2.1.2, 32 bytes each
    Note note;
    Checkpoint checkpoint;  ///< what the note's text says
};

std::string encode_add_checkpoint(const AddCheckpoint& asked);
/// The one request whose encoding this is. Throws Error(invalid_argument) that says why. Whether
/// anybody signed the note is not looked at.
AddCheckpoint parse_add_checkpoint(std::string_view body);

/// "<size>\n", with which a witness that has cosigned another size says which.
std::string encode_size_answer(std::uint64_t size);
std::optional<std::uint64_t> parse_size_answer(std::string_view body);

/// Out of a witness's answer the line by one of `witness`, newline included. Lines of others are
/// passed over. nullopt when there is none, or when one that claims to be by them is not.
std::optional<std::string> cosignature_line(const Note& note, std::string_view answer,
                                            std::span<const NoteKey> witness);

}  // namespace soma::domain
