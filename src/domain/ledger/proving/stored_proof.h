#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "domain/ledger/merkle/tile.h"

namespace soma::domain {

/// A tile and the hashes in it, as many as it is wide.
struct StoredTile {
    Tile tile;
    std::vector<std::string> hashes;
};

/// The tiles that an inclusion proof of leaf `index` in a tree of `size` leaves is made of: at most
/// two of each level, each as wide as that tree has it. index < size ≤ kMaxTreeSize.
std::vector<Tile> tiles_of_proof(std::uint64_t index, std::uint64_t size);

/// The inclusion proof (RFC 9162 §2.1.3.1), from the tiles that `tiles_of_proof` names. A hash of
/// another tree makes another proof: whoever gives it out verifies it first.
std::vector<std::string> proof_from_tiles(std::uint64_t index, std::uint64_t size,
                                          const std::vector<StoredTile>& tiles);

}  // namespace soma::domain
