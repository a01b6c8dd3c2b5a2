#include <gtest/gtest.h>

#include "backends/postgres/connection.h"
#include "support/postgres/postgres_cluster.h"

namespace soma::backends {
namespace {

using test::PostgresWorld;

Deadline soon() {
    return Deadline(std::chrono::seconds(30));
}

class ConnectionCopyTest : public ::testing::Test {
  protected:
    ConnectionCopyTest() {
        connection->run_script("CREATE TEMP TABLE t (n bigint CHECK (n >= 0))", soon());
    }
    std::int64_t count() {
        static constexpr Statement kCount{"copy_count", "SELECT count(*) FROM t"};
        return connection->run(kCount, {}, soon()).row(0).int64(0);
    }
    /// Hands out `text` in pieces of `size` bytes.
    static std::function<std::string_view()> pieces(std::string_view text, std::size_t size) {
        return [text, size]() mutable {
            const auto piece = text.substr(0, size);
            text.remove_prefix(piece.size());
            return piece;
        };
    }

    /// A copy is one statement: on a busy machine it outlives what tests of statements are given.
    static ConnectionSettings patient() {
        ConnectionSettings settings = PostgresWorld::shared().cluster.superuser();
        settings.statement_timeout = std::chrono::seconds(30);
        return settings;
    }

    std::unique_ptr<Connection> connection = Connection::open(patient(), soon());
};

TEST_F(ConnectionCopyTest, WhatCameOutGoesInAgain) {
    std::string bytes;
    EXPECT_EQ(connection->copy_out(
                  "COPY (SELECT n::bigint FROM generate_series(1, 200000) n)"
                  " TO STDOUT (FORMAT binary)",
                  [&](std::string_view piece) { bytes += piece; }, soon()),
              200'000U);
    EXPECT_EQ(
        connection->copy_in("COPY t FROM STDIN (FORMAT binary)", pieces(bytes, 65'536), soon()),
        200'000U);
    EXPECT_EQ(count(), 200'000) << "the session goes on in its pipeline";
}

TEST_F(ConnectionCopyTest, AFailedCopyLeavesTheSessionUsable) {
    EXPECT_THROW(connection->copy_out(
                     "COPY absent TO STDOUT", [](auto) {}, soon()),
                 PostgresError);
    EXPECT_THROW(connection->copy_in("COPY absent FROM STDIN", pieces("1\n", 2), soon()),
                 PostgresError);
    EXPECT_THROW(connection->copy_in("COPY t FROM STDIN", pieces("1\n-1\n", 1), soon()),
                 PostgresError);
    EXPECT_EQ(count(), 0);
}

TEST_F(ConnectionCopyTest, WhatIsCutShortIsNotTakenForTheWhole) {
    EXPECT_THROW(
        connection->copy_in(
            "COPY t FROM STDIN",
            []() -> std::string_view { throw std::runtime_error("the file is gone"); }, soon()),
        std::runtime_error);
    EXPECT_TRUE(connection->broken());
    EXPECT_FALSE(connection->idle());
    EXPECT_THROW(connection->copy_out(
                     "COPY t TO STDOUT", [](auto) {}, soon()),
                 PostgresError);
}

}  // namespace
}  // namespace soma::backends
