#include "config/witness_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace soma::config {
namespace {

TEST(WitnessTable, ItsRowsAreInTheTable) {
    const auto all = settings();
    const auto ours = witness_settings();
    const auto same = [](const Setting& a, const Setting& b) { return a.env == b.env; };
    EXPECT_NE(std::search(all.begin(), all.end(), ours.begin(), ours.end(), same), all.end());
}

TEST(WitnessTable, IsReadLikeTheRest) {
    const auto config = load([](const std::string& name) -> std::optional<std::string> {
        if (name == "SOMABRAIN_WITNESS_URL") return "https://witness.example";
        if (name == "SOMABRAIN_WITNESS_LOGS_FILE") return "logs";
        if (name == "SOMABRAIN_WITNESS_PORT") return "9799";  // a stack here may say another
        return std::nullopt;
    });
    EXPECT_EQ(config.witness_url, "https://witness.example");
    EXPECT_EQ(config.witness_logs_file, "logs");
    EXPECT_EQ(config.witness_name, "somabrain.local/witness");
    EXPECT_EQ(config.witness_address, "127.0.0.1");
    EXPECT_EQ(config.witness_port, 9799);
}

}  // namespace
}  // namespace soma::config
