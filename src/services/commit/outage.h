#pragma once
#include <atomic>

namespace soma::services {

/// Whether PostgreSQL answers, as those who waited for it found. It saves the next one the wait;
/// nothing else rests on it. Thread-safe.
class Outage {
  public:
    /// Somebody waited as long as anybody should.
    void begin() { goes_on_.store(true, std::memory_order_relaxed); }
    /// It has answered.
    void end() {
        if (goes_on()) {
            goes_on_.store(false, std::memory_order_relaxed);
        }
    }
    bool goes_on() const { return goes_on_.load(std::memory_order_relaxed); }

  private:
    std::atomic<bool> goes_on_{false};
};

}  // namespace soma::services
