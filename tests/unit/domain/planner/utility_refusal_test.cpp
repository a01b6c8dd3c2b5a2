#include "domain/planner/utility_refusal.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

Constitution law() {
    Constitution out;
    out.articles = {{"costs", "Spend little."}, {"audit", "All is recorded."}};
    return out;
}

UtilityFigures figures(double utility, double penalty) {
    UtilityFigures out;
    out.utility = utility;
    out.penalty = penalty;
    out.weights.minimum = 0;
    return out;
}

TEST(UtilityRefusal, IsADenialThatCarriesItsFigures) {
    const UtilityRefusal refusal(law(), figures(-0.5, 0), "");
    EXPECT_EQ(refusal.kind(), ErrorKind::permission_denied);
    EXPECT_EQ(refusal.figures().utility, -0.5);
    EXPECT_NE(refusal.public_message().find("-0.5"), std::string::npos);
    EXPECT_NE(refusal.public_message().find("minimum 0"), std::string::npos);
    EXPECT_EQ(refusal.article(), kUtilityArticle);
    EXPECT_NE(refusal.article_text().find("u_min"), std::string::npos);
}

TEST(UtilityRefusal, NamesTheRulesArticleWhereItsPenaltyDecided) {
    const UtilityRefusal refusal(law(), figures(-0.5, 1), "costs");
    EXPECT_EQ(refusal.article(), "costs");
    EXPECT_EQ(refusal.article_text(), "Spend little.");
    EXPECT_EQ(UtilityRefusal(law(), figures(-2, 1), "costs").article(), kUtilityArticle)
        << "it was too low without the penalty";
}

TEST(UtilityRefusal, GivesTheWordsOfTheLawsOwnArticle) {
    Constitution own = law();
    own.articles.push_back({std::string(kUtilityArticle), "Worth it, or not at all."});
    EXPECT_EQ(UtilityRefusal(own, figures(-1, 0), "").article_text(), "Worth it, or not at all.");
}

}  // namespace
}  // namespace soma::domain
