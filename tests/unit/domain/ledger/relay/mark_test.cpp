#include "domain/ledger/relay/mark.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/ledger/relayed.h"

namespace soma::domain {
namespace {

using test::uuid_of;

TEST(Mark, ReadsWhatItWrote) {
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    for (const RelayMark& mark : {RelayMark{uuid_of(1), 0, 0}, RelayMark{uuid_of(2), 1000, 7},
                                  RelayMark{uuid_of(3), largest, largest}}) {
        EXPECT_EQ(parse_mark(mark_headers(mark)), mark);
    }
}

TEST(Mark, StrangersHeadersDoNotMatter) {
    auto headers = mark_headers({uuid_of(1), 3, 2});
    headers.insert(headers.begin(), {"traceparent", "x"});
    headers.emplace_back("log", "y");
    EXPECT_EQ(parse_mark(headers), (RelayMark{uuid_of(1), 3, 2}));
}

TEST(Mark, WhatIsNotTheRelaysIsNone) {
    const auto good = mark_headers({uuid_of(1), 30, 20});
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto headers = good;
        headers.erase(headers.begin() + static_cast<long>(i));
        EXPECT_EQ(parse_mark(headers), std::nullopt) << "without " << good[i].first;
        headers = good;
        headers.push_back(good[i]);
        EXPECT_EQ(parse_mark(headers), std::nullopt) << "twice " << good[i].first;
        for (const char* bad : {"", " 1", "1 ", "-1", "+1", "01", "0x1", "1.0", "1e3",
                                "18446744073709551616", "one"}) {
            headers = good;
            headers[i].second = bad;
            EXPECT_EQ(parse_mark(headers), std::nullopt) << good[i].first << " = " << bad;
        }
    }
}

TEST(Mark, NothingIsCompleteAboveItsOwnPlace) {
    EXPECT_EQ(parse_mark(mark_headers({uuid_of(1), 3, 4})), std::nullopt);
}

TEST(Mark, WithinALogIndicesOnlyGrow) {
    const std::optional<RelayMark> last(RelayMark{uuid_of(1), 10, 5});
    EXPECT_TRUE(repeats({uuid_of(1), 9, 5}, last));
    EXPECT_TRUE(repeats({uuid_of(1), 10, 5}, last));
    EXPECT_FALSE(repeats({uuid_of(1), 11, 11}, last));
    EXPECT_FALSE(repeats({uuid_of(2), 9, 5}, last)) << "another log";
    EXPECT_FALSE(repeats({uuid_of(1), 0, 0}, std::nullopt));
}

}  // namespace
}  // namespace soma::domain
