#include "domain/ledger/merkle/tile.h"

#include <gtest/gtest.h>

#include "merkle.h"

namespace soma::domain {
namespace {

using namespace testing;

TEST(TileTest, PathsAreThoseOfTheSpecification) {
    EXPECT_EQ(tile_path({0, 0}), "tile/0/000");
    EXPECT_EQ(tile_path({0, 999}), "tile/0/999");
    EXPECT_EQ(tile_path({2, 1000}), "tile/2/x001/000");
    EXPECT_EQ(tile_path({1, 1'234'067}), "tile/1/x001/x234/067");
    EXPECT_EQ(tile_path({1, 1'234'067, 12}), "tile/1/x001/x234/067.p/12");
    EXPECT_EQ(bundle_path({0, 1'000'000, 255}), "tile/entries/x001/x000/000.p/255");
}

TEST(TileTest, ATreeHasTheTilesOfTheSpecification) {
    // The specification's example: 70,000 leaves.
    EXPECT_EQ(partial_tiles(70'000), (std::vector<Tile>{{0, 273, 112}, {1, 1, 17}, {2, 0, 1}}));
    EXPECT_EQ(partial_tiles(256), (std::vector<Tile>{{1, 0, 1}})) << "and a full one below";
    EXPECT_TRUE(partial_tiles(0).empty());
    EXPECT_EQ(tile_in(70'000, 0, 272), (Tile{0, 272, 256}));
    EXPECT_EQ(tile_in(70'000, 0, 273), (Tile{0, 273, 112}));
    EXPECT_EQ(tile_in(70'000, 0, 274), std::nullopt);
    EXPECT_EQ(tile_in(70'000, 1, 0), (Tile{1, 0, 256}));
    EXPECT_EQ(tile_in(70'000, 2, 0), (Tile{2, 0, 1}));
    EXPECT_EQ(tile_in(70'000, 3, 0), std::nullopt);
    EXPECT_EQ(tile_in(256, 0, 1), std::nullopt) << "no tile is empty";
    EXPECT_EQ(tile_in(kMaxTreeSize, 8, 0), std::nullopt) << "nor above every tree";
    EXPECT_EQ(tile_in(256, 0, UINT64_MAX), std::nullopt);
}

TEST(TileTest, HashesComeBackFromATileOfThatWidthAlone) {
    const auto hashes = some_leaves(3);
    const std::string bytes = encode_tile(hashes);
    EXPECT_EQ(decode_tile(bytes, 3), hashes);
    EXPECT_EQ(decode_tile(bytes, 2), std::nullopt);
    EXPECT_EQ(decode_tile(bytes, 4), std::nullopt);
    EXPECT_EQ(decode_tile(bytes + "x", 3), std::nullopt);
}

TEST(TileTest, EntriesComeBackFromABundle) {
    const Hashes entries{"one", "", std::string(kMaxEntryBytes, 'x'), std::string(256, 'y')};
    const std::string bytes = encode_bundle(entries);
    EXPECT_EQ(bytes.substr(0, 5), std::string("\0\3one", 5));
    BundleReader reader(bytes);
    for (const auto& each : entries) {
        EXPECT_FALSE(reader.at_end());
        EXPECT_EQ(reader.next(), each);
    }
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(TileTest, ACutBundleEndsWhereItIsCut) {
    const std::string whole = encode_bundle(Hashes{"one", "two"});
    for (std::size_t size = 6; size < whole.size(); ++size) {
        const std::string cut = whole.substr(0, size);
        BundleReader reader(cut);
        EXPECT_EQ(reader.next(), "one");
        EXPECT_EQ(reader.next(), std::nullopt);
        EXPECT_FALSE(reader.at_end()) << "a cut is no end";
    }
}

TEST(TileTest, ATilesRootIsAHashOfTheTileAbove) {
    const auto leaves = some_leaves(2 * kTileWidth);
    const Subtree second{kTileHeight, 1};
    EXPECT_EQ(root_over(std::span(leaves).last(kTileWidth)), source_of(leaves)(second));
}

}  // namespace
}  // namespace soma::domain
