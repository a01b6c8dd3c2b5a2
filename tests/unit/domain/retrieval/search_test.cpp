#include "domain/retrieval/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.h"
#include "domain/retrieval/filtering.h"
#include "unit/domain/retrieval/naive_search.h"
#include "unit/domain/retrieval/search_world.h"

namespace soma::domain {
namespace {

using std::chrono::hours;
using testing::day_one;
using testing::World;

void expect_same(const std::vector<Hit>& found, const std::vector<Hit>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i].id, expected[i].id) << i;
        ASSERT_EQ(found[i].score, expected[i].score) << i;
        ASSERT_EQ(found[i].passage, expected[i].passage) << i;
        ASSERT_EQ(found[i].values, expected[i].values) << i;
    }
}

// A new memory takes its key from who holds it, whose validity ends somewhere.
void add_to_both(World& world, Corpus& corpus, testing::NaiveSearch& naive) {
    const Memory memory = world.memory();
    const auto& key = memory.content.key;
    for (Memory& old : naive.memories) {
        if (!key.empty() && old.content.key == key && !old.facts.superseded_by) {
            const Supersession by{memory.facts.id, memory.facts.sequence, memory.facts.created_at,
                                  std::min(old.facts.valid_to.value_or(Time::max()),
                                           day_one + hours(world.below(300)))};
            supersede(old.facts, by);
            ASSERT_TRUE(corpus.supersede(old.facts.id, by));
        }
    }
    naive.memories.push_back(memory);
    naive.latest = std::max(naive.latest, memory.facts.created_at);
    corpus.add(memory);
}

// Random changes to both, random queries after each: whole scans and chosen candidates.
void compare_with_naive(unsigned seed, SearchLimits limits) {
    World world(seed);
    Corpus corpus;
    testing::NaiveSearch naive;
    for (int step = 0; step < 150; ++step) {
        auto& all = naive.memories;
        if (world.below(10) < 8 || all.empty()) {
            add_to_both(world, corpus, naive);
        } else {
            const std::size_t victim = world.below(all.size());
            ASSERT_TRUE(corpus.remove(all[victim].facts.id));
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(victim));
        }
        const std::string text = world.words(world.below(6));
        const auto vector = world.vector();
        SearchRequest request = world.request(text, world.chance(80) ? &vector : nullptr);
        request.limits = limits;
        const SearchResult found = search(corpus, request);
        expect_same(found.hits, naive.search(request));
        const auto coverage = naive.coverage(request);
        ASSERT_EQ(found.coverage.has_value(), coverage.has_value());
        ASSERT_NEAR(found.coverage.value_or(0), coverage.value_or(0), 1.5e-6);
        if (::testing::Test::HasFatalFailure()) {
            FAIL() << "seed " << seed << " step " << step;
        }
    }
}

TEST(Search, EqualsTheNaiveModelWhenEverythingIsScored) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        compare_with_naive(seed, {});
    }
}

TEST(Search, EqualsTheNaiveModelWhenCandidatesAreChosen) {
    for (unsigned seed = 101; seed <= 106; ++seed) {
        compare_with_naive(seed,
                           {.exact_passages = 5, .dense_candidates = 4, .lexical_candidates = 3});
    }
}

// Vectors without a negative number: their sign bits are all alike and tell nothing.
TEST(Search, FindsTheNearestWhereSignsAreAllAlike) {
    std::mt19937 random(11);
    const auto positive = [&] {
        std::vector<float> x(24);
        std::generate(x.begin(), x.end(), [&] { return 1 + static_cast<float>(random() % 50); });
        return math::quantize(x);
    };
    World world(11);
    Corpus corpus;
    testing::NaiveSearch naive;
    for (int i = 0; i < 200; ++i) {
        Memory memory = world.memory();
        for (Passage& passage : memory.passages) {
            passage.vector = positive();
        }
        corpus.add(memory);
        naive.latest = memory.facts.created_at;
        naive.memories.push_back(std::move(memory));
    }
    const auto vector = positive();
    SearchRequest request = world.request("", &vector);
    request.limits = {.exact_passages = 20, .dense_candidates = 10, .lexical_candidates = 10};
    expect_same(search(corpus, request).hits, naive.search(request));
}

TEST(Search, DoesNotDependOnTheHistoryThatLedToTheMemories) {
    World world(7);
    std::vector<Memory> kept;
    Corpus grown;
    for (int i = 0; i < 120; ++i) {
        const Memory memory = world.memory();
        grown.add(memory);
        if (i % 3 == 0) {
            ASSERT_TRUE(grown.remove(memory.facts.id));
        } else {
            kept.push_back(memory);
        }
    }
    Corpus loaded;
    for (auto memory = kept.rbegin(); memory != kept.rend(); ++memory) {
        loaded.add(*memory);
    }
    for (int i = 0; i < 50; ++i) {
        const std::string text = world.words(4);
        const auto vector = world.vector();
        SearchRequest request = world.request(text, &vector);
        request.limits = {.exact_passages = 10, .dense_candidates = 6, .lexical_candidates = 6};
        expect_same(search(grown, request).hits, search(loaded, request).hits);
    }
}

TEST(Search, ExplainedViewsRecomputeToTheScore) {
    World world(3);
    Corpus corpus;
    for (int i = 0; i < 60; ++i) {
        corpus.add(world.memory());
    }
    const auto vector = world.vector();
    for (const Hit& hit : search(corpus, world.request("Anna went home", &vector)).hits) {
        for (const double value : hit.values.numbers) {
            EXPECT_GE(value, 0);
            EXPECT_LE(value, 1);
        }
    }
    const SearchRequest request = world.request("Anna went home", &vector);
    for (const Hit& hit : search(corpus, request).hits) {
        EXPECT_EQ(hit.score, score_of(hit.values, request.weights));
    }
}

TEST(Search, AFilterLimitsTheScope) {
    World world(5);
    Corpus corpus;
    testing::NaiveSearch naive;
    for (int i = 0; i < 100; ++i) {
        const Memory memory = world.memory();
        corpus.add(memory);
        naive.latest = memory.facts.created_at;
        if (memory.content.speaker == "Anna") {
            naive.memories.push_back(memory);
        }
    }
    const auto vector = world.vector();
    SearchRequest request = world.request("", &vector);
    const FilterCondition anna{FilterField::speaker, "speaker", FilterOp::eq, {"Anna"}};
    const math::Bitmap filter = rows_passing(corpus, {.condition = anna}, request.time);
    request.filter = &filter;
    // Without a text, nothing depends on memories outside the filter: BM25's statistics would.
    expect_same(search(corpus, request).hits, naive.search(request));
}

TEST(Search, AnEmptyCorpusAnswersNothing) {
    World world(1);
    const Corpus corpus;
    const auto vector = world.vector();
    EXPECT_TRUE(search(corpus, world.request("anything", &vector)).hits.empty());
}

Memory plain_memory(std::uint8_t number, const std::string& text) {
    Memory memory;
    memory.facts.id.bytes[15] = number;
    memory.facts.sequence = number;
    memory.facts.created_at = day_one;
    memory.content.text = text;
    memory.passages.push_back(
        {0, static_cast<std::uint32_t>(text.size()), math::quantize(std::vector<float>{1, 0})});
    return memory;
}

TEST(Search, AWordThatNobodyEverUsedCountsAgainstTheCoverage) {
    Corpus corpus;
    corpus.add(plain_memory(1, "the lake at dawn"));
    corpus.add(plain_memory(2, "a red tent"));
    const auto along = math::quantize(std::vector<float>{1, 0});
    const auto across = math::quantize(std::vector<float>{0, 1});
    const auto coverage = [&](const char* text, const math::QuantizedVector& vector) {
        return search(corpus, {.text = text, .vector = &vector, .time = {.now = day_one}}).coverage;
    };
    EXPECT_EQ(coverage("lake", along), 1.0);
    EXPECT_EQ(coverage("lake", across), 0.5) << "the words alone";
    EXPECT_EQ(coverage("zyzzyva", along), 0.5) << "the vector alone";
    EXPECT_LT(coverage("lake zyzzyva quokka axolotl", across), coverage("lake", across));
    EXPECT_EQ(coverage("zyzzyva quokka", across), 0.0);
}

TEST(Search, CoverageIsAskedOfTheScopeAndNeedsTextAndVector) {
    Corpus corpus;
    const auto vector = math::quantize(std::vector<float>{1, 0});
    SearchRequest request{.text = "lake", .vector = &vector, .time = {.now = day_one}};
    EXPECT_EQ(search(corpus, request).coverage, 0.0) << "nothing is remembered";
    corpus.add(plain_memory(1, "the lake at dawn"));
    EXPECT_EQ(search(corpus, request).coverage, 1.0);
    const math::Bitmap nobody(corpus.row_end());
    request.filter = &nobody;
    EXPECT_EQ(search(corpus, request).coverage, 0.0);
    request.filter = nullptr;
    request.weights = {};
    EXPECT_EQ(search(corpus, request).coverage, 1.0) << "no weight moves it";
    request.vector = nullptr;
    EXPECT_EQ(search(corpus, request).coverage, std::nullopt);
    request.vector = &vector;
    request.text = "";
    EXPECT_EQ(search(corpus, request).coverage, std::nullopt);
}

TEST(Search, RefusesAVectorOfAnotherDimension) {
    World world(1);
    Corpus corpus;
    corpus.add(world.memory());
    const math::QuantizedVector wrong{1, {1, 2, 3}};
    EXPECT_THROW(search(corpus, world.request("x", &wrong)), Error);
}

TEST(Search, LinksLeadFromWhatWasFoundToWhatBelongsToIt) {
    Corpus corpus;
    const Memory found = plain_memory(1, "the lake at dawn");
    Memory linked = plain_memory(2, "a red canoe");
    const Memory alone = plain_memory(3, "a red tent");
    linked.links.push_back(
        {{linked.facts.id, found.facts.id, "part_of"}, 0.5, day_one, day_one, 4, 4});
    corpus.add(alone);
    corpus.add(linked);  // before the other end is there
    corpus.add(found);
    SearchRequest request;
    request.text = "lake";
    request.time.now = day_one;
    const auto graph_of = [&](const Memory& memory) {
        for (const Hit& hit : search(corpus, request).hits) {
            if (hit.id == memory.facts.id) {
                return hit.values[View::graph];
            }
        }
        return -1.0;
    };
    EXPECT_EQ(graph_of(linked), 0) << "nobody asked, and it weighs nothing";
    request.explained = {Module::pagerank};
    EXPECT_EQ(graph_of(found), 1);
    EXPECT_GT(graph_of(linked), 0);
    EXPECT_LT(graph_of(linked), 1);
    EXPECT_EQ(graph_of(alone), 0);
    request.explained = {};
    request.weights[View::graph] = 0.3;
    EXPECT_GT(graph_of(linked), 0);
    EXPECT_EQ(search(corpus, request).hits[1].id, linked.facts.id);
    math::Bitmap slots(corpus.slot_end());
    slots.set(*corpus.find(found.facts.id));
    slots.invert();
    const math::Bitmap others = corpus.rows_of(slots);
    request.filter = &others;
    EXPECT_EQ(graph_of(linked), 0) << "its only link leads out of scope";
    request.filter = nullptr;
    corpus.remove(found.facts.id);
    EXPECT_EQ(corpus.links().size(), 0U);
    EXPECT_EQ(graph_of(linked), 0);
}

}  // namespace
}  // namespace soma::domain
