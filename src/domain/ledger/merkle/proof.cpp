#include "domain/ledger/merkle/proof.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace soma::domain {
namespace {

/// Leaves [begin, end) of a tree, as the RFC's recursion meets them: `begin` is a multiple of the
/// largest power of two below their number.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return end - begin; }
    /// Where the RFC splits it: at the largest power of two below its size.
    std::uint64_t middle() const { return begin + std::bit_floor(size() - 1); }
    Range left() const { return {begin, middle()}; }
    Range right() const { return {middle(), end}; }
};

std::string range_root(const Range& range, const SubtreeSource& source) {
    if (std::has_single_bit(range.size())) {
        const auto level = static_cast<unsigned>(std::countr_zero(range.size()));
        return source({level, range.begin >> level});
    }
    const std::string left = range_root(range.left(), source);
    return node_hash(left, range_root(range.right(), source));
}

bool all_hashes(const std::vector<std::string>& proof) {
    return proof.size() <= kMaxProofHashes &&
           std::all_of(proof.begin(), proof.end(),
                       [](const std::string& each) { return each.size() == kTreeHashBytes; });
}

/// The walk from a node to the root, which both verifications share: `node` is the number of the
/// current node on its level, `last` that of the level's last.
struct Climb {
    std::uint64_t node = 0;
    std::uint64_t last = 0;

    /// Whether the next hash stands to the left of where we are. Levels on which the node is the
    /// last and has no sibling are skipped.
    bool sibling_is_left() {
        if ((node & 1) == 0 && node != last) {
            return false;
        }
        while ((node & 1) == 0 && node != 0) {
            up();
        }
        return true;
    }
    void up() {
        node >>= 1;
        last >>= 1;
    }
};

}  // namespace

std::vector<std::string> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                         const SubtreeSource& source) {
    SOMA_ASSERT(index < size && size <= kMaxTreeSize, "a leaf of the tree");
    std::vector<std::string> proof;
    Range range{0, size};
    while (range.size() > 1) {
        const bool in_left = index < range.middle();
        proof.push_back(range_root(in_left ? range.right() : range.left(), source));
        range = in_left ? range.left() : range.right();
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

std::vector<std::string> consistency_proof(std::uint64_t from, std::uint64_t to,
                                           const SubtreeSource& source) {
    SOMA_ASSERT(from <= to && to <= kMaxTreeSize, "the older tree is the smaller one");
    std::vector<std::string> proof;
    if (from == 0 || from == to) {
        return proof;
    }
    Range range{0, to};
    bool known = true;  // the verifier has this range's root: it is the older tree's
    while (range.end != from) {
        const bool in_left = from <= range.middle();
        proof.push_back(range_root(in_left ? range.right() : range.left(), source));
        known = known && in_left;
        range = in_left ? range.left() : range.right();
    }
    if (!known) {
        proof.push_back(range_root(range, source));
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

bool verify_inclusion(std::string_view leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<std::string>& proof, std::string_view root) {
    if (index >= size || size > kMaxTreeSize || leaf.size() != kTreeHashBytes ||
        !all_hashes(proof)) {
        return false;
    }
    Climb climb{index, size - 1};
    std::string hash(leaf);
    for (const std::string& each : proof) {
        if (climb.last == 0) {
            return false;
        }
        hash = climb.sibling_is_left() ? node_hash(each, hash) : node_hash(hash, each);
        climb.up();
    }
    return climb.last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t from, std::string_view from_root, std::uint64_t to,
                        std::string_view to_root, const std::vector<std::string>& proof) {
    if (from > to || to > kMaxTreeSize || !all_hashes(proof)) {
        return false;
    }
    if (from == to || from == 0) {
        const auto before = from == to ? std::string(to_root) : empty_root();
        return proof.empty() && from_root == before;
    }
    Climb climb{from - 1, to - 1};
    while ((climb.node & 1) != 0) {
        climb.up();
    }
    // A complete older tree is itself the node the walk begins at.
    auto next = proof.begin();
    if (!std::has_single_bit(from) && next == proof.end()) {
        return false;
    }
    std::string older(std::has_single_bit(from) ? from_root : std::string_view(*next++));
    std::string newer = older;
    for (; next != proof.end(); ++next) {
        if (climb.last == 0) {
            return false;
        }
        if (climb.sibling_is_left()) {
            older = node_hash(*next, older);
            newer = node_hash(*next, newer);
        } else {
            newer = node_hash(newer, *next);
        }
        climb.up();
    }
    return climb.last == 0 && older == from_root && newer == to_root;
}

}  // namespace soma::domain
