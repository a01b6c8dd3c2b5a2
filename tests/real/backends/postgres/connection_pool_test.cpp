#include "backends/postgres/connection_pool.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/postgres/postgres_cluster.h"

namespace soma::backends {
namespace {

using test::PostgresCluster;
using test::PostgresWorld;

constexpr Statement kPid{"pid", "SELECT pg_backend_pid()"};

Deadline soon() {
    return Deadline(std::chrono::seconds(10));
}

int backend_pid(ConnectionPool& pool) {
    return pool.run(soon(), [](Connection& connection) {
        return connection.run(kPid, {}, soon()).row(0).int32(0);
    });
}

TEST(ConnectionPool, KeepsItsSessions) {
    ConnectionPool pool(PostgresWorld::shared().cluster.app(), 2);
    EXPECT_EQ(backend_pid(pool), backend_pid(pool));
}

TEST(ConnectionPool, WaitsForAFreeSessionUntilTheDeadline) {
    ConnectionPool pool(PostgresWorld::shared().cluster.app(), 1);
    pool.run(soon(), [&](Connection&) {
        try {
            pool.run(Deadline(std::chrono::milliseconds(50)), [](Connection&) {});
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        }
    });
    backend_pid(pool);  // free again
}

TEST(ConnectionPool, NeverOpensMoreThanItsLimit) {
    ConnectionPool pool(PostgresWorld::shared().cluster.app(), 3);
    std::mutex mutex;
    std::set<int> pids;
    std::vector<std::thread> threads;
    for (int i = 0; i < 12; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                const int pid = backend_pid(pool);
                const std::lock_guard lock(mutex);
                pids.insert(pid);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_LE(pids.size(), 3U);
}

TEST(ConnectionPool, ASessionLeftInATransactionIsNotHandedOn) {
    static constexpr Statement kBegin{"begin", "BEGIN"};
    ConnectionPool pool(PostgresWorld::shared().cluster.app(), 1);
    const int first = pool.run(soon(), [](Connection& connection) {
        connection.run(kBegin, {}, soon());
        return connection.run(kPid, {}, soon()).row(0).int32(0);
    });
    EXPECT_NE(backend_pid(pool), first);
}

TEST(ConnectionPool, GoesOnAfterARestartOfPostgres) {
    PostgresCluster cluster;
    ConnectionPool pool(cluster.app(), 2);
    const int before = backend_pid(pool);
    cluster.kill_now();
    EXPECT_THROW(backend_pid(pool), Error);
    cluster.start();
    EXPECT_NE(backend_pid(pool), before);
    // Killed between two requests: the caller of the second notices nothing.
    cluster.kill_now();
    cluster.start();
    backend_pid(pool);
}

}  // namespace
}  // namespace soma::backends
