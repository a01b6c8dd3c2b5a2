#include "math/scan/dot.h"

#include <bit>

#include "base/error.h"

// Debian's x86-64-v3 does not promise AES, which Highway otherwise asks for before it takes AVX2 as
// the baseline; nothing here uses it.
#define HWY_DISABLE_PCLMUL_AES
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/scan/dot.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway requires.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace soma::math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Products of int8 fit int16 pairs' sums in int32: widen first, so that no step can saturate.
HWY_ATTR std::int32_t dot_one(const std::int8_t* HWY_RESTRICT a, const std::int8_t* HWY_RESTRICT b,
                              std::size_t size) {
    const hn::ScalableTag<std::int16_t> d16;
    const hn::Rebind<std::int8_t, decltype(d16)> d8;
    const hn::RepartitionToWide<decltype(d16)> d32;
    auto low = hn::Zero(d32);
    auto high = hn::Zero(d32);
    const std::size_t lanes = hn::Lanes(d16);
    std::size_t i = 0;
    for (; i + lanes <= size; i += lanes) {
        const auto x = hn::PromoteTo(d16, hn::LoadU(d8, a + i));
        const auto y = hn::PromoteTo(d16, hn::LoadU(d8, b + i));
        low = hn::ReorderWidenMulAccumulate(d32, x, y, low, high);
    }
    std::int32_t sum = hn::GetLane(hn::SumOfLanes(d32, hn::Add(low, high)));
    for (; i < size; ++i) {
        sum += std::int32_t{a[i]} * std::int32_t{b[i]};
    }
    return sum;
}

// Two rows at a time: each load of the query serves both, and their adds do not wait on each other.
HWY_ATTR void dot_rows(const std::int8_t* HWY_RESTRICT query, const std::int8_t* HWY_RESTRICT rows,
                       std::size_t stride, std::size_t count, std::int32_t* HWY_RESTRICT out) {
    const hn::ScalableTag<std::int16_t> d16;
    const hn::Rebind<std::int8_t, decltype(d16)> d8;
    const hn::RepartitionToWide<decltype(d16)> d32;
    const std::size_t lanes = hn::Lanes(d16);
    std::size_t row = 0;
    for (; row + 2 <= count; row += 2) {
        const std::int8_t* first = rows + row * stride;
        const std::int8_t* second = first + stride;
        auto low1 = hn::Zero(d32);
        auto high1 = hn::Zero(d32);
        auto low2 = hn::Zero(d32);
        auto high2 = hn::Zero(d32);
        for (std::size_t i = 0; i < stride; i += lanes) {
            const auto q = hn::PromoteTo(d16, hn::LoadU(d8, query + i));
            const auto x = hn::PromoteTo(d16, hn::LoadU(d8, first + i));
            const auto y = hn::PromoteTo(d16, hn::LoadU(d8, second + i));
            low1 = hn::ReorderWidenMulAccumulate(d32, q, x, low1, high1);
            low2 = hn::ReorderWidenMulAccumulate(d32, q, y, low2, high2);
        }
        out[row] = hn::GetLane(hn::SumOfLanes(d32, hn::Add(low1, high1)));
        out[row + 1] = hn::GetLane(hn::SumOfLanes(d32, hn::Add(low2, high2)));
    }
    if (row < count) {
        out[row] = dot_one(query, rows + row * stride, stride);
    }
}

HWY_ATTR void dot_rows_masked(const std::int8_t* HWY_RESTRICT query,
                              const std::int8_t* HWY_RESTRICT rows, std::size_t stride,
                              std::uint64_t mask, std::int32_t* HWY_RESTRICT out) {
    for (; mask != 0; mask &= mask - 1) {
        const auto row = static_cast<std::size_t>(std::countr_zero(mask));
        out[row] = dot_one(query, rows + row * stride, stride);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace soma::math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace soma::math {

HWY_EXPORT(dot_one);
HWY_EXPORT(dot_rows);
HWY_EXPORT(dot_rows_masked);

std::int32_t dot_product(std::span<const std::int8_t> a, std::span<const std::int8_t> b) {
    SOMA_ASSERT(a.size() == b.size(), "dot product of vectors of two dimensions");
    return HWY_DYNAMIC_DISPATCH(dot_one)(a.data(), b.data(), a.size());
}

void dot_products(const std::int8_t* query, const std::int8_t* rows, std::size_t stride,
                  std::size_t count, std::int32_t* out) {
    SOMA_ASSERT(stride % 64 == 0, "rows are padded to cache lines");
    HWY_DYNAMIC_DISPATCH(dot_rows)(query, rows, stride, count, out);
}

void dot_products_masked(const std::int8_t* query, const std::int8_t* rows, std::size_t stride,
                         std::uint64_t mask, std::int32_t* out) {
    SOMA_ASSERT(stride % 64 == 0, "rows are padded to cache lines");
    HWY_DYNAMIC_DISPATCH(dot_rows_masked)(query, rows, stride, mask, out);
}

}  // namespace soma::math
#endif
