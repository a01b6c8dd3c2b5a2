#include "domain/retrieval/text.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using Terms = std::vector<std::string>;

TEST(Text, TermsAreFoldedSplitStemmedAndWithoutStopWords) {
    EXPECT_EQ(lexical_terms("When did Caroline go to the LGBTQ support groups?"),
              (Terms{"carolin", "go", "lgbtq", "support", "group"}));
    EXPECT_EQ(lexical_terms("They were RUNNING, ran & runs; 3.5km"),
              (Terms{"run", "ran", "run", "3", "5km"}));
    EXPECT_EQ(lexical_terms("the and of"), Terms{});
    EXPECT_EQ(lexical_terms(""), Terms{});
}

TEST(Text, PossessivesAreCutOnlyAtTheEndOfAWord) {
    EXPECT_EQ(lexical_terms("Melanie's dog"), (Terms{"melani", "dog"}));
    EXPECT_EQ(lexical_terms("Melanie\xe2\x80\x99s dog"), (Terms{"melani", "dog"}));
    EXPECT_EQ(lexical_terms("it's"), Terms{});
    EXPECT_EQ(lexical_terms("a 'safe' word"), (Terms{"safe", "word"}));
}

TEST(Text, WordsOfAnyScript) {
    EXPECT_EQ(lexical_terms("École ÉCOLE"), (Terms{"école", "école"}));
    EXPECT_EQ(lexical_terms("Привет, мир_2"), (Terms{"привет", "мир", "2"}));
    // A mark belongs to the word it stands in: Devanagari vowel signs do not split it.
    EXPECT_EQ(lexical_terms("हिन्दी भाषा").size(), 2U);
}

TEST(Text, QueryTermsAreDistinctAndOrdered) {
    EXPECT_EQ(query_terms("zebra apples apple"), (Terms{"appl", "zebra"}));
}

TEST(Text, TheLexicalFormLeavesOutWhatIsMissing) {
    const Time time{std::chrono::sys_days(std::chrono::year(2023) / 5 / 8) +
                    std::chrono::hours(23)};
    EXPECT_EQ(lexical_text(time, "Anna", "hi"), "[8 May 2023] Anna: hi");
    EXPECT_EQ(lexical_text(std::nullopt, "Anna", "hi"), "Anna: hi");
    EXPECT_EQ(lexical_text(time, "", "hi"), "[8 May 2023] hi");
    EXPECT_EQ(lexical_text(std::nullopt, "", "hi"), "hi");
    const Time before_1970{std::chrono::sys_days(std::chrono::year(1969) / 12 / 31) +
                           std::chrono::hours(1)};
    EXPECT_EQ(lexical_text(before_1970, "", "hi"), "[31 December 1969] hi");
}

TEST(Text, NamesAreTakenOutAsWholeWordsTheLongerFirst) {
    EXPECT_EQ(without_names("When did Mary Ann meet Mary?", {"Mary", "Mary Ann"}),
              "When did meet ?");
    EXPECT_EQ(without_names("Annabel and Ann's dog", {"Ann"}), "Annabel and 's dog");
    EXPECT_EQ(without_names("ann was here", {"Ann"}), "ann was here");
    EXPECT_EQ(without_names("nothing to do", {}), "nothing to do");
}

TEST(Text, AQueryOfNothingButNamesIsKept) {
    EXPECT_EQ(without_names("Ann, Bo?", {"Ann", "Bo"}), "Ann, Bo?");
    EXPECT_EQ(without_names("", {"Ann"}), "");
}

}  // namespace
}  // namespace soma::domain
