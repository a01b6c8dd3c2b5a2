#include "backends/postgres/connection.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "support/postgres/postgres_cluster.h"

namespace soma::backends {
namespace {

using test::PostgresWorld;

Deadline soon() {
    return Deadline(std::chrono::seconds(10));
}

std::unique_ptr<Connection> open() {
    return Connection::open(PostgresWorld::shared().cluster.app(), soon());
}

TEST(Connection, ValuesSurviveTheRoundTripInBinaryForm) {
    static constexpr Statement kEcho{
        "echo",
        "SELECT $1::uuid, $2::int, $3::bigint, $4::float8, $5::timestamptz,"
        " $6::text, $7::bytea, $8::bool, $9::int"};
    const Uuid id = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057");
    const Time time = *parse_rfc3339("0001-01-01T00:00:00.000001Z");
    const std::string bytes("\0\1\xff", 3);
    Params params;
    params.add(id).add(std::int32_t{-7}).add(std::numeric_limits<std::uint64_t>::max() >> 1);
    params.add(std::bit_cast<std::uint64_t>(0.1)).add(time).add_text("\xc3\xa9").add_bytes(bytes);
    params.add(true).add_null();
    const auto connection = open();
    const Result result = connection->run(kEcho, params, soon());
    const RowView row = result.row(0);
    EXPECT_EQ(row.uuid(0), id);
    EXPECT_EQ(row.int32(1), -7);
    EXPECT_EQ(row.int64(2), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(row.float64(3), 0.1);
    EXPECT_EQ(row.time(4), time);
    EXPECT_EQ(row.bytes(5), "\xc3\xa9");
    EXPECT_EQ(row.bytes(6), bytes);
    EXPECT_TRUE(row.boolean(7));
    EXPECT_TRUE(row.is_null(8));
    EXPECT_EQ(row.optional_int32(8), std::nullopt);
}

TEST(Connection, ArraysKeepOrderAndNulls) {
    static constexpr Statement kUnnest{
        "unnest", "SELECT * FROM unnest($1::uuid[], $2::int[], $3::bytea[], $4::timestamptz[])"};
    const Uuid id = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057");
    Params params;
    params.add_array(std::vector<std::optional<Uuid>>{id, std::nullopt});
    params.add_array(std::vector<std::optional<std::int32_t>>{std::nullopt, 5});
    params.add_bytes_array({std::string_view("ab"), std::nullopt});
    params.add_array(std::vector<std::optional<Time>>{Time{}, std::nullopt});
    const auto connection = open();
    const Result result = connection->run(kUnnest, params, soon());
    ASSERT_EQ(result.rows(), 2);
    EXPECT_EQ(result.row(0).optional_uuid(0), id);
    EXPECT_EQ(result.row(1).optional_uuid(0), std::nullopt);
    EXPECT_EQ(result.row(0).optional_int32(1), std::nullopt);
    EXPECT_EQ(result.row(1).optional_int32(1), 5);
    EXPECT_EQ(result.row(0).optional_bytes(2), "ab");
    EXPECT_EQ(result.row(1).optional_bytes(2), std::nullopt);
    EXPECT_EQ(result.row(0).optional_time(3), Time{});
}

TEST(Connection, AnEmptyArrayIsEmpty) {
    static constexpr Statement kCount{"count", "SELECT cardinality($1::uuid[])"};
    Params params;
    params.add_array(std::vector<Uuid>{});
    EXPECT_EQ(open()->run(kCount, params, soon()).row(0).int32(0), 0);
}

TEST(Connection, APipelineFailsAsAWholeAndTheSessionGoesOn) {
    static constexpr Statement kGood{"good", "SELECT 1"};
    static constexpr Statement kBad{"bad", "SELECT 1 / $1::int"};
    const auto connection = open();
    connection->queue(kGood, {});
    connection->queue(kBad, Params().add(0));
    connection->queue(kGood, {});
    try {
        connection->flush(soon());
        FAIL();
    } catch (const PostgresError& error) {
        EXPECT_EQ(error.sqlstate(), "22012");
        EXPECT_FALSE(error.connection_lost());
        EXPECT_EQ(error.kind(), ErrorKind::internal);
    }
    EXPECT_TRUE(connection->idle());
    EXPECT_EQ(connection->run(kBad, Params().add(1), soon()).row(0).int32(0), 1);
}

TEST(Connection, WhatIsSentBehindAFailedTransactionIsAnsweredApart) {
    static constexpr Statement kBegin{"begin", "BEGIN"};
    static constexpr Statement kCommit{"commit", "COMMIT"};
    static constexpr Statement kDivide{"divide", "SELECT 6 / $1::int"};
    const auto connection = open();
    const auto send = [&](std::int32_t by) {
        connection->queue(kBegin, {});
        connection->queue(kDivide, Params().add(by));
        connection->queue(kCommit, {});
        connection->send(soon());
    };
    send(3);
    send(2);
    EXPECT_FALSE(connection->idle());
    EXPECT_EQ(connection->receive(soon()).at(1).row(0).int32(0), 2);
    EXPECT_EQ(connection->receive(soon()).at(1).row(0).int32(0), 3);
    EXPECT_TRUE(connection->idle());
    send(0);
    send(1);
    EXPECT_THROW(connection->receive(soon()), PostgresError);
    try {
        connection->receive(soon());
        FAIL();
    } catch (const PostgresError& error) {
        EXPECT_EQ(error.sqlstate(), "25P02") << "its BEGIN met the transaction that had failed";
    }
    connection->rollback(soon());
    EXPECT_TRUE(connection->idle());
    EXPECT_EQ(connection->run(kDivide, Params().add(1), soon()).row(0).int32(0), 6);
}

TEST(Connection, AStatementThatDoesNotParseIsPreparedAnewNextTime) {
    static constexpr Statement kMissing{"missing", "SELECT * FROM no_such_table"};
    const auto connection = open();
    EXPECT_THROW(connection->run(kMissing, {}, soon()), PostgresError);
    try {
        connection->run(kMissing, {}, soon());
        FAIL();
    } catch (const PostgresError& error) {
        EXPECT_EQ(error.sqlstate(), "42P01");  // not "prepared statement does not exist"
    }
}

TEST(Connection, ADeadlineClosesTheSessionAndTheServerLetsGo) {
    static constexpr Statement kSleep{"sleep", "SELECT pg_sleep(60)"};
    static constexpr Statement kSleepers{
        "sleepers",
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'"
        " AND pid <> pg_backend_pid()"};
    auto connection = open();
    try {
        connection->run(kSleep, {}, Deadline(std::chrono::milliseconds(100)));
        FAIL();
    } catch (const PostgresError& error) {
        EXPECT_TRUE(error.connection_lost());
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
    EXPECT_TRUE(connection->broken());
    EXPECT_THROW(connection->queue(kSleep, {}), PostgresError);
    const auto watcher = Connection::open(PostgresWorld::shared().cluster.superuser(), soon());
    const Deadline patience = soon();
    while (watcher->run(kSleepers, {}, soon()).row(0).int64(0) > 0) {
        ASSERT_FALSE(patience.passed()) << "the server still works for a client that has gone";
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

TEST(Connection, TheServerGivesUpByItselfToo) {
    static constexpr Statement kSleep{"sleep", "SELECT pg_sleep(60)"};
    ConnectionSettings settings = PostgresWorld::shared().cluster.app();
    settings.statement_timeout = std::chrono::milliseconds(50);
    const auto connection = Connection::open(settings, soon());
    try {
        connection->run(kSleep, {}, soon());
        FAIL();
    } catch (const PostgresError& error) {
        EXPECT_EQ(error.sqlstate(), "57014");
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
}

TEST(Connection, NobodyAtThePortIsUnavailable) {
    ConnectionSettings settings = PostgresWorld::shared().cluster.app();
    settings.port = 1;
    try {
        Connection::open(settings, soon());
        FAIL();
    } catch (const PostgresError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.retry_after_seconds(), 1);
    }
}

TEST(Connection, LargeValuesGoBothWays) {
    static constexpr Statement kEcho{"echo_bytes", "SELECT $1::bytea"};
    const std::string large(std::size_t{24} << 20, 'x');
    const auto connection = open();
    for (int i = 0; i < 3; ++i) {
        connection->queue(kEcho, Params().add_bytes(large));
    }
    for (const Result& result : connection->flush(Deadline(std::chrono::seconds(60)))) {
        EXPECT_EQ(result.row(0).bytes(0), large);
    }
}

}  // namespace
}  // namespace soma::backends
