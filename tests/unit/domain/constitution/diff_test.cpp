#include "domain/constitution/diff.h"

#include <gtest/gtest.h>

#include "support/law_forge.h"
#include "support/property.h"

namespace soma::domain {
namespace {

using testing::json::object;

std::string text(const object& law) {
    return to_canonical_json(law);
}

TEST(LawDiff, EqualLawsDifferInNothing) {
    EXPECT_TRUE(diff_laws(text(testing::law_json()), text(testing::law_json())).empty());
    EXPECT_TRUE(diff_laws("", "").empty());
}

TEST(LawDiff, FromNothingEveryMemberIsNew) {
    const object law = testing::law_json();
    const auto differences = diff_laws("", text(law));
    ASSERT_EQ(differences.size(), law.size());
    for (const auto& difference : differences) {
        EXPECT_FALSE(difference.before);
        EXPECT_EQ(*difference.after, to_canonical_json(law.at(difference.path.substr(1))));
    }
}

TEST(LawDiff, ItemsAreToldApartByTheirIds) {
    object before = testing::law_json();
    object after = before;
    auto& articles = after["articles"].as_array();
    articles.insert(articles.begin(), object{{"id", "a/b~c"}, {"text", "First of all."}});
    articles[2].as_object()["text"] = "Another wording.";
    after["threshold"] = 2;
    after["signers"] = testing::signers_json("abcdf");
    const auto differences = diff_laws(text(before), text(after));
    ASSERT_EQ(differences.size(), 5U);
    EXPECT_EQ(differences[0], (LawDifference{"/articles/a~1b~0c", std::nullopt,
                                             R"({"id":"a/b~c","text":"First of all."})"}));
    EXPECT_EQ(differences[1],
              (LawDifference{"/articles/review/text", R"("A person confirms the final.")",
                             R"("Another wording.")"}));
    EXPECT_EQ(differences[2].path, "/signers/e");
    EXPECT_FALSE(differences[2].after);
    EXPECT_EQ(differences[3].path, "/signers/f");
    EXPECT_FALSE(differences[3].before);
    EXPECT_EQ(differences[4], (LawDifference{"/threshold", "3", "2"}));
}

TEST(LawDiff, ListsWithoutIdsAreOneValue) {
    object before = testing::law_json();
    object after = before;
    after["rules"].as_array()[0].as_object()["match"] =
        object{{"endpoints", testing::json::array{"memory.recall", "memory.get"}}};
    const auto differences = diff_laws(text(before), text(after));
    ASSERT_EQ(differences.size(), 1U);
    EXPECT_EQ(differences[0], (LawDifference{"/rules/all/match/endpoints", std::nullopt,
                                             R"(["memory.recall","memory.get"])"}));
}

TEST(LawDiff, TheWayBackIsTheSameTurnedAround) {
    test::property([] {
        object laws[2] = {testing::law_json(), testing::law_json()};
        for (object& law : laws) {
            law["threshold"] = *rc::gen::inRange(1, 6);
            law["articles"].as_array()[0].as_object()["text"] =
                *rc::gen::element<std::string>("One.", "Two.");
            if (*rc::gen::arbitrary<bool>()) {
                law["articles"].as_array().pop_back();
            }
        }
        const auto there = diff_laws(text(laws[0]), text(laws[1]));
        auto back = diff_laws(text(laws[1]), text(laws[0]));
        for (auto& difference : back) {
            std::swap(difference.before, difference.after);
        }
        RC_ASSERT(there == back);
        RC_ASSERT(there.empty() == (text(laws[0]) == text(laws[1])));
    });
}

}  // namespace
}  // namespace soma::domain
