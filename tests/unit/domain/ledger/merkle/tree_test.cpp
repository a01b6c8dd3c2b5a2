#include "domain/ledger/merkle/tree.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "merkle.h"

namespace soma::domain {
namespace {

using namespace testing;

TEST(MerkleTreeTest, HasTheRootsOfTheReference) {
    const auto leaves = reference_leaves();
    Frontier tree;
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        EXPECT_EQ(to_hex(tree.root()), kReferenceRoots[size]) << size;
        EXPECT_EQ(to_hex(root_over(std::span(leaves).first(size))), kReferenceRoots[size]);
        if (size < leaves.size()) tree.append(leaves[size]);
    }
}

TEST(MerkleTreeTest, GrowsIntoTheTreeOfTheDefinition) {
    const auto leaves = some_leaves(300);
    Frontier tree;
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        tree.append(leaves[size - 1]);
        ASSERT_EQ(tree.size(), size);
        ASSERT_EQ(tree.root(), rfc_root(part(leaves, 0, size))) << size;
    }
}

TEST(MerkleTreeTest, GrowsOnFromItsPeaks) {
    const auto leaves = some_leaves(100);
    Frontier tree;
    for (const auto& leaf : leaves) {
        tree.append(leaf);
        // As if the process had ended here.
        tree = Frontier(tree.size(), tree.peaks());
    }
    EXPECT_EQ(tree.root(), rfc_root(leaves));
    EXPECT_EQ(tree.peaks().size(), 3U) << "100 = 64 + 32 + 4";
}

TEST(MerkleTreeTest, SaysWhichSubtreesItCompletes) {
    const auto leaves = some_leaves(70);
    std::map<Subtree, std::string> completed;
    Frontier tree;
    for (const auto& leaf : leaves) {
        tree.append(leaf, [&](const Subtree& subtree, const std::string& root) {
            EXPECT_TRUE(completed.emplace(subtree, root).second);
        });
    }
    EXPECT_EQ(completed.size(), 35U + 17U + 8U + 4U + 2U + 1U);
    for (const auto& [subtree, root] : completed) {
        EXPECT_EQ(root, source_of(leaves)(subtree)) << subtree.level << " " << subtree.index;
    }
}

TEST(MerkleTreeTest, PeaksThatAreNotOfThatSizeAreRefused) {
    const auto hashes = some_leaves(3);
    EXPECT_THROW(Frontier(4, hashes), Error);
    EXPECT_THROW(Frontier(0, part(hashes, 0, 1)), Error);
    EXPECT_THROW(Frontier(1, {"short"}), Error);
    EXPECT_THROW(Frontier(kMaxTreeSize * 2, part(hashes, 0, 1)), Error);
    EXPECT_NO_THROW(Frontier(7, hashes));
}

TEST(MerkleTreeTest, ALeafIsNoNode) {
    const auto leaves = some_leaves(2);
    EXPECT_NE(leaf_hash(leaves[0] + leaves[1]), node_hash(leaves[0], leaves[1]));
}

}  // namespace
}  // namespace soma::domain
