#include "math/scan/sketch.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "base/error.h"

#define HWY_DISABLE_PCLMUL_AES  // see dot.cpp
// Counts bits in one instruction where the CPU can (AVX-512 BITALG); Highway leaves it out unasked.
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/scan/sketch.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway requires.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace soma::math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Distances of one group of 8 rows. Byte counts are summed over at most 31 words (8 · 31 = 248 fits
// a byte) before they are widened: one widening per row instead of one per word.
template <typename Words>
HWY_ATTR HWY_INLINE void group_distances(const std::uint64_t* HWY_RESTRICT query,
                                         const std::uint64_t* HWY_RESTRICT group, Words words,
                                         std::uint16_t* HWY_RESTRICT out) {
    const hn::CappedTag<std::uint64_t, 8> d64;
    const hn::Repartition<std::uint8_t, decltype(d64)> d8;
    const hn::Rebind<std::uint16_t, decltype(d64)> d16;
    const std::size_t lanes = hn::Lanes(d64);
    for (std::size_t lane = 0; lane < 8; lane += lanes) {
        auto total = hn::Zero(d64);
        for (std::size_t begin = 0; begin < words; begin += 31) {
            const std::size_t end = begin + 31 < words ? begin + 31 : std::size_t{words};
            auto bytes = hn::Zero(d8);
            for (std::size_t w = begin; w < end; ++w) {
                const auto rows = hn::LoadU(d64, group + w * 8 + lane);
                const auto differing = hn::Xor(rows, hn::Set(d64, query[w]));
                bytes = hn::Add(bytes, hn::PopulationCount(hn::BitCast(d8, differing)));
            }
            total = hn::Add(total, hn::SumsOf8(bytes));
        }
        hn::StoreU(hn::TruncateTo(d16, total), d16, out + lane);
    }
}

// Which of 64 distances are at most `bound`. Signed, because distances (≤ 4,096) fit and unsigned
// 16-bit comparison is not in every target.
HWY_ATTR HWY_INLINE std::uint64_t at_most(const std::uint16_t* HWY_RESTRICT distances,
                                          std::uint16_t bound) {
    const hn::CappedTag<std::int16_t, 32> d;
    const hn::RebindToUnsigned<decltype(d)> unsigned_d;
    const auto limit = hn::Set(d, static_cast<std::int16_t>(bound + 1));
    std::uint64_t within = 0;
    for (std::size_t i = 0; i < 64; i += hn::Lanes(d)) {
        std::uint8_t bits[8] = {};
        const auto some = hn::BitCast(d, hn::LoadU(unsigned_d, distances + i));
        hn::StoreMaskBits(d, hn::Gt(limit, some), bits);
        std::uint64_t word = 0;
        for (std::size_t byte = 0; byte < 4; ++byte) {
            word |= std::uint64_t{bits[byte]} << (8 * byte);
        }
        within |= word << i;
    }
    return within;
}

template <typename Words>
HWY_ATTR HWY_INLINE std::uint64_t rows_within_of(const std::uint64_t* HWY_RESTRICT query,
                                                 const std::uint64_t* HWY_RESTRICT groups,
                                                 Words words, std::uint16_t bound,
                                                 std::uint16_t* HWY_RESTRICT out) {
    for (std::size_t g = 0; g < 8; ++g) {
        group_distances(query, groups + g * words * 8, words, out + g * 8);
    }
    return at_most(out, bound);
}

// The members of `mask` whose distance is at most `bound`; `out` gets the distances of all 64 rows.
// A width known to the compiler (384 dimensions, the embedder's) keeps the query in registers.
HWY_ATTR std::uint64_t rows_within(const std::uint64_t* HWY_RESTRICT query,
                                   const std::uint64_t* HWY_RESTRICT groups, std::size_t words,
                                   std::uint64_t mask, std::uint16_t bound,
                                   std::uint16_t* HWY_RESTRICT out) {
    constexpr std::integral_constant<std::size_t, 6> six;
    return mask & (words == six ? rows_within_of(query, groups, six, bound, out)
                                : rows_within_of(query, groups, words, bound, out));
}

}  // namespace HWY_NAMESPACE
}  // namespace soma::math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace soma::math {

HWY_EXPORT(rows_within);

std::vector<std::uint64_t> make_sketch(std::span<const std::int8_t> vector) {
    std::vector<std::uint64_t> sketch(sketch_words(vector.size()), 0);
    for (std::size_t i = 0; i < vector.size(); ++i) {
        sketch[i / 64] |= std::uint64_t{vector[i] > 0} << (i % 64);
    }
    return sketch;
}

void put_sketch(std::span<const std::uint64_t> sketch, std::uint64_t* group, std::size_t row) {
    SOMA_ASSERT(row < sketch_group, "a group has eight rows");
    for (std::size_t w = 0; w < sketch.size(); ++w) {
        group[w * sketch_group + row] = sketch[w];
    }
}

NearestSketches::NearestSketches(std::span<const std::uint64_t> query, std::size_t wanted)
    : query_(query.begin(), query.end()),
      wanted_(wanted),
      bound_(static_cast<std::uint16_t>(64 * query.size())),
      counts_(64 * query.size() + 1, 0) {
    SOMA_ASSERT(wanted >= 1 && query.size() <= 64, "limits of a sketch scan");
}

void NearestSketches::scan(const std::uint64_t* groups, std::span<const std::uint64_t> masks,
                           std::uint32_t first_row) {
    const auto within = HWY_DYNAMIC_DISPATCH(rows_within);
    const std::size_t words = query_.size();
    std::uint16_t distances[64];
    for (std::size_t m = 0; m < masks.size(); ++m) {
        if (masks[m] == 0) {
            continue;
        }
        const std::uint64_t* eight_groups = groups + m * 64 * words;
        std::uint64_t rows =
            within(query_.data(), eight_groups, words, masks[m], bound_, distances);
        for (; rows != 0; rows &= rows - 1) {
            const auto bit = static_cast<std::uint32_t>(std::countr_zero(rows));
            kept_.push_back({first_row + static_cast<std::uint32_t>(m) * 64 + bit, distances[bit]});
            ++counts_[distances[bit]];
            ++within_;
        }
        tighten();
    }
}

void NearestSketches::tighten() {
    while (bound_ > 0 && within_ - counts_[bound_] >= wanted_) {
        within_ -= counts_[bound_];
        --bound_;
    }
}

std::vector<Near> NearestSketches::take() {
    // Copying each and counting only those that stay: a branch here would be guessed wrong too
    // often.
    std::size_t end = 0;
    for (const Near near : kept_) {
        kept_[end] = near;
        end += near.distance <= bound_ ? 1 : 0;
    }
    kept_.resize(end);
    return std::move(kept_);
}

}  // namespace soma::math
#endif
