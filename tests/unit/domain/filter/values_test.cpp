#include "domain/filter/values.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using Named = std::vector<NamedValue>;

TEST(Values, TextsWithoutTheEmptyOnes) {
    MemoryFacts facts;
    facts.kind = "fact";
    MemoryContent content;
    content.speaker = "Ines";
    content.key = "home";
    content.tags = {"b", "a"};
    EXPECT_EQ(text_values(facts, content), (Named{{"kind", false, "fact"},
                                                  {"speaker", false, "Ines"},
                                                  {"key", false, "home"},
                                                  {"tags", true, "b"},
                                                  {"tags", true, "a"}}));
    EXPECT_TRUE(text_values({}, {}).empty());
}

TEST(Values, MetadataByPath) {
    EXPECT_TRUE(metadata_values("").empty());
    EXPECT_TRUE(metadata_values("{}").empty());
    EXPECT_EQ(metadata_values(R"({"a":{"b":1,"c":true},"d":"x","n":null})"),
              (Named{{"metadata.a", false, std::nullopt},
                     {"metadata.a.b", false, 1.0},
                     {"metadata.a.c", false, true},
                     {"metadata.d", false, "x"}}));
}

TEST(Values, ListsGiveTheirScalarsOnce) {
    EXPECT_EQ(metadata_values(R"({"l":[2,"2",2,null,[3],{"x":4}],"none":[]})"),
              (Named{{"metadata.l", false, std::nullopt},
                     {"metadata.l", true, 2.0},
                     {"metadata.l", true, "2"},
                     {"metadata.none", false, std::nullopt}}));
}

TEST(Values, ADotInANameIsAsGoodAsAnObject) {
    EXPECT_EQ(metadata_values(R"({"a.b":1,"a":{"b":1}})"),
              (Named{{"metadata.a", false, std::nullopt}, {"metadata.a.b", false, 1.0}}));
}

TEST(Values, NamesThatCannotBeAskedForAreLeftOut) {
    const std::string fits(kMaxFilterNameBytes - std::string("metadata.").size(), 'n');
    EXPECT_EQ(metadata_values("{\"" + fits + "\":1}").size(), 1U);
    EXPECT_TRUE(metadata_values("{\"" + fits + "n\":1}").empty());
    EXPECT_TRUE(metadata_values("{\"" + fits + "n\":{\"a\":1}}").empty());
}

}  // namespace
}  // namespace soma::domain
