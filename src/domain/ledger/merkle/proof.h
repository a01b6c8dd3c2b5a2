#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/merkle/tree.h"

namespace soma::domain {

/// A proof has at most this many hashes: two for each level of the largest tree.
inline constexpr std::size_t kMaxProofHashes = 128;

/// Gives the hash of a complete subtree of the tree in question. What it throws goes through.
using SubtreeSource = std::function<std::string(const Subtree& subtree)>;

/// RFC 9162 §2.1.3.1: what leads from leaf `index` (< size) to the root of the first `size` leaves.
/// Asks for O(log² size) subtrees at most.
std::vector<std::string> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                         const SubtreeSource& source);

/// RFC 9162 §2.1.4.1: that the tree of `from` leaves is a prefix of the one of `to` (≥ from). Empty
/// when there is nothing to prove: from no leaves, or from the same size.
std::vector<std::string> consistency_proof(std::uint64_t from, std::uint64_t to,
                                           const SubtreeSource& source);

/// RFC 9162 §2.1.3.2. False for anything that is no proof, however it is malformed.
bool verify_inclusion(std::string_view leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<std::string>& proof, std::string_view root);

/// RFC 9162 §2.1.4.2, and for the two cases it leaves out: an empty proof, equal roots at equal
/// sizes, and the empty tree's root at size 0.
bool verify_consistency(std::uint64_t from, std::string_view from_root, std::uint64_t to,
                        std::string_view to_root, const std::vector<std::string>& proof);

}  // namespace soma::domain
