#include "domain/retrieval/store/record.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

Memory full_memory() {
    Memory memory;
    memory.facts.id.bytes.fill(7);
    memory.facts.sequence = 1ULL << 50;
    memory.facts.log_index = 12;
    memory.facts.created_at = Time(std::chrono::microseconds(1));
    memory.facts.occurred_at = Time(std::chrono::microseconds(-5));
    memory.facts.valid_from = Time(std::chrono::microseconds(2));
    memory.facts.valid_to = Time(std::chrono::microseconds(3));
    memory.facts.expires_at = Time(std::chrono::microseconds(4));
    memory.facts.turn = 2147483647;
    memory.facts.importance = 1.0;
    memory.facts.kind = "fact";
    memory.facts.superseded_by = memory.facts.id;
    memory.facts.superseded_sequence = (1ULL << 50) + 1;
    memory.facts.superseded_at = Time(std::chrono::microseconds(6));
    memory.facts.given_valid_to = Time(std::chrono::microseconds(7));
    memory.content = {"first. second.", "who", "speaker", "session", "key", {"t1", "", "t3"}, "{}"};
    memory.passages = {{0, 6, {}}, {7, 14, {}}};
    return memory;
}

TEST(Record, GivesBackEverythingButTheVectors) {
    const Memory memory = full_memory();
    const Record record(memory);
    EXPECT_EQ(record.facts(), memory.facts);
    MemoryContent expected = memory.content;
    expected.text = "second.";
    EXPECT_EQ(record.content(1, 2048), expected);
    EXPECT_EQ(record.passage_text(0), "first.");
    EXPECT_EQ(record.passage_text(1), "second.");
    EXPECT_EQ(record.text_bytes(), 14U);
    EXPECT_EQ(record.speaker(), "speaker");
    EXPECT_EQ(record.session_id(), "session");
    EXPECT_EQ(record.key(), "key");
    EXPECT_EQ(record.metadata(), "{}");
}

TEST(Record, SaysWhetherThereIsMoreThanWhatIsShown) {
    const Record record(full_memory());
    EXPECT_TRUE(record.is_longer_than(0, 2048)) << "another passage";
    Memory memory;
    memory.content.text = "abcd";
    memory.passages = {{0, 4, {}}};
    EXPECT_FALSE(Record(memory).is_longer_than(0, 4));
    EXPECT_TRUE(Record(memory).is_longer_than(0, 3));
}

TEST(Record, AnEmptyMemoryToo) {
    Memory memory;
    memory.passages.resize(1);
    const Record record(memory);
    EXPECT_EQ(record.facts(), memory.facts);
    EXPECT_EQ(record.content(0, 10), memory.content);
}

TEST(Record, CutsTextAtACharacter) {
    Memory memory;
    memory.content.text = "ab\xc3\xa9";
    memory.passages = {{0, 4, {}}};
    EXPECT_EQ(Record(memory).content(0, 3).text, "ab");
    EXPECT_EQ(Record(memory).content(0, 4).text, "ab\xc3\xa9");
}

}  // namespace
}  // namespace soma::domain
