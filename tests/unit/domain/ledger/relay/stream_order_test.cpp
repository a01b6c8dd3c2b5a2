#include "domain/ledger/relay/stream_order.h"

#include <gtest/gtest.h>

#include "support/ledger/relayed.h"

namespace soma::domain {
namespace {

using test::uuid_of;

StreamPlace place(std::uint64_t sequence, unsigned char tenant = 7, Stream stream = Stream::state,
                  unsigned char log = 1) {
    return {uuid_of(tenant), stream, uuid_of(log), sequence};
}

StreamOrder whole(const std::vector<StreamPlace>& had = {}) {
    return StreamOrder(StreamOrder::Topic::whole, had);
}

TEST(StreamOrder, EachOnceInOrder) {
    auto order = whole();
    EXPECT_EQ(order.admit(place(1)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(2)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(1)), Arrival::repeated);
    EXPECT_EQ(order.admit(place(2)), Arrival::repeated);
    EXPECT_EQ(order.admit(place(3)), Arrival::fresh);
}

TEST(StreamOrder, AGapStaysUntilItIsFilled) {
    auto order = whole();
    EXPECT_EQ(order.admit(place(1)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(3)), Arrival::gap);
    EXPECT_EQ(order.admit(place(4)), Arrival::gap);
    EXPECT_EQ(order.expected(place(4)), 2U);
    EXPECT_EQ(order.admit(place(2)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(3)), Arrival::fresh);
}

TEST(StreamOrder, StreamsBeginWithOne) {
    auto order = whole();
    EXPECT_EQ(order.expected(place(2)), 1U);
    EXPECT_EQ(order.admit(place(2)), Arrival::gap);
    EXPECT_EQ(order.admit(place(1)), Arrival::fresh);
}

TEST(StreamOrder, GoesOnFromWhatWasHad) {
    const StreamPlace system{std::nullopt, Stream::system, uuid_of(1), 4};
    auto before = whole({place(20), system});
    EXPECT_EQ(before.admit(place(21)), Arrival::fresh);
    auto order = whole(before.had());
    EXPECT_EQ(order.admit(place(23)), Arrival::gap) << "a stream's first event is no exception";
    EXPECT_EQ(order.admit(place(21)), Arrival::repeated);
    EXPECT_EQ(order.admit(place(22)), Arrival::fresh);
    EXPECT_EQ(order.expected(system), 5U);
    EXPECT_EQ(order.admit(place(2, 8)), Arrival::gap) << "a new stream begins with 1";
}

TEST(StreamOrder, StreamsAreApart) {
    auto order = whole();
    EXPECT_EQ(order.admit(place(1)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(1, 8)), Arrival::fresh) << "another tenant";
    EXPECT_EQ(order.admit(place(1, 7, Stream::access)), Arrival::fresh) << "another stream";
    EXPECT_EQ(order.admit({std::nullopt, Stream::system, uuid_of(1), 1}), Arrival::fresh);
    EXPECT_EQ(order.admit({std::nullopt, Stream::system, uuid_of(1), 1}), Arrival::repeated);
}

TEST(StreamOrder, ARestoredLogMayGoBackButNotLeaveOut) {
    auto order = whole();
    for (std::uint64_t i = 1; i <= 10; ++i) EXPECT_EQ(order.admit(place(i)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(12, 7, Stream::state, 2)), Arrival::gap);
    EXPECT_EQ(order.admit(place(6, 7, Stream::state, 2)), Arrival::fresh) << "as of the backup";
    EXPECT_EQ(order.admit(place(6, 7, Stream::state, 2)), Arrival::repeated);
    EXPECT_EQ(order.admit(place(7, 7, Stream::state, 2)), Arrival::fresh);
}

TEST(StreamOrder, APartOfAStreamOnlyGrows) {
    StreamOrder order(StreamOrder::Topic::part);
    EXPECT_EQ(order.admit(place(4)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(9)), Arrival::fresh);
    EXPECT_EQ(order.admit(place(9)), Arrival::repeated);
    EXPECT_EQ(order.admit(place(5)), Arrival::repeated);
}

}  // namespace
}  // namespace soma::domain
