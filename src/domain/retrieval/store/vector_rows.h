#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "math/quantize.h"
#include "math/scan/bitmap.h"
#include "math/scan/sketch.h"

namespace soma::domain {

/// A query vector in the form the scans read. `vector` has the rows' dimension.
struct VectorQuery {
    explicit VectorQuery(const math::QuantizedVector& vector);

    std::vector<std::int8_t> codes;     ///< padded to the rows' stride
    std::vector<std::uint64_t> sketch;  ///< sign bits
    double inverse_norm = 0;            ///< 1 / |codes|; 0 for the zero vector
};

/// The vectors of a corpus, one row each: int8 codes, their scale, and a 1-bit sketch, in blocks of
/// 4,096 rows, so that growing never moves what is there. cos(query, row) = dot · (1/|query|) ·
/// (1/|row|) over the integer codes: the quantisation's scales cancel, and every CPU gets the same
/// number. Many readers or one writer.
class VectorRows {
  public:
    static constexpr std::size_t block_rows = 4096;

    /// dimension 1..2,048.
    explicit VectorRows(std::size_t dimension);

    std::size_t dimension() const { return dimension_; }
    /// Writes row `row`; rows between the present end and `row` come into being as zero vectors.
    void put(std::uint32_t row, const math::QuantizedVector& vector);
    math::QuantizedVector get(std::uint32_t row) const;

    /// cosines[row] for every row in `scope`; others are left alone. cosines has scope.size()
    /// places.
    void cosines(const VectorQuery& query, const math::Bitmap& scope,
                 std::span<double> cosines) const;
    /// cosines[row] for each of `rows`, in any order: what a scan chose. Rows far apart are fetched
    /// ahead of their turn, which halves their cost. cosines has a place for each of them.
    void cosines(const VectorQuery& query, std::span<const std::uint32_t> rows,
                 std::span<double> cosines) const;
    /// The cosine of one row.
    double cosine(const VectorQuery& query, std::uint32_t row) const;

    /// The rows in `scope` whose sketches are nearest the query's: at least `wanted` (all, where
    /// there are fewer), and every row as near as the last of them.
    std::vector<math::Near> nearest_sketches(const VectorQuery& query, const math::Bitmap& scope,
                                             std::size_t wanted) const;

    /// Of the rows that exist: the rest of a block takes no memory before it is written.
    std::size_t bytes() const;

  private:
    struct Block;

    std::size_t dimension_;
    std::size_t stride_;
    std::size_t words_;
    std::size_t rows_ = 0;
    std::vector<std::shared_ptr<Block>> blocks_;
};

}  // namespace soma::domain
