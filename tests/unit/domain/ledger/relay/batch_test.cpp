#include "domain/ledger/relay/batch.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/ledger/relayed.h"

namespace soma::domain {
namespace {

using test::uuid_of;

const Uuid kLog = uuid_of(1);
const Uuid kFormer = uuid_of(2);

std::vector<RelayedEvent> events(const Uuid& log, std::uint64_t from, std::size_t count,
                                 std::size_t bytes = 10) {
    std::vector<RelayedEvent> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i].log_id = log;
        out[i].log_index = from + i;
        out[i].body = std::string(bytes, 'x');
    }
    return out;
}

TEST(Batch, TakesAllThatFits) {
    const LogSpan log{kLog, 0, 100, {}};
    EXPECT_EQ(next_batch({}, 5, log, {}), 0U);
    EXPECT_EQ(next_batch(events(kLog, 5, 3), 5, log, {}), 3U);
    EXPECT_EQ(next_batch(events(kLog, 5, 3), 5, log, {2, 1000}), 2U);
    EXPECT_EQ(next_batch(events(kLog, 5, 3), 5, log, {10, 20}), 2U);
    EXPECT_EQ(next_batch(events(kLog, 5, 3), 5, log, {10, 29}), 2U);
    EXPECT_EQ(next_batch(events(kLog, 5, 3), 5, log, {10, 30}), 3U);
}

TEST(Batch, OneEventGoesWhateverItsSize) {
    EXPECT_EQ(next_batch(events(kLog, 0, 2, 1000), 0, {kLog, 0, 2, {}}, {10, 5}), 1U);
}

TEST(Batch, AMissingEventStopsTheRelay) {
    const LogSpan log{kLog, 0, 100, {}};
    EXPECT_THROW(next_batch(events(kLog, 6, 3), 5, log, {}), Error);
    EXPECT_THROW(next_batch(events(kLog, 4, 3), 5, log, {}), Error);
    auto hole = events(kLog, 5, 4);
    hole.erase(hole.begin() + 2);
    EXPECT_THROW(next_batch(hole, 5, log, {}), Error);
    EXPECT_EQ(next_batch(hole, 5, log, {2, 1000}), 2U) << "not before it comes to it";
}

TEST(Batch, BeginsAnywhereWhenNothingIsKnown) {
    EXPECT_EQ(next_batch(events(kLog, 70'000, 3), std::nullopt, {kLog, 0, 70'003, {}}, {}), 3U);
    auto hole = events(kLog, 70'000, 3);
    hole.erase(hole.begin() + 1);
    EXPECT_THROW(next_batch(hole, std::nullopt, {kLog, 0, 70'003, {}}, {}), Error);
}

TEST(Batch, JumpsToARestoredLogAlone) {
    const LogSpan log{kLog, 65'536, 65'540, kFormer};
    auto both = events(kFormer, 10, 2);
    for (auto& event : events(kLog, 65'536, 3)) {
        both.push_back(event);
    }
    EXPECT_EQ(next_batch(both, 10, log, {}), 2U) << "a transaction is of one log";
    both.erase(both.begin(), both.begin() + 2);
    EXPECT_EQ(next_batch(both, 12, log, {}), 3U);
    EXPECT_EQ(next_batch(both, 65'536, log, {}), 3U);
    EXPECT_THROW(next_batch(events(kFormer, 65'536, 1), 12, log, {}), Error) << "the former log";
    EXPECT_THROW(next_batch(events(kLog, 65'537, 1), 12, log, {}), Error) << "its first is missing";
    EXPECT_THROW(next_batch(events(kLog, 65'536, 1), 65'537, log, {}), Error) << "back again";
}

}  // namespace
}  // namespace soma::domain
