#include "server/http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace soma::server {
namespace {

TEST(WorkerPool, RefusesWhenItsQueueIsFull) {
    WorkerPool pool(1, 2);
    std::latch started(1);
    std::latch release(1);
    std::atomic<int> done{0};
    ASSERT_TRUE(pool.try_post([&] {
        started.count_down();
        release.wait();
        ++done;
    }));
    started.wait();  // the only thread is busy, the queue is empty
    EXPECT_TRUE(pool.try_post([&] { ++done; }));
    EXPECT_TRUE(pool.try_post([&] { ++done; }));
    EXPECT_FALSE(pool.try_post([&] { ++done; }));
    EXPECT_EQ(pool.queued(), 2U);
    release.count_down();
    pool.stop();
    EXPECT_EQ(done, 3);  // what was taken is carried out
    EXPECT_FALSE(pool.try_post([] {}));
    pool.stop();
}

TEST(WorkerPool, RunsEverythingOnce) {
    std::atomic<int> done{0};
    int accepted = 0;
    {
        WorkerPool pool(4, 64);
        for (int i = 0; i < 5000; ++i) {
            accepted += pool.try_post([&] { ++done; }) ? 1 : 0;
        }
    }
    EXPECT_EQ(done, accepted);
}

}  // namespace
}  // namespace soma::server
