#include "domain/ledger/merkle/checkpoint.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/ledger/merkle/tree.h"

namespace soma::domain {
namespace {

// The example of C2SP tlog-checkpoint.
constexpr std::string_view kExample =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

std::string trouble(std::string_view text) {
    try {
        parse_checkpoint(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.public_message();
    }
    return "";
}

TEST(CheckpointTest, TheExampleIsReadAndWritten) {
    const auto checkpoint = parse_checkpoint(kExample);
    EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
    EXPECT_EQ(checkpoint.size, 20'852'163U);
    EXPECT_EQ(to_base64(checkpoint.root), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    EXPECT_EQ(checkpoint_text(checkpoint), kExample);
}

TEST(CheckpointTest, TheEmptyLogHasOneToo) {
    const Checkpoint empty{"log", 0, empty_root()};
    EXPECT_EQ(parse_checkpoint(checkpoint_text(empty)), empty);
}

TEST(CheckpointTest, WhatIsNoneIsRefusedWithItsReason) {
    const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    const std::pair<std::string, const char*> cases[] = {
        {"", "three lines"},
        {"log\n1\n", "three lines"},
        {"log\n1\n" + root.substr(0, 44), "three lines"},
        {"\n1\n" + root, "no origin"},
        {"log\n\n" + root, "decimal number"},
        {"log\n01\n" + root, "decimal number"},
        {"log\n+1\n" + root, "decimal number"},
        {"log\n-1\n" + root, "decimal number"},
        {"log\n1 \n" + root, "decimal number"},
        {"log\n4611686018427387905\n" + root, "decimal number"},
        {"log\n18446744073709551616\n" + root, "decimal number"},
        {"log\n1\nCsUY\n", "32 bytes"},
        {"log\n1\n" + root.substr(0, 43) + "\n", "32 bytes"},
        {"log\n1\n" + root + "extension\n", "more than three"},
        {"log\n1\n" + root + "\n", "more than three"},
    };
    for (const auto& [text, reason] : cases) {
        EXPECT_NE(trouble(text).find(reason), std::string::npos) << text << ": " << trouble(text);
    }
    EXPECT_EQ(trouble("log\n4611686018427387904\n" + root), "");
}

TEST(CheckpointTest, NamesSortAsSizesDo) {
    EXPECT_EQ(checkpoint_path(1234), "checkpoints/00000000000000001234");
    EXPECT_LT(checkpoint_path(999), checkpoint_path(1000));
}

}  // namespace
}  // namespace soma::domain
