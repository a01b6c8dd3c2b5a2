#include "config/buffer_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace soma::config {
namespace {

TEST(BufferTable, ItsRowsAreInTheTableInTheirOrder) {
    const auto all = settings();
    const auto ours = buffer_settings();
    EXPECT_NE(std::search(all.begin(), all.end(), ours.begin(), ours.end(),
                          [](const Setting& a, const Setting& b) { return a.env == b.env; }),
              all.end());
}

TEST(BufferTable, IsReadLikeTheRest) {
    const auto config = load([](const std::string& name) -> std::optional<std::string> {
        if (name == "SOMABRAIN_BUFFER_HOST") return "buffer.example";
        // Said, because a stack that runs in this clone says it too, in ports.json.
        if (name == "SOMABRAIN_BUFFER_PORT") return "6399";
        if (name == "SOMABRAIN_BUFFER_PASSWORD") return "secret";
        return std::nullopt;
    });
    EXPECT_EQ(config.buffer_host, "buffer.example");
    EXPECT_EQ(config.buffer_port, 6399);
    EXPECT_EQ(config.buffer_password, "secret");
    EXPECT_EQ(config.buffer_timeout_ms, 1000);
}

}  // namespace
}  // namespace soma::config
