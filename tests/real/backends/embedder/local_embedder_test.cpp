#include "backends/embedder/local_embedder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/oracle/oracle.h"

namespace soma::backends {
namespace {

using std::chrono::milliseconds;

LocalEmbedderOptions options() {
    LocalEmbedderOptions out;
    out.directory = test::model_directory();
    out.threads = 2;
    return out;
}

Deadline ample() {
    return Deadline(milliseconds(120'000));
}

std::optional<ErrorKind> kind_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

std::string long_text() {
    std::string text;
    for (int i = 0; i < 300; ++i) text += "word ";
    return text;
}

TEST(LocalEmbedder, SaysWhatItIs) {
    LocalEmbedder embedder(options());
    EXPECT_EQ(embedder.dimension(), 384U);
    EXPECT_EQ(embedder.model(), "all-MiniLM-L6-v2-int8");
    EXPECT_EQ(embedder.max_pieces(), 254U);
    EXPECT_EQ(embedder.count_pieces("three small words"), 3U);
    EXPECT_EQ(embedder.threads(), 2U);
}

TEST(LocalEmbedder, AVectorDoesNotDependOnItsCompany) {
    LocalEmbedder embedder(options());
    const auto texts = test::handbook_paragraphs(40);
    const auto together = embedder.embed_many(texts, ample());
    ASSERT_EQ(together.size(), texts.size());
    std::vector<std::thread> callers;
    std::atomic<int> different{0};
    for (std::size_t caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&, caller] {
            for (std::size_t i = caller; i < texts.size(); i += 4) {
                if (embedder.embed(texts[i], ample()) != together[i]) ++different;
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(different, 0);
    const EmbedderStats stats = embedder.stats();
    EXPECT_EQ(stats.embedded, 2 * texts.size());
    EXPECT_GT(stats.pieces, stats.embedded);
    EXPECT_GT(stats.busy_us, 0U);
    EXPECT_EQ(stats.queued, 0U);
    EXPECT_EQ(stats.refused + stats.expired, 0U);
}

TEST(LocalEmbedder, CutsWhatIsTooLong) {
    LocalEmbedder embedder(options());
    const std::string text = long_text();
    EXPECT_EQ(embedder.embed(text, ample()), embedder.embed(text + "and more", ample()));
    EXPECT_TRUE(embedder.embed_many({}, ample()).empty());
}

TEST(LocalEmbedder, GivesUpAtTheDeadline) {
    LocalEmbedder embedder(options());
    const Deadline past(milliseconds(-1));
    EXPECT_EQ(kind_of([&] { (void)embedder.embed("late", past); }), ErrorKind::deadline_exceeded);
    const std::vector<std::string> texts(50, "late");
    EXPECT_EQ(kind_of([&] { (void)embedder.embed_many(texts, past); }),
              ErrorKind::deadline_exceeded);
    EXPECT_EQ(embedder.embed("in time", ample()).size(), 384U);
    EXPECT_EQ(embedder.stats().embedded, 1U);
}

TEST(LocalEmbedder, AFullQueueRefusesAtOnce) {
    auto small = options();
    small.threads = 1;
    small.queue_limit = 1;
    LocalEmbedder embedder(small);
    const std::string text = long_text();
    std::atomic<int> refused{0};
    std::atomic<int> done{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 8; ++caller) {
        callers.emplace_back([&] {
            for (int i = 0; i < 5; ++i) {
                const auto kind = kind_of([&] { (void)embedder.embed(text, ample()); });
                kind ? ++refused : ++done;
                EXPECT_TRUE(!kind || *kind == ErrorKind::unavailable);
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_GT(refused, 0);
    EXPECT_GT(done, 0);
    EXPECT_EQ(embedder.stats().refused, static_cast<std::uint64_t>(refused));
}

}  // namespace
}  // namespace soma::backends
