#include "domain/retrieval/corpus.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace soma::domain {
namespace {

constexpr Time noon{std::chrono::sys_days(std::chrono::year(2024) / 2 / 1) +
                    std::chrono::hours(12)};

Memory memory_of(std::uint8_t number, const std::string& text, const std::string& speaker = "") {
    Memory memory;
    memory.facts.id.bytes[15] = number;
    memory.facts.sequence = number;
    memory.facts.created_at = noon;
    memory.content.text = text;
    memory.content.speaker = speaker;
    memory.passages.push_back({0,
                               static_cast<std::uint32_t>(text.size()),
                               {0.5F, {1, -2, 3, static_cast<std::int8_t>(number)}}});
    return memory;
}

Corpus::Slot slot_of(const Corpus& corpus, const Memory& memory) {
    return corpus.find(memory.facts.id).value();
}

TEST(Corpus, ShowsWhatWasAdded) {
    Memory memory = memory_of(1, "I swam", "Anna");
    memory.facts.occurred_at = noon;
    memory.facts.turn = 3;
    memory.facts.importance = 0.25;
    memory.facts.kind = "turn";
    memory.content.session_id = "s";
    memory.content.subject = "someone";
    memory.content.key = "k";
    memory.content.tags = {"a", ""};
    memory.content.metadata = R"({"x":1})";
    Corpus corpus;
    corpus.add(memory);
    const auto slot = slot_of(corpus, memory);
    EXPECT_EQ(corpus.facts(slot), memory.facts);
    EXPECT_EQ(corpus.content(slot, 0), memory.content);
    EXPECT_EQ(corpus.vector(slot, 0), memory.passages[0].vector);
    EXPECT_FALSE(corpus.truncated(slot, 0));
    EXPECT_EQ(corpus.size(), 1U);
    EXPECT_EQ(corpus.dimension(), 4U);
}

TEST(Corpus, PassagesShowTheirOwnTextCutAtACharacter) {
    Memory memory = memory_of(1, "one two");
    memory.passages[0].end = 3;
    memory.passages.push_back({4, 7, {1, {0, 0, 0, 9}}});
    Corpus corpus;
    corpus.add(memory);
    const auto slot = slot_of(corpus, memory);
    EXPECT_EQ(corpus.content(slot, 1).text, "two");
    EXPECT_EQ(corpus.vector(slot, 1).values[3], 9);
    EXPECT_TRUE(corpus.truncated(slot, 1));
    EXPECT_EQ(corpus.passage_count(), 2U);

    std::string text = "x";
    for (int i = 0; i < 1500; ++i) {
        text += "\xc3\xa9";
    }
    const Memory longer = memory_of(2, text);
    corpus.add(longer);
    EXPECT_EQ(corpus.content(slot_of(corpus, longer), 0).text, text.substr(0, 2047));
    EXPECT_TRUE(corpus.truncated(slot_of(corpus, longer), 0));
}

TEST(Corpus, ScopeIsWhatIsCurrent) {
    Memory expiring = memory_of(2, "b");
    expiring.facts.expires_at = noon;
    Memory later = memory_of(3, "c");
    later.facts.valid_from = noon;
    Memory ended = memory_of(4, "d");
    ended.facts.valid_to = noon;
    Corpus corpus;
    for (const Memory& memory : {memory_of(1, "a"), expiring, later, ended}) {
        corpus.add(memory);
    }
    for (const Time now : {noon - std::chrono::microseconds(1), noon}) {
        const math::Bitmap scope = corpus.scope(now);
        for (Corpus::Slot slot = 0; slot < 4; ++slot) {
            EXPECT_EQ(scope.test(corpus.entry(slot).first_row),
                      is_current(corpus.facts(slot), now));
        }
    }
    EXPECT_TRUE(corpus.supersede(later.facts.id, expiring.facts.id, noon));
    EXPECT_EQ(corpus.scope(noon).count(), 1U);
    EXPECT_EQ(corpus.facts(slot_of(corpus, later)).superseded_by, expiring.facts.id);
    EXPECT_EQ(corpus.facts(slot_of(corpus, later)).valid_to, noon);
}

TEST(Corpus, RemovalLeavesNothingAndPlacesAreUsedAgain) {
    Corpus corpus;
    corpus.add(memory_of(1, "keep this one", "Anna"));
    const std::size_t content = corpus.content_bytes();
    const std::size_t texts = corpus.postings().texts();
    for (std::uint8_t i = 2; i < 100; ++i) {
        Memory memory = memory_of(i, "a passing thought number " + std::to_string(i), "Bo");
        memory.content.session_id = "s" + std::to_string(i % 3);
        memory.facts.expires_at = noon;
        corpus.add(memory);
        EXPECT_TRUE(corpus.supersede(memory.facts.id, memory.facts.id));
        EXPECT_TRUE(corpus.remove(memory.facts.id));
        EXPECT_FALSE(corpus.remove(memory.facts.id));
        EXPECT_FALSE(corpus.supersede(memory.facts.id, memory.facts.id));
    }
    EXPECT_EQ(corpus.size(), 1U);
    EXPECT_EQ(corpus.slot_end(), 2U);
    EXPECT_EQ(corpus.row_end(), 2U);
    EXPECT_EQ(corpus.content_bytes(), content);
    EXPECT_EQ(corpus.postings().texts(), texts);
    EXPECT_EQ(corpus.speakers().find("Bo"), nothing);
}

TEST(Corpus, RefusesWithoutChangingAnything) {
    Corpus corpus;
    const Memory memory = memory_of(1, "a");
    corpus.add(memory);
    EXPECT_THROW(corpus.add(memory), Error);
    Memory other_dimension = memory_of(2, "b");
    other_dimension.passages[0].vector.values.push_back(1);
    EXPECT_THROW(corpus.add(other_dimension), Error);
    Memory bare = memory_of(3, "c");
    bare.passages.clear();
    EXPECT_THROW(corpus.add(bare), Error);
    EXPECT_EQ(corpus.size(), 1U);
}

TEST(Corpus, StripsTheNamesOfThoseWhoSpeakNow) {
    Memory gone = memory_of(2, "b", "Bo");
    gone.facts.expires_at = noon;
    Corpus corpus;
    corpus.add(memory_of(1, "a", "Anna"));
    corpus.add(gone);
    EXPECT_EQ(corpus.strip_names("What did Anna tell Bo?", noon), "What did tell Bo?");
    EXPECT_EQ(corpus.strip_names("Anna", noon), "Anna");
}

}  // namespace
}  // namespace soma::domain
