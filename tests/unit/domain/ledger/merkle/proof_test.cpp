#include "domain/ledger/merkle/proof.h"

#include <gtest/gtest.h>

#include "merkle.h"

namespace soma::domain {
namespace {

using namespace testing;

constexpr std::size_t kSizes = 300;

/// Trees up to kSizes; the complete subtrees are made once.
class ProofTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        leaves = some_leaves(kSizes);
        levels = {leaves};
        while (levels.back().size() > 1) {
            Hashes above;
            for (std::size_t i = 0; i + 1 < levels.back().size(); i += 2) {
                above.push_back(node_hash(levels.back()[i], levels.back()[i + 1]));
            }
            levels.push_back(above);
        }
        Frontier tree;
        roots = {tree.root()};
        for (const auto& leaf : leaves) {
            tree.append(leaf);
            roots.push_back(tree.root());
        }
    }
    static std::string source(const Subtree& subtree) {
        return levels.at(subtree.level).at(subtree.index);
    }
    /// Calls with each version of the proof that differs in one bit.
    template <typename Check>
    static void each_flip(Hashes proof, const Check& check) {
        for (auto& hash : proof) {
            for (std::size_t bit = 0; bit < 8 * hash.size(); ++bit) {
                const auto flip = static_cast<char>(1 << (bit % 8));
                hash[bit / 8] = static_cast<char>(hash[bit / 8] ^ flip);
                check(proof);
                hash[bit / 8] = static_cast<char>(hash[bit / 8] ^ flip);
            }
        }
    }
    static inline Hashes leaves;
    static inline std::vector<Hashes> levels;
    static inline Hashes roots;
};

TEST_F(ProofTest, InclusionIsAsInTheReference) {
    const auto eight = reference_leaves();
    const auto proof = [&](std::uint64_t index, std::uint64_t size) {
        return in_hex(inclusion_proof(index, size, source_of(eight)));
    };
    EXPECT_TRUE(proof(0, 1).empty());
    EXPECT_EQ(proof(0, 8),
              (Hashes{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
    EXPECT_EQ(proof(5, 8),
              (Hashes{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
    EXPECT_EQ(proof(2, 3),
              (Hashes{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}));
}

TEST_F(ProofTest, ConsistencyIsAsInTheReference) {
    const auto eight = reference_leaves();
    const auto proof = [&](std::uint64_t from, std::uint64_t to) {
        return in_hex(consistency_proof(from, to, source_of(eight)));
    };
    EXPECT_TRUE(proof(1, 1).empty());
    EXPECT_EQ(proof(1, 8),
              (Hashes{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
    EXPECT_EQ(proof(6, 8),
              (Hashes{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
    EXPECT_EQ(proof(2, 5),
              (Hashes{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST_F(ProofTest, EveryInclusionOfEverySizeIsProved) {
    for (std::size_t size = 1; size <= kSizes; ++size) {
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = inclusion_proof(index, size, source);
            ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof, roots[size]));
            // Another place, another tree, another leaf.
            ASSERT_FALSE(verify_inclusion(leaves[index], index + 1, size, proof, roots[size]));
            ASSERT_FALSE(verify_inclusion(leaves[index], index, size, proof, roots[size - 1]));
            ASSERT_FALSE(
                verify_inclusion(leaves[(index + 1) % kSizes], index, size, proof, roots[size]));
        }
    }
}

TEST_F(ProofTest, EveryConsistencyOfEverySizeIsProved) {
    for (std::size_t to = 0; to <= kSizes; ++to) {
        for (std::size_t from = 0; from <= to; ++from) {
            const auto proof = consistency_proof(from, to, source);
            ASSERT_TRUE(verify_consistency(from, roots[from], to, roots[to], proof))
                << from << " " << to;
            if (from > 0) {
                ASSERT_FALSE(verify_consistency(from, roots[from - 1], to, roots[to], proof));
            }
            if (from > 0 && from < to) {
                ASSERT_FALSE(verify_consistency(from, roots[from], to, roots[to - 1], proof));
                ASSERT_FALSE(verify_consistency(from - 1, roots[from], to, roots[to], proof));
            }
        }
    }
}

TEST_F(ProofTest, EveryFlippedBitIsRefused) {
    for (const std::size_t size : {2U, 3U, 7U, 8U, 13U, 100U, 257U, 300U}) {
        for (const std::size_t at : {std::size_t{0}, size / 3, size / 2, size - 1}) {
            each_flip(inclusion_proof(at, size, source), [&](const Hashes& proof) {
                ASSERT_FALSE(verify_inclusion(leaves[at], at, size, proof, roots[size]));
            });
            each_flip(consistency_proof(at, size, source), [&](const Hashes& proof) {
                ASSERT_FALSE(verify_consistency(at, roots[at], size, roots[size], proof));
            });
        }
    }
}

TEST_F(ProofTest, LongerAndShorterProofsAreRefused) {
    for (const std::size_t size : {1U, 2U, 5U, 8U, 9U, 64U, 300U}) {
        for (std::size_t at = 0; at < size; ++at) {
            auto inclusion = inclusion_proof(at, size, source);
            auto consistency = consistency_proof(at, size, source);
            inclusion.push_back(leaves[0]);
            consistency.push_back(leaves[0]);
            EXPECT_FALSE(verify_inclusion(leaves[at], at, size, inclusion, roots[size]));
            EXPECT_FALSE(verify_consistency(at, roots[at], size, roots[size], consistency));
            inclusion.pop_back();
            consistency.pop_back();
            if (!inclusion.empty()) {
                inclusion.pop_back();
                EXPECT_FALSE(verify_inclusion(leaves[at], at, size, inclusion, roots[size]));
            }
            if (!consistency.empty()) {
                consistency.pop_back();
                EXPECT_FALSE(verify_consistency(at, roots[at], size, roots[size], consistency));
            }
        }
    }
}

TEST_F(ProofTest, WhatIsNoProofAtAllIsRefused) {
    EXPECT_FALSE(verify_inclusion(leaves[0], 0, 0, {}, roots[0])) << "no leaf in an empty tree";
    EXPECT_FALSE(verify_inclusion("short", 0, 1, {}, "short"));
    EXPECT_FALSE(verify_inclusion(leaves[0], 0, 2, {"short"}, roots[2]));
    EXPECT_FALSE(verify_inclusion(leaves[0], 0, 2, Hashes(kMaxProofHashes + 1, leaves[1]), ""));
    EXPECT_FALSE(verify_consistency(2, roots[2], 1, roots[1], {}));
    EXPECT_FALSE(verify_consistency(3, roots[3], 5, roots[5], {}));
    EXPECT_FALSE(verify_consistency(0, roots[1], 5, roots[5], {})) << "not the empty tree's root";
    EXPECT_FALSE(verify_consistency(1, roots[1], kMaxTreeSize + 1, roots[5], {}));
}

}  // namespace
}  // namespace soma::domain
