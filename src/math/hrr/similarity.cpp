#include "math/hrr/similarity.h"

#include <algorithm>

#include "base/error.h"
#include "math/numerics/aligned.h"

// Vectors of a length unknown to the compiler cannot stand in arrays; NEON serves those machines.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
// See math/scan/dot.cpp for these two.
#define HWY_DISABLE_PCLMUL_AES
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/hrr/similarity.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway requires.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace soma::math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// sums[4q + r] = row r · query q for 4 rows and Q queries, all sums in registers. A row stride of
/// 0 repeats the first row. `Ahead`: the rows come from memory and are asked for early; the
/// processor's own prefetcher stops at the end of every page.
template <std::size_t Q, bool Ahead>
HWY_INLINE HWY_ATTR void tile(const float* HWY_RESTRICT rows, std::size_t row_stride,
                              const float* HWY_RESTRICT queries, std::size_t query_stride,
                              std::size_t size, float* HWY_RESTRICT sums) {
    constexpr std::size_t kRows = 4;
    const hn::ScalableTag<float> d;
    hn::Vec<decltype(d)> total[Q][kRows];
#pragma GCC unroll 4
    for (std::size_t q = 0; q < Q; ++q) {
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kRows; ++r) {
            total[q][r] = hn::Zero(d);
        }
    }
    std::size_t k = 0;
    for (; k + hn::Lanes(d) <= size; k += hn::Lanes(d)) {
        hn::Vec<decltype(d)> row[kRows];
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kRows; ++r) {
            row[r] = hn::LoadU(d, rows + r * row_stride + k);
            if constexpr (Ahead) {
                hwy::Prefetch(rows + r * row_stride + k + 512);
            }
        }
#pragma GCC unroll 4
        for (std::size_t q = 0; q < Q; ++q) {
            const auto x = hn::LoadU(d, queries + q * query_stride + k);
#pragma GCC unroll 4
            for (std::size_t r = 0; r < kRows; ++r) {
                total[q][r] = hn::MulAdd(row[r], x, total[q][r]);
            }
        }
    }
#pragma GCC unroll 4
    for (std::size_t q = 0; q < Q; ++q) {
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kRows; ++r) {
            sums[kRows * q + r] = hn::GetLane(hn::SumOfLanes(d, total[q][r]));
            for (std::size_t rest = k; rest < size; ++rest) {
                sums[kRows * q + r] +=
                    rows[r * row_stride + rest] * queries[q * query_stride + rest];
            }
        }
    }
}

HWY_ATTR void four_by_one(const float* rows, std::size_t row_stride, const float* query,
                          std::size_t size, float* sums) {
    tile<1, true>(rows, row_stride, query, 0, size, sums);
}

HWY_ATTR void four_by_four(const float* rows, std::size_t row_stride, const float* queries,
                           std::size_t query_stride, std::size_t size, float* sums) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
    // Sixteen registers hold eight sums and their factors, not sixteen.
    tile<2, false>(rows, row_stride, queries, query_stride, size, sums);
    tile<2, false>(rows, row_stride, queries + 2 * query_stride, query_stride, size, sums + 8);
#else
    tile<4, false>(rows, row_stride, queries, query_stride, size, sums);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace soma::math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace soma::math {

HWY_EXPORT(four_by_one);
HWY_EXPORT(four_by_four);

namespace {

/// Numbers of a row a block: four rows stay in the first cache while all queries pass by.
constexpr std::size_t kBlock = 1024;

/// One block of `size` numbers of one group of up to four items, against every query.
struct Group {
    const float* rows;
    std::size_t row_stride;  ///< 0: one item alone
    std::size_t size;
    std::size_t first;  ///< number of the first item
};

/// `queries`: their blocks, one after another.
void add_group(const Group& group, const float* queries, std::size_t query_count, std::size_t items,
               float* scores) {
    const std::size_t width = group.row_stride == 0 ? 1 : 4;
    for (std::size_t q = 0; q < query_count;) {
        const std::size_t count = query_count - q >= 4 ? 4 : 1;
        float sums[16];
        if (count == 4) {
            HWY_DYNAMIC_DISPATCH(four_by_four)
            (group.rows, group.row_stride, queries + q * group.size, group.size, group.size, sums);
        } else {
            HWY_DYNAMIC_DISPATCH(four_by_one)
            (group.rows, group.row_stride, queries + q * group.size, group.size, sums);
        }
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t r = 0; r < width; ++r) {
                scores[(q + i) * items + group.first + r] += sums[4 * i + r];
            }
        }
        q += count;
    }
}

}  // namespace

void dot_table(std::span<const float> items, std::span<const float> queries, std::size_t dimension,
               std::span<float> scores) {
    const std::size_t item_count = items.size() / dimension;
    const std::size_t query_count = queries.size() / dimension;
    SOMA_ASSERT(item_count * dimension == items.size(), "items have one dimension");
    SOMA_ASSERT(query_count * dimension == queries.size(), "queries have the items' dimension");
    SOMA_ASSERT(scores.size() == item_count * query_count, "one score a pair");
    std::fill(scores.begin(), scores.end(), 0.0F);
    // Few queries fit the caches whole: the items then stream through in long runs.
    const std::size_t block = query_count < 4 ? dimension : kBlock;
    AlignedVector<float> packed(query_count * block);
    for (std::size_t from = 0; from < dimension; from += block) {
        const std::size_t size = std::min(block, dimension - from);
        // Side by side: rows a power of two apart would fight for the same cache sets.
        for (std::size_t q = 0; q < query_count; ++q) {
            std::copy_n(queries.data() + q * dimension + from, size, packed.data() + q * size);
        }
        for (std::size_t i = 0; i < item_count;) {
            const bool four = item_count - i >= 4;
            const Group group{items.data() + i * dimension + from, four ? dimension : 0, size, i};
            add_group(group, packed.data(), query_count, item_count, scores.data());
            i += four ? 4 : 1;
        }
    }
}

}  // namespace soma::math
#endif
