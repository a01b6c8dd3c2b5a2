#include "domain/ledger/proving/stored_proof.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "unit/domain/ledger/merkle/merkle.h"

namespace soma::domain {
namespace {

using soma::testing::Hashes;
using soma::testing::part;
using soma::testing::rfc_root;
using soma::testing::some_leaves;
using soma::testing::source_of;

/// What the service keeps of a tree: leaves, and roots of full tiles.
std::vector<StoredTile> stored(const Hashes& leaves, const std::vector<Tile>& tiles) {
    std::vector<StoredTile> out;
    for (const Tile& tile : tiles) {
        StoredTile kept{tile, {}};
        for (std::uint64_t i = 0; i < tile.width; ++i) {
            const std::size_t each = std::size_t{1} << (tile.level * kTileHeight);
            const std::size_t from = (tile.index * kTileWidth + i) * each;
            kept.hashes.push_back(rfc_root(part(leaves, from, from + each)));
        }
        out.push_back(std::move(kept));
    }
    return out;
}

TEST(StoredProof, IsTheOneTheRfcDefines) {
    const Hashes all = some_leaves(66'500);  // 259 full tiles: a second level, and a third begins
    for (const std::size_t size : {1, 2, 255, 256, 257, 511, 512, 700, 65'536, 65'537, 66'500}) {
        const Hashes leaves = part(all, 0, size);
        const std::string root = rfc_root(leaves);
        for (const std::size_t index : {std::size_t{0}, size / 3, size / 2, size - 1}) {
            const auto tiles = tiles_of_proof(index, size);
            const auto proof = proof_from_tiles(index, size, stored(leaves, tiles));
            EXPECT_EQ(proof, inclusion_proof(index, size, source_of(leaves)))
                << index << "/" << size;
            EXPECT_TRUE(verify_inclusion(leaves[index], index, size, proof, root));
        }
    }
}

TEST(StoredProof, TakesAtMostTwoTilesOfALevel) {
    for (const std::uint64_t size :
         {std::uint64_t{1'000}, std::uint64_t{70'000}, std::uint64_t{1} << 40, kMaxTreeSize}) {
        for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
            std::map<unsigned, int> of_level;
            for (const Tile& tile : tiles_of_proof(index, size)) {
                EXPECT_LE(++of_level[tile.level], 2);
                EXPECT_EQ(tile_in(size, tile.level, tile.index), tile)
                    << "as wide as the tree has it";
            }
        }
    }
    EXPECT_TRUE(tiles_of_proof(0, 1).empty()) << "a tree of one leaf is that leaf";
}

RC_GTEST_PROP(StoredProof, VerifiesForAnyLeafOfAnyTree, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 3'000);
    const auto index = *rc::gen::inRange<std::size_t>(0, size);
    static const Hashes all = some_leaves(3'000);
    const Hashes leaves = part(all, 0, size);
    const auto proof = proof_from_tiles(index, size, stored(leaves, tiles_of_proof(index, size)));
    RC_ASSERT(verify_inclusion(leaves[index], index, size, proof, rfc_root(leaves)));
}

}  // namespace
}  // namespace soma::domain
