#pragma once
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace soma::services {

/// Waits `time`, or until a stop is asked for: false then. A time of zero only asks.
bool pause(const std::stop_token& stop, std::chrono::milliseconds time);

/// A thread of a service's own that works until it is told to stop. Declared last in its owner,
/// whose other members it uses: they live longer than it does. start() and stop() are one thread's;
/// the work must not throw.
class BackgroundThread {
  public:
    /// `work` returns soon after its token asks it to.
    void start(std::function<void(const std::stop_token&)> work);
    /// A round after each `period`.
    void repeat(std::chrono::milliseconds period, std::function<void()> round);
    /// Returns when the work has. Idempotent; the destructor does it too.
    void stop();

  private:
    std::jthread thread_;
};

}  // namespace soma::services
