#include "services/recall/answer.h"

#include <gtest/gtest.h>

namespace soma::services {
namespace {

using somabrain::v1::RecalledMemory;
using Memories = google::protobuf::RepeatedPtrField<RecalledMemory>;

constexpr std::size_t kKib = 1024;

FoundMemory found(std::size_t text_bytes) {
    FoundMemory memory;
    memory.hit.score = 0.5;
    memory.hit.values[domain::View::dense] = 0.75;
    memory.facts.kind = "fact";
    memory.facts.turn = 3;
    memory.facts.sequence = 9;
    memory.content.text.assign(text_bytes, 't');
    memory.content.speaker = "Ada";
    memory.content.session_id = "s";
    memory.content.tags = {"one", "two"};
    memory.content.metadata = "{\"a\":\"" + std::string(kKib, 'm') + "\"}";
    return memory;
}

Memories several(int count, std::size_t text_bytes) {
    Memories memories;
    for (int i = 0; i < count; ++i) {
        *memories.Add() = recalled(found(text_bytes), false);
    }
    return memories;
}

/// Bounds the JSON of a memory as its strings tell; what is printed is measured in
/// tests/real/server/answer_limits_test.cpp.
std::size_t strings(const Memories& memories) {
    std::size_t bytes = 0;
    for (const auto& memory : memories) {
        bytes += json_bytes(memory.text()) + json_bytes(memory.speaker()) +
                 json_bytes(memory.session_id()) + json_bytes(memory.kind()) +
                 memory.metadata().size();
        for (const auto& tag : memory.tags()) {
            bytes += json_bytes(tag);
        }
    }
    return bytes;
}

std::vector<std::string> fitted(Memories& memories, std::size_t max_bytes) {
    Capped capped;
    fit(memories, max_bytes, capped);
    return {capped.begin(), capped.end()};
}

TEST(JsonText, CountsWhatItTakesAtMost) {
    EXPECT_EQ(json_bytes(""), 2U);
    EXPECT_EQ(json_bytes("abc"), 5U);
    EXPECT_EQ(json_bytes("\"\\"), 6U);
    EXPECT_EQ(json_bytes("\x01\x1f"), 14U);
    EXPECT_EQ(json_bytes("\x7f"), 3U);
    EXPECT_EQ(json_bytes("é€😀"), 11U);
}

TEST(JsonText, IsCutBetweenCharactersAndNeverOverTheLimit) {
    for (const std::string unit : {"😀", "\x01", "\"", "a€"}) {
        std::string whole;
        for (int i = 0; i < 20; ++i) {
            whole += unit;
        }
        for (std::size_t limit = 2; limit < json_bytes(whole); ++limit) {
            std::string text = whole;
            EXPECT_TRUE(cut_to_json(text, limit));
            EXPECT_LE(json_bytes(text), limit);
            EXPECT_TRUE(whole.starts_with(text));
            EXPECT_NE(static_cast<unsigned char>(whole[text.size()]) & 0xc0, 0x80);
        }
        std::string text = whole;
        EXPECT_FALSE(cut_to_json(text, json_bytes(whole)));
        EXPECT_EQ(text, whole);
    }
}

TEST(Answer, CarriesWhatWasFound) {
    auto memory = found(10);
    memory.truncated = true;
    memory.facts.occurred_at = Time(std::chrono::seconds(1));
    const auto plain = recalled(memory, false);
    EXPECT_EQ(plain.text(), "tttttttttt");
    EXPECT_TRUE(plain.truncated());
    EXPECT_EQ(plain.occurred_at(), "1970-01-01T00:00:01.000000Z");
    EXPECT_EQ(plain.tags_size(), 2);
    EXPECT_EQ(plain.turn(), 3);
    EXPECT_EQ(plain.view_values_size(), 0);
    const auto explained = recalled(memory, true);
    EXPECT_EQ(explained.view_values_size(), static_cast<int>(domain::view_count));
    EXPECT_EQ(explained.view_values().at("dense"), 0.75);
}

TEST(Answer, WhatFitsIsLeftAlone) {
    auto memories = several(3, 100);
    const auto before = strings(memories);
    EXPECT_TRUE(fitted(memories, 8 * kKib).empty());
    EXPECT_EQ(strings(memories), before);
}

TEST(Answer, MetadataGoesFirstFromTheLowestRank) {
    auto memories = several(4, 2 * kKib);
    EXPECT_EQ(fitted(memories, 13 * kKib), std::vector<std::string>{"metadata"});
    EXPECT_EQ(memories[3].tags_size(), 0);
    EXPECT_TRUE(memories[3].metadata().empty());
    EXPECT_EQ(memories[0].tags_size(), 2);
    EXPECT_FALSE(memories[0].metadata().empty());
    EXPECT_FALSE(memories[3].truncated());
}

TEST(Answer, ThenTextsAreShortenedAndSaySo) {
    auto memories = several(4, 2 * kKib);
    EXPECT_EQ(fitted(memories, 6 * kKib), (std::vector<std::string>{"metadata", "text"}));
    EXPECT_LE(strings(memories), 6 * kKib);
    for (const auto& memory : memories) {
        EXPECT_TRUE(memory.truncated());
        EXPECT_GT(memory.text().size(), 500U);
        EXPECT_EQ(memory.speaker(), "Ada");
    }
}

TEST(Answer, TwentyOfTheWorstMemoriesFitWhatEvaluateLeavesThem) {
    Memories memories;
    for (int i = 0; i < 20; ++i) {
        auto memory = recalled(found(1), false);
        memory.set_text(std::string(2 * kKib, '\x01'));
        memory.set_speaker(std::string(256, '\x01'));
        memory.set_session_id(std::string(256, '\x01'));
        memory.set_kind(std::string(256, '\x01'));
        memory.set_metadata(std::string(8 * kKib, ' '));
        *memories.Add() = memory;
    }
    fitted(memories, 22 * kKib);
    EXPECT_LE(strings(memories) + 20 * 400, 22 * kKib);
    EXPECT_EQ(memories.size(), 20) << "no memory is dropped";
}

}  // namespace
}  // namespace soma::services
