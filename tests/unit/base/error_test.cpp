#include "base/error.h"

#include <gtest/gtest.h>

namespace soma {
namespace {

TEST(Error, KeepsWhatTheCallerMaySeeApartFromWhatTheLogMay) {
    const Error error(ErrorKind::unavailable, "the store does not answer", "connection refused");
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_STREQ(error.what(), "the store does not answer");
    EXPECT_EQ(error.public_message(), "the store does not answer");
    EXPECT_EQ(error.detail(), "connection refused");
    EXPECT_EQ(error.field(), "");
    EXPECT_EQ(error.retry_after_seconds(), 1);
}

TEST(Error, FieldAndRetryAfterAreAddedInOneExpression) {
    const Error error =
        Error(ErrorKind::resource_exhausted, "slow down").at("/top_k").retry_after(9);
    EXPECT_EQ(error.field(), "/top_k");
    EXPECT_EQ(error.retry_after_seconds(), 9);
}

TEST(Error, InvalidNamesTheField) {
    const Error error = invalid("/items/3/text", "at most 32768 bytes");
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(error.field(), "/items/3/text");
    EXPECT_STREQ(error.what(), "at most 32768 bytes");
}

TEST(Error, IsCaughtAsAnException) {
    try {
        throw Error(ErrorKind::not_found, "no such memory");
    } catch (const std::exception& caught) {
        EXPECT_STREQ(caught.what(), "no such memory");
    }
}

TEST(ErrorDeath, AnAssertionSaysWhatAndWhy) {
    const int two = 2;
    SOMA_ASSERT(two == 2, "holds");
    EXPECT_DEATH(SOMA_ASSERT(two == 3, "numbers moved"),
                 "assertion failed: two == 3 \\(numbers moved\\) at .*error_test.cpp:");
}

}  // namespace
}  // namespace soma
