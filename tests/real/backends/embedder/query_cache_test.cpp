#include "backends/embedder/query_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "backends/embedder/local_embedder.h"
#include "base/error.h"
#include "support/oracle/oracle.h"

namespace soma::backends {
namespace {

Deadline ample() {
    return Deadline(std::chrono::milliseconds(120'000));
}

class QueryCacheTest : public testing::Test {
  protected:
    static LocalEmbedderOptions options() {
        LocalEmbedderOptions out;
        out.directory = test::model_directory();
        out.threads = 2;
        return out;
    }
    LocalEmbedder embedder_{options()};
};

TEST_F(QueryCacheTest, AHitGivesTheSameVectorWithoutComputing) {
    QueryCache cache(embedder_, 10);
    const auto first = cache.embed("who called?", ample());
    EXPECT_EQ(cache.embed("who called?", ample()), first);
    EXPECT_EQ(embedder_.embed("who called?", ample()), first);
    EXPECT_NE(cache.embed("Who called", ample()), first);
    EXPECT_EQ(cache.stats().hits, 1U);
    EXPECT_EQ(cache.stats().misses, 2U);
    EXPECT_EQ(cache.stats().entries, 2U);
    EXPECT_EQ(embedder_.stats().embedded, 3U);
}

TEST_F(QueryCacheTest, TheOneUnusedLongestMakesRoom) {
    QueryCache cache(embedder_, 2);
    (void)cache.embed("a", ample());
    (void)cache.embed("b", ample());
    (void)cache.embed("a", ample());  // b is now the older
    (void)cache.embed("c", ample());
    EXPECT_EQ(cache.stats().entries, 2U);
    (void)cache.embed("a", ample());
    EXPECT_EQ(cache.stats().hits, 2U);
    (void)cache.embed("b", ample());
    EXPECT_EQ(cache.stats().hits, 2U);
    EXPECT_EQ(cache.stats().misses, 4U);
}

TEST_F(QueryCacheTest, KeepsNeitherErrorsNorAnythingAtLimitZero) {
    QueryCache off(embedder_, 0);
    (void)off.embed("x", ample());
    (void)off.embed("x", ample());
    EXPECT_EQ(off.stats().hits, 0U);
    EXPECT_EQ(off.stats().entries, 0U);
    QueryCache cache(embedder_, 4);
    EXPECT_THROW((void)cache.embed("x", Deadline(std::chrono::milliseconds(-1))), Error);
    EXPECT_EQ(cache.stats().entries, 0U);
}

TEST_F(QueryCacheTest, ManyCallersAgree) {
    QueryCache cache(embedder_, 8);
    const std::vector<std::string> texts = {"one", "two", "three", "four", "five"};
    const auto expected = embedder_.embed_many(texts, ample());
    std::vector<std::thread> callers;
    for (std::size_t caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&, caller] {
            for (std::size_t i = 0; i < 50; ++i) {
                const std::size_t k = (i + caller) % texts.size();
                EXPECT_EQ(cache.embed(texts[k], ample()), expected[k]);
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(cache.stats().hits + cache.stats().misses, 200U);
    EXPECT_EQ(cache.stats().entries, texts.size());
}

}  // namespace
}  // namespace soma::backends
