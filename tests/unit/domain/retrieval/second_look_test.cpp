#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "domain/retrieval/rescoring/bridge.h"
#include "domain/retrieval/rescoring/density.h"
#include "domain/retrieval/search.h"
#include "unit/domain/retrieval/search_world.h"

namespace soma::domain {
namespace {

using testing::day_one;
using testing::World;

constexpr Modules kSecondLook{Module::density, Module::bridge};

// What the first pass found, all of it, with the request's text and vector.
struct Scene {
    World world;
    Corpus corpus;
    std::string text;
    math::QuantizedVector query;

    explicit Scene(unsigned seed, std::size_t memories = 150) : world(seed) {
        for (std::size_t i = 0; i < memories; ++i) {
            corpus.add(world.memory());
        }
        text = world.words(4);
        query = world.vector();
    }
    SearchRequest request() const {
        return {.text = text, .vector = &query, .time = {.now = day_one}, .top_k = 1'000};
    }
};

std::vector<double> numbers_of(const math::QuantizedVector& vector) {
    return {vector.values.begin(), vector.values.end()};
}

TEST(SecondLook, ValuesAreThoseOfWhatScoresBestWithoutThem) {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        const Scene scene(seed);
        auto request = scene.request();
        const auto plain = search(scene.corpus, request).hits;
        ASSERT_GT(plain.size(), kBridgeHits);
        std::vector<double> memories;
        std::vector<double> scores;
        std::vector<math::QuantizedVector> vectors;
        std::vector<double> words;
        std::vector<double> meaning;
        for (std::size_t i = 0; i < kBridgeHits; ++i) {
            vectors.push_back(scene.corpus.vector(plain[i].slot, plain[i].passage));
            words.push_back(plain[i].values[View::lexical]);
            meaning.push_back(plain[i].values[View::dense]);
            if (i < kDensityHits) {
                const auto numbers = numbers_of(vectors.back());
                memories.insert(memories.end(), numbers.begin(), numbers.end());
                scores.push_back(plain[i].score);
            }
        }
        ModuleFigures figures;
        const auto look = look_by_density(numbers_of(scene.query), memories, scores, figures);
        std::vector<double> density;
        for (const Hit& hit : plain) {
            density.push_back(look->value(numbers_of(scene.corpus.vector(hit.slot, hit.passage))));
        }
        density = shares_of_greatest(density);
        auto bridge = shares_of_greatest(bridge_masses(vectors, words, meaning, figures));
        bridge.resize(plain.size(), 0);
        request.explained = kSecondLook;
        const auto found = search(scene.corpus, request);
        EXPECT_EQ(found.figures.density_trace, figures.density_trace);
        EXPECT_EQ(found.figures.bridge_margin, figures.bridge_margin);
        ASSERT_EQ(found.hits.size(), plain.size());
        for (std::size_t i = 0; i < plain.size(); ++i) {
            auto expected = plain[i].values;
            expected[View::density] = density[i];
            expected[View::bridge] = bridge[i];
            EXPECT_EQ(found.hits[i].id, plain[i].id);
            EXPECT_EQ(found.hits[i].values, expected) << i;
            EXPECT_EQ(found.hits[i].score, plain[i].score) << "they weigh nothing";
        }
    }
}

TEST(SecondLook, WeightsCountWhateverIsExplainedAndTheFirstPassIsTheSame) {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        const Scene scene(seed);
        auto request = scene.request();
        request.explained = kSecondLook;
        std::unordered_map<Uuid, ViewValues> values;
        for (const Hit& hit : search(scene.corpus, request).hits) {
            values.emplace(hit.id, hit.values);
        }
        request.explained = {};
        request.weights[View::density] = 0.3;
        request.weights[View::bridge] = 0.7;
        double before = std::numeric_limits<double>::infinity();
        for (const Hit& hit : search(scene.corpus, request).hits) {
            EXPECT_EQ(hit.values, values.at(hit.id));
            EXPECT_EQ(hit.score, score_of(hit.values, request.weights));
            EXPECT_LE(hit.score, before);
            before = hit.score;
        }
    }
}

TEST(SecondLook, EachModuleWorksByItselfAndNeedsTheQuerysMeaning) {
    const Scene scene(3);
    auto request = scene.request();
    const auto greatest = [&](View view) {
        double most = 0;
        for (const Hit& hit : search(scene.corpus, request).hits) {
            EXPECT_GE(hit.values[view], 0);
            EXPECT_LE(hit.values[view], 1);
            most = std::max(most, hit.values[view]);
        }
        return most;
    };
    request.explained = {Module::density};
    EXPECT_EQ(greatest(View::density), 1);
    EXPECT_EQ(greatest(View::bridge), 0);
    request.explained = {Module::bridge};
    EXPECT_EQ(greatest(View::density), 0);
    EXPECT_EQ(greatest(View::bridge), 1);
    request.explained = kSecondLook;
    request.text = "";
    EXPECT_EQ(greatest(View::density), 1) << "ρ asks for no words";
    EXPECT_EQ(greatest(View::bridge), 0) << "no words to start from";
    request.text = scene.text;
    request.vector = nullptr;
    EXPECT_EQ(greatest(View::density), 0);
    EXPECT_EQ(greatest(View::bridge), 0);
    const math::QuantizedVector zero{0, std::vector<std::int8_t>(24)};
    request.vector = &zero;
    EXPECT_EQ(greatest(View::density), 0) << "a zero vector means nothing";
    EXPECT_EQ(search(Corpus(), request).hits.size(), 0U);
}

}  // namespace
}  // namespace soma::domain
