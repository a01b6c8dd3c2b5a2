#include "domain/memory/page_cursor.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace soma::domain {
namespace {

TEST(PageCursor, RoundTripAndStrictness) {
    const PageCursor cursor{0xFFFFFFFFFFFFFFFFULL, 42, 43, Time(std::chrono::microseconds(-5)), 7};
    EXPECT_EQ(PageCursor::parse(cursor.to_string()), cursor);
    EXPECT_LE(cursor.to_string().size(), 128U);
    EXPECT_FALSE(PageCursor::parse(""));
    EXPECT_FALSE(PageCursor::parse("AAAA"));
    EXPECT_FALSE(PageCursor::parse(cursor.to_string() + "A"));
    EXPECT_FALSE(PageCursor::parse(to_base64url(std::string(41, 'x'))));
}

TEST(PageCursor, ParametersAreToldApartFromEachOther) {
    EXPECT_EQ(request_digest({"a", "b"}), request_digest({"a", "b"}));
    EXPECT_NE(request_digest({"a", "b"}), request_digest({"b", "a"}));
    EXPECT_NE(request_digest({"ab", ""}), request_digest({"a", "b"}));
    EXPECT_NE(request_digest({"a"}), request_digest({"a", ""}));
}

}  // namespace
}  // namespace soma::domain
