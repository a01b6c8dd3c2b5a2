#include "math/bm25.h"

#include <cmath>

#include "support/property.h"

namespace soma::math {
namespace {

// By hand: N = 3, df = 1, tf = 2, a text of 4 terms where the mean is 5.
TEST(Bm25, KnownAnswer) {
    const Bm25 bm25;
    EXPECT_NEAR(Bm25::idf(3, 1), 0.980829253011726, 1e-15);
    const auto norm = bm25.length_norm(5);
    // 2 · 1.9 / (2 + .9 (.6 + .4 · 4/5)) = 3.8 / 2.828
    EXPECT_NEAR(bm25.term(2, 4, norm), 3.8 / 2.828, 1e-15);
    EXPECT_NEAR(bm25.normalised(0.5, 2), 2 * 0.5 / (1.9 * 2), 1e-15);
}

TEST(Bm25, IdfIsPositiveAndFallsWithFrequency) {
    test::property([] {
        const auto texts = *rc::gen::inRange<std::size_t>(1, 1'000'000);
        const auto df = *rc::gen::inRange<std::size_t>(1, texts + 1);
        RC_ASSERT(Bm25::idf(texts, df) > 0);
        RC_ASSERT(df == texts || Bm25::idf(texts, df) > Bm25::idf(texts, df + 1));
    });
}

TEST(Bm25, ATermGrowsWithFrequencyShrinksWithLengthAndStaysBelowItsLimit) {
    test::property([] {
        const Bm25 bm25;
        const auto norm = bm25.length_norm(*rc::gen::inRange(1, 500));
        const auto tf = *rc::gen::inRange(1, 255);
        const auto length = *rc::gen::inRange(1, 2000);
        RC_ASSERT(bm25.term(tf + 1, length, norm) > bm25.term(tf, length, norm));
        RC_ASSERT(bm25.term(tf, length + 1, norm) < bm25.term(tf, length, norm));
        RC_ASSERT(bm25.term(tf, length, norm) < bm25.k1 + 1);
    });
}

TEST(Bm25, NormalisedStaysInTheUnitInterval) {
    const Bm25 bm25;
    EXPECT_EQ(bm25.normalised(1e9, 1), 1);
    EXPECT_EQ(bm25.normalised(0, 1), 0);
    EXPECT_EQ(bm25.normalised(0, 0), 0);
    EXPECT_EQ(bm25.length_norm(0).slope, 0);
}

}  // namespace
}  // namespace soma::math
