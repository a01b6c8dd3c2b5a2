#include "services/background/background_thread.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace soma::services {

bool pause(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any never;  // but a stop wakes whoever waits with its token
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

void BackgroundThread::start(std::function<void(const std::stop_token&)> work) {
    thread_ = std::jthread([work = std::move(work)](const std::stop_token& stop) { work(stop); });
}

void BackgroundThread::repeat(std::chrono::milliseconds period, std::function<void()> round) {
    start([period, round = std::move(round)](const std::stop_token& stop) {
        while (pause(stop, period)) {
            round();
        }
    });
}

void BackgroundThread::stop() {
    thread_.request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

}  // namespace soma::services
