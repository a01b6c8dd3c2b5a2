#include "telemetry/invariants.h"

#include <mutex>
#include <string_view>

namespace soma::telemetry {
namespace {

constexpr std::array<std::string_view, invariant_count> kNames = {
    "somabrain_math_density_trace_error_ratio", "somabrain_math_density_negative_eigenvalue_ratio",
    "somabrain_math_pagerank_residual_ratio",   "somabrain_math_pagerank_sum_error_ratio",
    "somabrain_math_bridge_margin_error_ratio", "somabrain_math_kirchhoff_error_ratio",
    "somabrain_math_out_of_bounds_count"};

/// Reading a gauge and setting it are two steps.
std::mutex& raising() {
    static std::mutex mutex;
    return mutex;
}

}  // namespace

Invariants::Invariants() {
    for (std::size_t i = 0; i < invariant_count; ++i) {
        gauges_[i] = &metrics().gauge(kNames[i]);
    }
}

void Invariants::see(Invariant invariant, double error) {
    Gauge& gauge = *gauges_[static_cast<std::size_t>(invariant)];
    const std::scoped_lock lock(raising());
    if (!(error <= gauge.Value())) {
        gauge.Set(error);
    }
}

}  // namespace soma::telemetry
