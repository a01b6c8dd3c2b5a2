#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "telemetry/metrics.h"

namespace soma::telemetry {

/// The laws of the mathematics whose breach is measured while serving; each has its gauge
/// somabrain_math_…, the greatest error since the start.
enum class Invariant : std::uint8_t {
    density_trace,
    density_negative,
    pagerank_residual,
    pagerank_sum,
    bridge_margin,
    kirchhoff,
    bounds
};

inline constexpr std::size_t invariant_count = 7;

/// Raises gauges to the greatest error seen. Thread-safe; all of them share the gauges.
class Invariants {
  public:
    Invariants();
    /// `error` ≥ 0; infinity: there was no answer.
    void see(Invariant invariant, double error);

  private:
    std::array<Gauge*, invariant_count> gauges_;
};

}  // namespace soma::telemetry
