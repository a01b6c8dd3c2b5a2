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

Memory memory_of_key(std::uint8_t number, const std::string& key, const std::string& text) {
    Memory memory = memory_of(number, text);
    memory.content.key = key;
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
    const auto older_of = [](std::uint8_t number, const std::string& text) {
        Memory memory = memory_of(number, text);
        memory.facts.created_at = noon - std::chrono::hours(1);
        return memory;
    };
    Memory expiring = older_of(2, "b");
    expiring.facts.expires_at = noon;
    Memory later = older_of(3, "c");
    later.facts.valid_from = noon;
    Memory ended = older_of(4, "d");
    ended.facts.valid_to = noon;
    Corpus corpus;
    for (const Memory& memory : {older_of(1, "a"), expiring, later, ended}) {
        corpus.add(memory);
    }
    for (const Time now : {noon - std::chrono::microseconds(1), noon}) {
        const math::Bitmap scope = corpus.scope({.now = now});
        for (Corpus::Slot slot = 0; slot < 4; ++slot) {
            EXPECT_EQ(scope.test(corpus.place(slot).first_row),
                      in_scope(validity_of(corpus.facts(slot)), {.now = now}));
        }
    }
    EXPECT_TRUE(corpus.supersede(later.facts.id, {expiring.facts.id, 9, noon, noon}));
    EXPECT_EQ(corpus.scope({.now = noon}).count(), 1U);
    EXPECT_EQ(corpus.facts(slot_of(corpus, later)).superseded_by, expiring.facts.id);
    EXPECT_EQ(corpus.facts(slot_of(corpus, later)).valid_to, noon);
    EXPECT_EQ(corpus.validity(slot_of(corpus, later)),
              validity_of(corpus.facts(slot_of(corpus, later))));
}

bool is_there(const Corpus& corpus, const Memory& memory, const TimeScope& time) {
    return corpus.scope(time).test(corpus.place(slot_of(corpus, memory)).first_row);
}

// now < created_at: a clock that was set back, or a reader that took its time before the writer.
TEST(Corpus, NobodyReadsFromBeforeTheLastWrite) {
    Corpus corpus;
    const Memory old = memory_of(1, "old");
    Memory fresh = memory_of(2, "new");
    fresh.facts.created_at = noon + std::chrono::hours(1);
    fresh.facts.valid_from = fresh.facts.created_at;
    fresh.facts.valid_to = noon + std::chrono::hours(10);
    corpus.add(old);
    corpus.supersede(old.facts.id,
                     {fresh.facts.id, 2, fresh.facts.created_at, fresh.facts.created_at});
    corpus.add(fresh);
    EXPECT_FALSE(is_there(corpus, old, {.now = noon}));
    EXPECT_TRUE(is_there(corpus, fresh, {.now = noon}));
    EXPECT_TRUE(is_there(corpus, old, {.now = noon, .valid_at = noon})) << "asked for by name";
    EXPECT_TRUE(
        is_there(corpus, old, {.now = noon, .as_of = std::uint64_t{1}, .at_any_time = true}));
    EXPECT_TRUE(is_there(corpus, old, {.now = noon, .as_of = noon}));
    EXPECT_FALSE(is_there(corpus, fresh, {.now = noon, .as_of = noon}));
}

TEST(Corpus, AHolderStaysUntilItsSuccessorIsValid) {
    using std::chrono::hours;
    Corpus corpus;
    const Memory old = memory_of_key(1, "home", "lives in Turin");
    Memory planned = memory_of_key(2, "home", "lives in Lyon");
    planned.facts.valid_from = noon + hours(5);
    corpus.add(old);
    corpus.supersede(old.facts.id, {planned.facts.id, 2, noon, noon + hours(5)});
    corpus.add(planned);
    EXPECT_TRUE(is_there(corpus, old, {.now = noon + hours(4)}));
    EXPECT_FALSE(is_there(corpus, planned, {.now = noon + hours(4)}));
    EXPECT_FALSE(is_there(corpus, old, {.now = noon + hours(5)}));
    EXPECT_TRUE(is_there(corpus, planned, {.now = noon + hours(5)}));
    // The plan is dropped for a third fact that holds from now on: it overtakes both.
    const Memory third = memory_of_key(3, "home", "lives in Bergen");
    corpus.supersede(planned.facts.id, {third.facts.id, 3, noon, noon + hours(5)});
    corpus.add(third);
    for (const int hour : {0, 4, 5, 9}) {
        EXPECT_FALSE(is_there(corpus, old, {.now = noon + hours(hour)})) << hour;
        EXPECT_FALSE(is_there(corpus, planned, {.now = noon + hours(hour)})) << hour;
        EXPECT_TRUE(is_there(corpus, third, {.now = noon + hours(hour)})) << hour;
    }
    EXPECT_TRUE(is_there(corpus, old, {.now = noon, .as_of = std::uint64_t{2}}));
    // A plan that was dropped is deleted: what it had replaced stays overtaken.
    EXPECT_TRUE(corpus.remove(planned.facts.id));
    EXPECT_FALSE(is_there(corpus, old, {.now = noon}));
    EXPECT_TRUE(is_there(corpus, old, {.now = noon, .as_of = std::uint64_t{2}}));
    EXPECT_TRUE(corpus.remove(third.facts.id));
    EXPECT_TRUE(is_there(corpus, old, {.now = noon}));
}

// Thousands of replaced facts: what has ended costs a scope nothing, and comes back to no reader.
TEST(Corpus, EndedMemoriesSettle) {
    Corpus corpus;
    for (std::uint8_t i = 1; i < 250; ++i) {
        Memory memory = memory_of(i, "x");
        memory.facts.created_at = noon + std::chrono::minutes(i);
        memory.facts.expires_at = memory.facts.created_at + std::chrono::minutes(1 + i % 5);
        corpus.add(memory);
        for (const int ahead : {-500, 0, 1, 3, 10}) {
            const TimeScope time{.now = memory.facts.created_at + std::chrono::minutes(ahead)};
            std::size_t expected = 0;
            for (Corpus::Slot slot = 0; slot < corpus.slot_end(); ++slot) {
                const TimeScope read{.now = corpus.not_before_last_write(time.now)};
                expected += in_scope(validity_of(corpus.facts(slot)), read) ? 1 : 0;
            }
            ASSERT_EQ(corpus.scope(time).count(), expected) << int{i} << " " << ahead;
        }
    }
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
        EXPECT_TRUE(corpus.supersede(memory.facts.id, {memory.facts.id, i, noon, noon}));
        EXPECT_TRUE(corpus.remove(memory.facts.id));
        EXPECT_FALSE(corpus.remove(memory.facts.id));
        EXPECT_FALSE(corpus.supersede(memory.facts.id, {memory.facts.id, i, noon, noon}));
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
    EXPECT_EQ(corpus.strip_names("What did Anna tell Bo?", {.now = noon}), "What did tell Bo?");
    EXPECT_EQ(corpus.strip_names("Anna", {.now = noon}), "Anna");
}

}  // namespace
}  // namespace soma::domain
