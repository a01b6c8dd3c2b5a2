#include "domain/ledger/proving/checkpoint_place.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "domain/ledger/merkle/tree.h"

namespace soma::domain {
namespace {

const Uuid kLog = *Uuid::parse("0197f3a0-0000-7000-8000-000000000000");

TEST(CheckpointPlace, ComesBack) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{17}, kMaxTreeSize}) {
        const CheckpointPlace place{kLog, size};
        EXPECT_EQ(CheckpointPlace::parse(place.to_string()), place);
        EXPECT_LE(place.to_string().size(), 64U) << "the contract's limit";
    }
}

TEST(CheckpointPlace, IsNothingElse) {
    const std::string log = kLog.to_string();
    const std::vector<std::string> others{std::string(),
                                          log,
                                          log + "/",
                                          log + "/01",
                                          log + "/-1",
                                          log + "/+1",
                                          log + "/1 ",
                                          log + "/1/2",
                                          log + "/x",
                                          "/1",
                                          "log/1",
                                          log + "/" + std::to_string(kMaxTreeSize + 1),
                                          log + "/99999999999999999999",
                                          "0197F3A0-0000-7000-8000-000000000000/1"};
    for (const std::string& text : others) {
        EXPECT_FALSE(CheckpointPlace::parse(text)) << text;
    }
}

}  // namespace
}  // namespace soma::domain
