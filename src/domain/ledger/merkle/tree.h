#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soma::domain {

/// The Merkle tree of RFC 9162 §2.1 over SHA-256. Hashes are 32 raw bytes; leaf hashes are
/// `leaf_hash` of domain/ledger/event.h. Everything here is pure.

inline constexpr std::size_t kTreeHashBytes = 32;
/// No tree is larger: its sizes stay exact as signed 64-bit numbers everywhere.
inline constexpr std::uint64_t kMaxTreeSize = std::uint64_t{1} << 62;

/// SHA-256(0x01 ‖ left ‖ right).
std::string node_hash(std::string_view left, std::string_view right);

/// The root of the tree without leaves: SHA-256 of nothing.
std::string empty_root();

/// A complete subtree: over the leaves [index << level, (index + 1) << level).
struct Subtree {
    unsigned level = 0;
    std::uint64_t index = 0;

    friend auto operator<=>(const Subtree&, const Subtree&) = default;
};

/// Told of each complete subtree above the leaves as it comes to be, the lowest first.
using Completed = std::function<void(const Subtree& subtree, const std::string& root)>;

/// A tree's right edge, which is all that is needed to grow it: one hash for each bit of its size.
/// For one thread.
class Frontier {
  public:
    Frontier() = default;
    /// As `peaks()` gave them at that size. Throws Error(invalid_argument) when they are not as
    /// many as the size has bits, or not 32 bytes each.
    Frontier(std::uint64_t size, std::vector<std::string> peaks);

    void append(std::string leaf, const Completed& completed = {});
    std::uint64_t size() const { return size_; }
    /// Roots of the complete subtrees the tree consists of, the largest (leftmost) first.
    const std::vector<std::string>& peaks() const { return peaks_; }
    std::string root() const;

  private:
    std::uint64_t size_ = 0;
    std::vector<std::string> peaks_;
};

/// The root over these hashes as leaves.
std::string root_over(std::span<const std::string> hashes);

}  // namespace soma::domain
