#include "domain/retrieval/score.h"

#include <cmath>

#include "base/error.h"
#include "support/property.h"

namespace soma::domain {
namespace {

TEST(Score, NamesAndViewsAgree) {
    for (std::size_t i = 0; i < view_count; ++i) {
        EXPECT_EQ(view_of(view_names[i]), static_cast<View>(i));
    }
    EXPECT_FALSE(view_of("Dense"));
    EXPECT_FALSE(view_of(""));
}

TEST(Score, DefaultWeightsAreTheMeasuredOnes) {
    const ViewWeights weights = default_weights();
    EXPECT_EQ(weights[View::dense], 0.5);
    EXPECT_EQ(weights[View::lexical], 0.5);
    EXPECT_EQ(weights[View::facet], 0.3);
    EXPECT_EQ(weights[View::previous], 0.2);
    EXPECT_EQ(weights[View::next], 0.1);
    EXPECT_EQ(weights[View::session], 0.4);
    EXPECT_EQ(weights[View::graph], 0);
    EXPECT_EQ(weights[View::recency], 0);
}

TEST(Score, KeptViewsKeepTheirWeightAndOthersWeighNothing) {
    const std::vector<std::string> names = {"lexical", "session"};
    const ViewWeights kept = keep_views(default_weights(), names);
    EXPECT_EQ(kept[View::lexical], 0.5);
    EXPECT_EQ(kept[View::session], 0.4);
    EXPECT_EQ(kept[View::dense], 0);
    EXPECT_EQ(keep_views(default_weights(), {}), default_weights());
}

TEST(Score, AnUnknownViewIsNamedByItsPlace) {
    const std::vector<std::string> names = {"dense", "sparse"};
    try {
        keep_views(default_weights(), names);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        EXPECT_EQ(error.field(), "/views/1");
    }
}

TEST(Score, IsLinearRoundedToAMillionth) {
    test::property([] {
        ViewValues values;
        ViewWeights weights;
        double exact = 0;
        for (std::size_t v = 0; v < view_count; ++v) {
            values.numbers[v] = *rc::gen::inRange(0, 1001) / 1000.0;
            weights.numbers[v] = *rc::gen::inRange(0, 1001) / 1000.0;
            exact += values.numbers[v] * weights.numbers[v];
        }
        const double score = score_of(values, weights);
        RC_ASSERT(std::abs(score - exact) <= 0.5e-6 + 1e-12);
        RC_ASSERT(std::nearbyint(score * 1e6) / 1e6 == score);
    });
}

TEST(Score, ValuesAreClipped) {
    EXPECT_EQ(dense_value(-0.3), 0);
    EXPECT_EQ(dense_value(0.3), 0.5);
    EXPECT_EQ(dense_value(0.9), 1);
    EXPECT_EQ(blend(1, 0.5), 0.75);
}

}  // namespace
}  // namespace soma::domain
