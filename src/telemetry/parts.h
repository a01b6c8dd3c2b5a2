#pragma once
#include <array>
#include <chrono>
#include <cstdint>

#include "telemetry/metrics.h"

namespace soma::telemetry {

/// The parts of a request that are worth timing apart.
enum class Part : std::uint8_t { embed, search, commit };

/// Times parts of requests into somabrain_request_part_seconds. Thread-safe.
class Parts {
  public:
    /// Observes the time from its making to its end.
    class Timer {
      public:
        explicit Timer(Histogram& histogram)
            : histogram_(histogram), start_(std::chrono::steady_clock::now()) {}
        ~Timer() {
            const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
            histogram_.Observe(elapsed.count());
        }
        Timer(const Timer&) = delete;
        Timer& operator=(const Timer&) = delete;

      private:
        Histogram& histogram_;
        std::chrono::steady_clock::time_point start_;
    };

    Parts();
    Timer time(Part part) { return Timer(*histograms_[static_cast<std::size_t>(part)]); }

  private:
    std::array<Histogram*, 3> histograms_;
};

}  // namespace soma::telemetry
