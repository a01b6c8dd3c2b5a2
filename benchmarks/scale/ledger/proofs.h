#pragma once
#include <random>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "domain/ledger/merkle/proof.h"
#include "domain/ledger/merkle/tile.h"
#include "ledger/figures.h"

namespace soma::bench {

/// A tree of a million leaves as its tiles keep it: every 256th level, from which a proof's hashes
/// are made. That is what the service has in hand once PostgreSQL has answered.
class TiledTree {
  public:
    explicit TiledTree(std::uint64_t size) {
        levels_.emplace_back();
        for (std::uint64_t i = 0; i < size; ++i) {
            levels_[0].push_back(sha256(std::to_string(i)));
            frontier_.append(levels_[0].back(), [&](const domain::Subtree& subtree,
                                                    const std::string& root) {
                if (subtree.level % domain::kTileHeight == 0) {
                    levels_.resize(std::max<std::size_t>(levels_.size(), subtree.level / 8 + 1));
                    levels_[subtree.level / 8].push_back(root);
                }
            });
        }
    }

    std::uint64_t size() const { return frontier_.size(); }
    std::string root() const { return frontier_.root(); }
    const std::string& leaf(std::uint64_t index) const { return levels_[0][index]; }

    std::string subtree(const domain::Subtree& wanted) const {
        const unsigned level = wanted.level / domain::kTileHeight;
        const std::uint64_t width = std::uint64_t{1} << (wanted.level % domain::kTileHeight);
        return domain::root_over(std::span(levels_[level]).subspan(wanted.index * width, width));
    }

  private:
    std::vector<std::vector<std::string>> levels_;
    domain::Frontier frontier_;
};

inline json::object microseconds(std::vector<double> seconds) {
    const double p50 = quantile(seconds, 0.5);
    const double p99 = quantile(seconds, 0.99);
    return {{"p50_us", 1e6 * p50}, {"p99_us", 1e6 * p99}};
}

/// Proofs of random leaves, made and verified one at a time on one thread; every one must verify,
/// and not for the next leaf.
inline json::object measure_proofs(std::uint64_t size, int proofs) {
    const TiledTree tree(size);
    const std::string root = tree.root();
    std::mt19937_64 random(7);
    std::vector<double> made, verified;
    for (int i = 0; i < proofs; ++i) {
        const std::uint64_t index = random() % size;
        auto from = Clock::now();
        const auto proof = domain::inclusion_proof(
            index, size, [&](const domain::Subtree& wanted) { return tree.subtree(wanted); });
        made.push_back(seconds_since(from));
        from = Clock::now();
        const bool good = domain::verify_inclusion(tree.leaf(index), index, size, proof, root);
        verified.push_back(seconds_since(from));
        if (!good ||
            domain::verify_inclusion(tree.leaf(index), (index + 1) % size, size, proof, root)) {
            throw std::runtime_error("a proof does not prove");
        }
    }
    return {{"leaves", size},
            {"proofs", proofs},
            {"made", microseconds(std::move(made))},
            {"verified", microseconds(std::move(verified))}};
}

}  // namespace soma::bench
