#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace soma::math {

/// One bit per dimension, its sign: two vectors' Hamming distance estimates their angle (Charikar
/// 2002), at 1/8 of the bytes of int8. Used to choose which rows deserve an exact dot product.
///
/// Layout: rows in groups of 8; a group holds word 0 of its eight rows, then word 1 of them …, so
/// that one vector register holds the same word of several rows.

inline constexpr std::size_t sketch_group = 8;

/// 64-bit words per row.
constexpr std::size_t sketch_words(std::size_t dimension) {
    return (dimension + 63) / 64;
}

/// Bit i of the result is 1 where vector[i] > 0; padding bits are 0.
std::vector<std::uint64_t> make_sketch(std::span<const std::int8_t> vector);

/// Writes a sketch as row `row` (0..7) of a group.
void put_sketch(std::span<const std::uint64_t> sketch, std::uint64_t* group, std::size_t row);

/// A row and its Hamming distance to the query.
struct Near {
    std::uint32_t row = 0;
    std::uint16_t distance = 0;
    friend bool operator==(const Near&, const Near&) = default;
};

/// Collects, over any number of blocks, every row whose distance is at most the smallest t that at
/// least `wanted` rows reach: all ties are kept, so the result does not depend on the order of
/// rows. Fewer than `wanted` rows: all of them.
class NearestSketches {
  public:
    /// `query` is a sketch of `sketch_words` words, ≤ 64; wanted ≥ 1.
    NearestSketches(std::span<const std::uint64_t> query, std::size_t wanted);

    /// Scans rows first_row … first_row + 64·mask.size() − 1 laid out in `groups` (8 per mask
    /// word); only those whose bit in `masks` is set count.
    void scan(const std::uint64_t* groups, std::span<const std::uint64_t> masks,
              std::uint32_t first_row);

    /// The rows, in the order they were scanned.
    std::vector<Near> take();

  private:
    void tighten();

    std::vector<std::uint64_t> query_;
    std::size_t wanted_;
    std::uint16_t bound_;                ///< distances above it can no longer matter
    std::size_t within_ = 0;             ///< kept rows with distance ≤ bound_
    std::vector<std::uint32_t> counts_;  ///< kept rows by distance
    std::vector<Near> kept_;
};

}  // namespace soma::math
