#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

constexpr std::string_view kFile = R"([{"sample_id": "conv-1", "qa": [], "conversation": {
  "speaker_a": "Ada", "speaker_b": "Bo",
  "session_10_date_time": "12:05 am on 1 January, 2024",
  "session_10": [{"speaker": "Bo", "dia_id": "D10:1", "text": "Happy new year!"}],
  "session_2_date_time": "1:56 pm on 8 May, 2023",
  "session_2": [{"speaker": "Ada", "dia_id": "D2:1", "text": "Look at my dog."},
                {"speaker": "Bo", "dia_id": "D2:2", "text": "Lovely!",
                 "img_url": ["x"], "blip_caption": "a photo of a dog"}]}}])";

TEST(ParseLocomo, ATurnIsAMemoryInItsSession) {
    const auto list = parse_locomo("l.json", kFile);
    ASSERT_EQ(list.items.size(), 3U);
    EXPECT_EQ(list.items[1].place, "l.json#/0/conversation/session_2/1");
    EXPECT_EQ(boost::json::parse(list.items[1].request), boost::json::parse(R"({
        "text": "Lovely!", "speaker": "Bo", "kind": "turn", "session_id": "conv-1/2", "turn": 1,
        "occurred_at": "2023-05-08T13:56:00.000000Z", "key": "locomo:conv-1/D2:2",
        "metadata": {"sample_id": "conv-1", "dia_id": "D2:2",
                     "blip_caption": "a photo of a dog"}})"));
    EXPECT_TRUE(list.skipped.empty());
}

TEST(ParseLocomo, SessionsComeInTheirOrderAndTimesInTwelveHours) {
    const auto list = parse_locomo("l", kFile);
    EXPECT_EQ(test::field(list, 0, "session_id"), "conv-1/2");
    EXPECT_EQ(test::field(list, 2, "session_id"), "conv-1/10");
    EXPECT_EQ(test::field(list, 2, "occurred_at"), "2024-01-01T00:05:00.000000Z");
}

TEST(ParseLocomo, ATimeInOtherWordsIsLeftOut) {
    for (const std::string when :
         {"", "yesterday", "13:00 pm on 8 May, 2023", "1:56 pm on 8 Mai, 2023",
          "1:56 pm on 31 February, 2023", "1:56 xm on 8 May, 2023"}) {
        const auto list =
            parse_locomo("l", R"([{"sample_id":"c","conversation":{"session_1_date_time":")" +
                                  when + R"(","session_1":[{"speaker":"A","text":"x"}]}}])");
        ASSERT_EQ(list.items.size(), 1U);
        EXPECT_EQ(test::field(list, 0, "occurred_at"), "") << when;
    }
}

TEST(ParseLocomo, WhatIsMissingIsNamed) {
    const auto list = parse_locomo("l", R"([{"sample_id":"c"},{"conversation":{}},
        {"sample_id":"d","conversation":{"session_1":[{"speaker":"A"},7],"session_x":[],
                                         "session_2":"no list"}}])");
    EXPECT_TRUE(list.items.empty());
    ASSERT_EQ(list.skipped.size(), 4U);
    EXPECT_EQ(test::skipped(list, 0), "!l#/0: a sample needs sample_id and conversation");
    EXPECT_EQ(test::skipped(list, 2), "!l#/2/conversation/session_1/0: /text: must be a text");
}

}  // namespace
}  // namespace soma::domain
