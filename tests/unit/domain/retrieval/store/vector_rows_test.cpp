#include "domain/retrieval/store/vector_rows.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "support/property.h"

namespace soma::domain {
namespace {

math::QuantizedVector random_vector(std::mt19937& random, std::size_t dimension) {
    std::normal_distribution<float> normal;
    std::vector<float> x(dimension);
    for (float& value : x) {
        value = normal(random);
    }
    return math::quantize(x);
}

double plain_cosine(const math::QuantizedVector& a, const math::QuantizedVector& b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        ab += a.values[i] * b.values[i];
        aa += a.values[i] * a.values[i];
        bb += b.values[i] * b.values[i];
    }
    return aa > 0 && bb > 0 ? ab * (1 / std::sqrt(aa)) * (1 / std::sqrt(bb)) : 0;
}

TEST(VectorRows, EveryPathGivesTheSameCosines) {
    test::property(
        [] {
            std::mt19937 random(*rc::gen::arbitrary<unsigned>());
            const auto dimension = *rc::gen::inRange<std::size_t>(1, 600);
            const auto rows = *rc::gen::inRange<std::uint32_t>(1, 700);
            const unsigned share = *rc::gen::element(1U, 50U, 99U);  // sparse, masked, whole runs
            VectorRows store(dimension);
            std::vector<math::QuantizedVector> vectors;
            math::Bitmap scope(rows);
            for (std::uint32_t row = 0; row < rows; ++row) {
                vectors.push_back(random_vector(random, dimension));
                store.put(row, vectors.back());
                if (random() % 100 < share) {
                    scope.set(row);
                }
            }
            const auto raw = random_vector(random, dimension);
            const VectorQuery query(raw);
            std::vector<double> cosines(rows, -9);
            store.cosines(query, scope, cosines);
            // Chosen rows, in any order and any number of them.
            std::vector<std::uint32_t> chosen(random() % rows);
            std::generate(chosen.begin(), chosen.end(), [&] { return random() % rows; });
            std::vector<double> of_chosen(rows, -9);
            store.cosines(query, chosen, of_chosen);
            for (std::uint32_t row = 0; row < rows; ++row) {
                const bool is_chosen = std::count(chosen.begin(), chosen.end(), row) > 0;
                RC_ASSERT(of_chosen[row] == (is_chosen ? store.cosine(query, row) : -9));
            }
            for (std::uint32_t row = 0; row < rows; ++row) {
                const double expected = plain_cosine(raw, vectors[row]);
                RC_ASSERT(store.cosine(query, row) == expected);
                RC_ASSERT(cosines[row] == (scope.test(row) ? expected : -9));
                RC_ASSERT(store.get(row) == vectors[row]);
            }
        },
        30);
}

TEST(VectorRows, APutRowReplacesTheOldOneInBothForms) {
    std::mt19937 random(3);
    VectorRows store(64);
    math::Bitmap scope(300);
    for (std::uint32_t row = 0; row < 300; ++row) {
        store.put(row, random_vector(random, 64));
        scope.set(row);
    }
    const auto target = random_vector(random, 64);
    store.put(257, target);
    const auto near = store.nearest_sketches(VectorQuery(target), scope, 1);
    ASSERT_EQ(near.size(), 1U);
    EXPECT_EQ(near[0].row, 257U);
    EXPECT_EQ(near[0].distance, 0);
    EXPECT_NEAR(store.cosine(VectorQuery(target), 257), 1, 1e-12);
}

TEST(VectorRows, TheZeroVectorIsNearNothing) {
    std::mt19937 random(3);
    VectorRows store(8);
    store.put(0, math::QuantizedVector{0, std::vector<std::int8_t>(8, 0)});
    EXPECT_EQ(store.cosine(VectorQuery(random_vector(random, 8)), 0), 0);
}

}  // namespace
}  // namespace soma::domain
