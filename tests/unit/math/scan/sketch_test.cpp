#include "math/scan/sketch.h"

#include <algorithm>
#include <random>

#include "math/scan/bitmap.h"
#include "support/property.h"

namespace soma::math {
namespace {

std::vector<std::int8_t> random_vector(std::mt19937& random, std::size_t dimension) {
    std::vector<std::int8_t> vector(dimension);
    for (auto& x : vector) {
        x = static_cast<std::int8_t>(static_cast<int>(random() % 5) - 2);
    }
    return vector;
}

int signs_apart(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b) {
    int apart = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        apart += (a[i] > 0) != (b[i] > 0) ? 1 : 0;
    }
    return apart;
}

// Rows laid out as the scans want them, and the plain distances beside them.
struct Laid {
    std::vector<std::uint64_t> groups;
    std::vector<int> distances;
    Bitmap mask;
};

Laid lay_out(std::mt19937& random, const std::vector<std::int8_t>& query, std::size_t rows) {
    const std::size_t words = sketch_words(query.size());
    const std::size_t padded = (rows + 63) / 64 * 64;
    Laid laid{std::vector<std::uint64_t>(padded * words, 0), std::vector<int>(rows), Bitmap(rows)};
    for (std::size_t row = 0; row < rows; ++row) {
        const auto vector = random_vector(random, query.size());
        put_sketch(make_sketch(vector), laid.groups.data() + row / 8 * 8 * words, row % 8);
        laid.distances[row] = signs_apart(query, vector);
        if (random() % 4 != 0) {
            laid.mask.set(row);
        }
    }
    return laid;
}

TEST(Sketch, KeepsExactlyTheRowsWithinTheWantedthDistance) {
    test::property([] {
        std::mt19937 random(*rc::gen::arbitrary<unsigned>());
        const auto dimension = *rc::gen::inRange<std::size_t>(1, 2049);
        const auto rows = *rc::gen::inRange<std::size_t>(1, 400);
        const auto wanted = *rc::gen::inRange<std::size_t>(1, 60);
        const auto query = random_vector(random, dimension);
        const Laid laid = lay_out(random, query, rows);

        std::vector<int> in_mask;
        laid.mask.for_each([&](std::size_t row) { in_mask.push_back(laid.distances[row]); });
        std::sort(in_mask.begin(), in_mask.end());
        const int last = in_mask.empty() ? 0 : in_mask[std::min(wanted, in_mask.size()) - 1];
        std::vector<Near> expected;
        laid.mask.for_each([&](std::size_t row) {
            if (laid.distances[row] <= last) {
                expected.push_back({static_cast<std::uint32_t>(row),
                                    static_cast<std::uint16_t>(laid.distances[row])});
            }
        });

        // In two blocks: the state carries over.
        NearestSketches nearest(make_sketch(query), wanted);
        const std::size_t first = laid.mask.word_count() / 2;
        nearest.scan(laid.groups.data(), {laid.mask.words(), first}, 0);
        nearest.scan(laid.groups.data() + first * 64 * sketch_words(dimension),
                     {laid.mask.words() + first, laid.mask.word_count() - first},
                     static_cast<std::uint32_t>(first * 64));
        RC_ASSERT(nearest.take() == expected);
    });
}

TEST(Sketch, OppositeVectorsOfTheLargestDimensionAreAllBitsApart) {
    const std::vector<std::int8_t> up(2048, 1);
    const std::vector<std::int8_t> down(2048, -1);
    std::vector<std::uint64_t> groups(64 * 32, 0);
    for (std::size_t row = 0; row < 64; ++row) {
        put_sketch(make_sketch(down), groups.data() + row / 8 * 8 * 32, row % 8);
    }
    NearestSketches nearest(make_sketch(up), 1);
    const std::uint64_t all = ~std::uint64_t{0};
    nearest.scan(groups.data(), {&all, 1}, 0);
    const auto kept = nearest.take();
    ASSERT_EQ(kept.size(), 64U);
    EXPECT_EQ(kept.front().distance, 2048);
}

TEST(Sketch, APutRowReplacesTheOldOneAlone) {
    std::vector<std::uint64_t> group(8, 0);
    put_sketch(make_sketch(std::vector<std::int8_t>(64, 1)), group.data(), 3);
    put_sketch(make_sketch(std::vector<std::int8_t>(64, 1)), group.data(), 4);
    put_sketch(make_sketch(std::vector<std::int8_t>(64, -1)), group.data(), 3);
    EXPECT_EQ(group[3], 0U);
    EXPECT_EQ(group[4], ~std::uint64_t{0});
}

}  // namespace
}  // namespace soma::math
