#include "services/background/background_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

using soma::services::BackgroundThread;
using soma::services::pause;
using namespace std::chrono_literals;

TEST(BackgroundThread, AStopEndsAPauseOfAnyLength) {
    BackgroundThread thread;
    std::latch begun(1);
    std::atomic<bool> went_on{true};
    thread.start([&](const std::stop_token& stop) {
        begun.count_down();
        went_on = pause(stop, 24h);
    });
    begun.wait();
    thread.stop();
    EXPECT_FALSE(went_on);
}

TEST(BackgroundThread, RoundsComeUntilTheStopAndNoneAfter) {
    std::atomic<int> rounds{0};
    std::latch three(3);
    BackgroundThread thread;
    thread.repeat(1ms, [&] {
        if (++rounds <= 3) {
            three.count_down();
        }
    });
    three.wait();
    thread.stop();
    const int then = rounds;
    pause(std::stop_token{}, 5ms);
    EXPECT_EQ(rounds, then);
}

TEST(BackgroundThread, StopsOfWhatNeverStartedOrHasStoppedAreNothing) {
    BackgroundThread thread;
    thread.stop();
    std::latch begun(1);
    thread.start([&](const std::stop_token& stop) {
        EXPECT_TRUE(pause(stop, 0ms));
        begun.count_down();
    });
    begun.wait();
    thread.stop();
    thread.stop();
}

TEST(BackgroundThread, ItsEndIsAStop) {
    std::atomic<bool> ended{false};
    {
        BackgroundThread thread;
        thread.start([&](const std::stop_token& stop) {
            while (pause(stop, 1h)) {
            }
            ended = true;
        });
    }
    EXPECT_TRUE(ended);
}
