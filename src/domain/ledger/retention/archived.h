#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/note.h"
#include "domain/ledger/merkle/tile.h"

namespace soma::domain {

/// A file as object storage gave it back just now.
struct ReadBack {
    std::optional<std::string> bytes;  ///< absent: there is none
    bool locked = false;               ///< in COMPLIANCE mode, and still
};

/// Gives a log's file by its path in the log, e.g. "tile/0/000". What it throws goes through.
using ArchiveReader = std::function<ReadBack(const std::string& path)>;

/// A signed checkpoint that stands for a log's archive: which tree it is. Throws Error(conflict)
/// that says what is wrong with it: no such file, not locked, not signed by one of `keys`, another
/// log's or another size's.
Checkpoint checked_checkpoint(const ReadBack& file, std::uint64_t size,
                              const std::vector<NoteKey>& keys);

/// Whether a log's archive holds leaves for good: their tile and their entries are there, locked,
/// and hash to the root of a signed checkpoint. Keeps the tiles above level 0 that it has met
/// and those at the tree's right edge, some 8 KiB for each 65,536 leaves. For one thread.
class ArchivedTree {
  public:
    ArchivedTree(Checkpoint checkpoint, ArchiveReader read)
        : checkpoint_(std::move(checkpoint)), read_(std::move(read)) {}

    /// Throws Error(conflict) that names the file and what is wrong with it. `index` is of a tile
    /// of level 0 in the checkpoint's tree; all leaves of that tile are looked at.
    void check_tile(std::uint64_t index);

  private:
    const std::string& file(const std::string& path);
    const std::vector<std::string>& hashes(const Tile& tile);
    /// `leaves` are those of tile `own`.
    std::string subtree(const Subtree& wanted, std::uint64_t own,
                        const std::vector<std::string>& leaves);
    void check_entries(const Tile& tile, const std::vector<std::string>& leaves);

    const Checkpoint checkpoint_;
    const ArchiveReader read_;
    std::string bytes_;  ///< of the file read last
    std::map<std::string, std::vector<std::string>, std::less<>> others_;  ///< by path
};

}  // namespace soma::domain
