#include "domain/retrieval/filtering.h"

#include <gtest/gtest.h>

#include <random>

#include "domain/filter/parse.h"
#include "support/property.h"
#include "unit/domain/filter/naive_filter.h"
#include "unit/domain/retrieval/naive_search.h"

namespace soma::domain {
namespace {

namespace json = boost::json;
using std::chrono::hours;

constexpr Time start{std::chrono::sys_days(std::chrono::year(2024) / 3 / 1)};

/// Memories and filters of few names, values and times, so that conditions hold for some.
class World {
  public:
    explicit World(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return random_() % n; }
    bool chance(unsigned percent) { return below(100) < percent; }
    std::string word() {
        static const std::vector<std::string> words = {"a", "ab", "abc", "b", "ba", "c d"};
        return words[below(words.size())];
    }
    std::string word_or_none() { return chance(30) ? "" : word(); }
    Time time() { return start + hours(below(20)); }
    std::optional<Time> time_or_none() { return chance(50) ? std::nullopt : std::optional(time()); }

    json::value scalar() {
        switch (below(4)) {
            case 0:
                return below(2) == 0;
            case 1:
                return static_cast<double>(below(5)) / 2;
            default:
                return json::value(word());
        }
    }
    json::value member(int depth) {
        switch (below(depth > 2 ? 4 : 6)) {
            case 0:
                return nullptr;
            case 4: {
                json::array items;
                for (std::size_t i = below(4); i > 0; --i) {
                    items.push_back(chance(80) ? scalar() : member(3));
                }
                return items;
            }
            case 5:
                return object(depth + 1);
            default:
                return scalar();
        }
    }
    json::object object(int depth) {
        static const std::vector<std::string> names = {"x", "y", "x.y", "z"};
        json::object out;
        for (std::size_t i = below(4); i > 0; --i) {
            out[names[below(names.size())]] = member(depth);
        }
        return out;
    }

    Memory memory() {
        Memory memory;
        ++sequence_;
        memory.facts.id.bytes[15] = static_cast<std::uint8_t>(sequence_);
        memory.facts.sequence = sequence_;
        memory.facts.created_at = start + hours(below(12));
        memory.facts.occurred_at = time_or_none();
        memory.facts.valid_from = time_or_none();
        memory.facts.valid_to = time_or_none();
        if (chance(40)) {
            memory.facts.turn = static_cast<int>(below(4));
        }
        if (chance(40)) {
            memory.facts.importance = static_cast<double>(below(5)) / 4;
        }
        memory.facts.kind = word_or_none();
        memory.content = {
            "text", word_or_none(), word_or_none(), word_or_none(), word_or_none(), {}, {}};
        for (std::size_t i = below(4); i > 0; --i) {
            memory.content.tags.push_back(word());
        }
        json::object metadata = object(0);
        // Some have more members than are listed.
        for (std::size_t i = chance(10) ? 70 : 0; i > 0; --i) {
            metadata["many" + std::to_string(i)] = static_cast<int>(i);
        }
        memory.content.metadata = chance(80) ? json::serialize(metadata) : "";
        for (std::uint32_t i = 0; i < 1 + below(3); ++i) {
            memory.passages.push_back({0, 4, {1, {1, 2, 3}}});
        }
        return memory;
    }

    json::value filter(int depth = 0) {
        const std::size_t kind = depth > 3 ? 9 : below(10);
        if (kind > 4) {
            return condition();
        }
        if (kind == 4) {
            return {{"not", filter(depth + 1)}};
        }
        json::array parts;
        for (std::size_t i = 1 + below(3); i > 0; --i) {
            parts.push_back(filter(depth + 1));
        }
        return {{kind % 2 == 0 ? "and" : "or", std::move(parts)}};
    }

    TimeScope scope() {
        TimeScope scope{.now = time()};
        if (chance(40)) {
            scope.valid_at = time();
        }
        if (chance(40)) {
            scope.as_of = chance(50) ? AsOf(time()) : AsOf(std::uint64_t{below(20)});
        }
        scope.at_any_time = chance(20);
        return scope;
    }

  private:
    json::value condition() {
        static const std::vector<std::string> paths = {"x",   "y",     "x.y",  "x.y.z",
                                                       "z.x", "z.x.y", "many7"};
        static const std::vector<std::string> texts = {"kind", "speaker", "session_id", "subject",
                                                       "key"};
        static const std::vector<std::string> times = {"created_at", "occurred_at", "valid_from",
                                                       "valid_to"};
        switch (below(5)) {
            case 0:
                return with(texts[below(5)], {"eq", "ne", "in", "contains", "prefix", "exists"},
                            [&](const std::string&) { return json::value(word()); });
            case 1:
                return with("tags", {"in", "contains", "prefix", "exists"},
                            [&](const std::string&) { return json::value(word()); });
            case 2:
                return with(
                    times[below(4)], {"eq", "ne", "lt", "lte", "gt", "gte", "in", "exists"},
                    [&](const std::string&) { return json::value(format_rfc3339(time())); });
            case 3:
                return with(chance(50) ? "turn" : "importance",
                            {"eq", "ne", "lt", "lte", "gt", "gte", "in", "exists"},
                            [&](const std::string&) { return json::value(below(4)); });
            default:
                return with(
                    "metadata." + paths[below(paths.size())],
                    {"eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "prefix", "exists"},
                    [&](const std::string& op) {
                        if (op == "prefix") {
                            return json::value(word());
                        }
                        const json::value value = scalar();
                        const bool orders = op[0] == 'l' || op[0] == 'g';
                        return orders && value.is_bool() ? json::value(1) : value;
                    });
        }
    }

    template <typename Value>
    json::value with(const std::string& field, const std::vector<std::string>& ops, Value value) {
        const std::string& op = ops[below(ops.size())];
        json::value wanted;
        if (op == "exists") {
            wanted = chance(50);
        } else if (op == "in") {
            json::array values;
            for (std::size_t i = 1 + below(3); i > 0; --i) {
                values.push_back(value(op));
            }
            wanted = std::move(values);
        } else {
            wanted = value(op);
        }
        return {{"field", field}, {"op", op}, {"value", std::move(wanted)}};
    }

    std::mt19937 random_;
    std::uint64_t sequence_ = 0;
};

/// Adds, with its key taken from who holds it, and removes; the model has what the corpus should.
void change(World& world, Corpus& corpus, testing::NaiveSearch& naive) {
    auto& all = naive.memories;
    if (world.below(10) >= 8 && all.size() >= 2) {
        const std::size_t chosen = world.below(all.size());
        corpus.remove(all[chosen].facts.id);
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(chosen));
        return;
    }
    const Memory memory = world.memory();
    const MemoryFacts& next = memory.facts;
    for (Memory& old : all) {
        if (!memory.content.key.empty() && old.content.key == memory.content.key &&
            !old.facts.superseded_by) {
            const Supersession by{next.id, next.sequence, next.created_at, world.time()};
            supersede(old.facts, by);
            corpus.supersede(old.facts.id, by);
        }
    }
    naive.latest = std::max(naive.latest, next.created_at);
    all.push_back(memory);
    corpus.add(memory);
}

void expect_equal(const json::value& json, const TimeScope& time, const Corpus& corpus,
                  testing::NaiveSearch& naive) {
    const std::string text = json::serialize(json);
    const math::Bitmap passing = rows_passing(corpus, parse_filter(text, "/filter"), time);
    const testing::NaiveFilter filter(json, time);
    naive.filter = [](const Memory&) { return true; };
    for (const Memory& memory : naive.memories) {
        const auto& place = corpus.place(*corpus.find(memory.facts.id));
        for (auto row = place.first_row; row != nothing; row = corpus.row(row).next_row) {
            if (passing.test(row) != filter(memory)) {
                RC_FAIL(text + " of " + memory.content.metadata);
            }
        }
    }
    // What is listed: those in scope, in order, from any place on.
    naive.filter = filter;
    std::vector<std::uint64_t> expected;
    const std::uint64_t after = naive.memories[naive.memories.size() / 3].facts.sequence;
    for (const Memory* memory : naive.scope_of(time)) {
        if (memory->facts.sequence > after && expected.size() < 3) {
            expected.push_back(memory->facts.sequence);
        }
    }
    std::vector<std::uint64_t> listed;
    for (const Corpus::Slot slot : first_after(corpus, corpus.scope(time, &passing), after, 3)) {
        listed.push_back(corpus.entry(slot).sequence);
    }
    RC_ASSERT(listed == expected);
}

TEST(Filtering, EqualsBruteForce) {
    test::property(
        [] {
            World world(*rc::gen::arbitrary<std::uint32_t>());
            Corpus corpus;
            testing::NaiveSearch naive;
            for (std::size_t step = 8 + world.below(25); step > 0; --step) {
                change(world, corpus, naive);
            }
            for (int i = 0; i < 6; ++i) {
                expect_equal(world.filter(), world.scope(), corpus, naive);
            }
        },
        2000);
}

TEST(Filtering, AFilterOnAnEmptyCorpusFindsNothing) {
    const Corpus corpus;
    const Filter filter =
        parse_filter(R"({"field":"metadata.x","op":"exists","value":false})", "/filter");
    EXPECT_EQ(rows_passing(corpus, filter, {}).count(), 0U);
    EXPECT_TRUE(first_after(corpus, corpus.scope({}), 0, 10).empty());
}

}  // namespace
}  // namespace soma::domain
