#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "config/config.h"
#include "source_dir.h"

namespace soma::config {
namespace {

TEST(Markdown, TheDocumentInTheRepositoryIsTheTable) {
    std::ifstream in(SOMABRAIN_SOURCE_DIR "/docs/configuration.md");
    const std::string document{std::istreambuf_iterator<char>(in),
                               std::istreambuf_iterator<char>()};
    EXPECT_EQ(document, to_markdown())
        << "run: build/release/src/somabrain config --markdown > docs/configuration.md";
}

TEST(Markdown, ARowShowsDefaultLimitAndMeaning) {
    const auto text = to_markdown();
    EXPECT_NE(text.find("| `SOMABRAIN_REDIS_TIMEOUT_MS` | `50` | 1–60000 ms | Longest wait"),
              std::string::npos);
    EXPECT_NE(text.find("| `SOMABRAIN_LOG_LEVEL` | `info` | debug, info, warn, error |"),
              std::string::npos);
    EXPECT_NE(text.find("| `SOMABRAIN_REDIS_PASSWORD` |  | ≤ 4096 bytes | "), std::string::npos);
    EXPECT_NE(text.find("multiple of 65536"), std::string::npos);
}

TEST(Markdown, SecretsAreMarked) {
    const auto text = to_markdown();
    for (const auto& s : settings()) {
        const auto row = text.find("| `" + std::string(s.env) + "` |");
        ASSERT_NE(row, std::string::npos) << s.env;
        const auto line = text.substr(row, text.find('\n', row) - row);
        EXPECT_EQ(line.find("**Secret.**") != std::string::npos, s.secret) << s.env;
    }
}

}  // namespace
}  // namespace soma::config
