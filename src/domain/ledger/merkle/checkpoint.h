#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ledger/merkle/note.h"

namespace soma::domain {

/// What a log states of itself (C2SP tlog-checkpoint): the text of a signed note.
struct Checkpoint {
    std::string origin;      ///< which log
    std::uint64_t size = 0;  ///< leaves, kMaxTreeSize at most
    std::string root;        ///< 32 bytes

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

std::string checkpoint_text(const Checkpoint& checkpoint);

/// The one checkpoint whose text this is. Extension lines are refused: our logs write none, and
/// nothing could check them. Throws Error(invalid_argument) that says why.
Checkpoint parse_checkpoint(std::string_view text);

/// A tree's size as notes have it: decimal, one form for one number, kMaxTreeSize at most.
std::optional<std::uint64_t> parse_tree_size(std::string_view digits);

/// Where an archive keeps a checkpoint: "checkpoints/<its size in 20 digits>", so that names sort
/// as sizes do and none is ever written again.
std::string checkpoint_path(std::uint64_t size);

}  // namespace soma::domain
