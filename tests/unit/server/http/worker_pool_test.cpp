#include "server/http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

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

TEST(WorkerPool, WakesWhoWorkedLast) {
    constexpr std::size_t threads = 16;
    WorkerPool pool(threads, 64);
    std::mutex mutex;
    std::set<std::thread::id> used;
    for (int i = 0; i < 64; ++i) {
        std::latch done(1);
        ASSERT_TRUE(pool.try_post([&] {
            const std::lock_guard lock(mutex);
            used.insert(std::this_thread::get_id());
            done.count_down();
        }));
        done.wait();
        // Time to lie down: called too early, a thread leaves the job to another one.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    pool.stop();
    EXPECT_LT(used.size(), threads);  // in turn, all of them would have worked
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
