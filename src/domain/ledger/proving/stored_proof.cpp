#include "domain/ledger/proving/stored_proof.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "domain/ledger/merkle/proof.h"

namespace soma::domain {
namespace {

/// Where a subtree's hashes are kept: those of the tile level below it whose root it is.
struct Place {
    unsigned level = 0;  ///< of the tile
    std::uint64_t tile = 0;
    std::size_t first = 0;  ///< within the tile
    std::size_t count = 0;
};

Place place_of(const Subtree& subtree) {
    const unsigned above = subtree.level % kTileHeight;
    const std::uint64_t first = subtree.index << above;
    return {subtree.level / kTileHeight, first / kTileWidth,
            static_cast<std::size_t>(first % kTileWidth), std::size_t{1} << above};
}

}  // namespace

std::vector<Tile> tiles_of_proof(std::uint64_t index, std::uint64_t size) {
    std::vector<Tile> tiles;
    inclusion_proof(index, size, [&](const Subtree& subtree) {
        const Place place = place_of(subtree);
        const Tile tile = tile_in(size, place.level, place.tile).value();
        if (std::find(tiles.begin(), tiles.end(), tile) == tiles.end()) {
            tiles.push_back(tile);
        }
        return std::string(kTreeHashBytes, '\0');  // which tiles it takes depends on no hash
    });
    return tiles;
}

std::vector<std::string> proof_from_tiles(std::uint64_t index, std::uint64_t size,
                                          const std::vector<StoredTile>& tiles) {
    return inclusion_proof(index, size, [&](const Subtree& subtree) {
        const Place place = place_of(subtree);
        const auto found = std::find_if(tiles.begin(), tiles.end(), [&](const StoredTile& each) {
            return each.tile.level == place.level && each.tile.index == place.tile;
        });
        SOMA_ASSERT(found != tiles.end() && place.first + place.count <= found->hashes.size(),
                    "every tile that was named is there, as wide as it was named");
        return root_over(std::span(found->hashes).subspan(place.first, place.count));
    });
}

}  // namespace soma::domain
