#include "math/scan/dot.h"

#include <random>
#include <vector>

#include "support/property.h"

namespace soma::math {
namespace {

std::vector<std::int8_t> random_codes(std::mt19937& random, std::size_t size) {
    std::vector<std::int8_t> codes(size);
    for (auto& code : codes) {
        code = static_cast<std::int8_t>(random());
    }
    return codes;
}

std::int32_t plain(const std::int8_t* a, const std::int8_t* b, std::size_t size) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        sum += std::int32_t{a[i]} * std::int32_t{b[i]};
    }
    return sum;
}

TEST(Dot, EqualsThePlainLoopForAnyLengthAndAlignment) {
    test::property([] {
        std::mt19937 random(*rc::gen::arbitrary<unsigned>());
        const auto size = *rc::gen::inRange<std::size_t>(0, 2049);
        const auto shift = *rc::gen::inRange<std::size_t>(0, 64);
        const auto a = random_codes(random, size + shift);
        const auto b = random_codes(random, size);
        RC_ASSERT(dot_product({a.data() + shift, size}, b) ==
                  plain(a.data() + shift, b.data(), size));
    });
}

TEST(Dot, ExtremesNeitherSaturateNorOverflow) {
    for (const int value : {-128, -127, 127}) {
        const std::vector<std::int8_t> a(2048, static_cast<std::int8_t>(value));
        const std::vector<std::int8_t> lowest(2048, -128);
        EXPECT_EQ(dot_product(a, lowest), 2048 * value * -128);
        std::int32_t out = 0;
        dot_products(a.data(), lowest.data(), 2048, 1, &out);
        EXPECT_EQ(out, 2048 * value * -128);
    }
}

TEST(Dot, RowsEqualThePlainLoopAndUnaskedOnesAreLeftAlone) {
    test::property([] {
        std::mt19937 random(*rc::gen::arbitrary<unsigned>());
        const std::size_t stride = 64 * *rc::gen::inRange<std::size_t>(1, 33);
        const auto count = *rc::gen::inRange<std::size_t>(1, 65);
        const auto mask = *rc::gen::arbitrary<std::uint64_t>();
        const auto query = random_codes(random, stride);
        const auto rows = random_codes(random, stride * 64);
        std::vector<std::int32_t> whole(64, -7);
        std::vector<std::int32_t> chosen(64, -7);
        dot_products(query.data(), rows.data(), stride, count, whole.data());
        dot_products_masked(query.data(), rows.data(), stride, mask, chosen.data());
        for (std::size_t row = 0; row < 64; ++row) {
            const auto expected = plain(query.data(), rows.data() + row * stride, stride);
            RC_ASSERT(whole[row] == (row < count ? expected : -7));
            RC_ASSERT(chosen[row] == ((mask >> row & 1) != 0 ? expected : -7));
        }
    });
}

TEST(Dot, AStrideIsWholeCacheLines) {
    EXPECT_EQ(row_stride(1), 64U);
    EXPECT_EQ(row_stride(64), 64U);
    EXPECT_EQ(row_stride(384), 384U);
    EXPECT_EQ(row_stride(385), 448U);
}

}  // namespace
}  // namespace soma::math
