#include "telemetry/invariants.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace soma::telemetry {
namespace {

double value(const char* name) {
    return metrics().gauge(name).Value();
}

// The gauges are the process's: what one test raised stays.
TEST(Invariants, AGaugeKeepsTheGreatestErrorSeen) {
    Invariants invariants;
    invariants.see(Invariant::density_trace, 1e-16);
    EXPECT_EQ(value("somabrain_math_density_trace_error_ratio"), 1e-16);
    invariants.see(Invariant::density_trace, 1e-17);
    EXPECT_EQ(value("somabrain_math_density_trace_error_ratio"), 1e-16);
    Invariants().see(Invariant::density_trace, 1e-15);
    EXPECT_EQ(value("somabrain_math_density_trace_error_ratio"), 1e-15) << "all share the gauges";
    EXPECT_EQ(value("somabrain_math_density_negative_eigenvalue_ratio"), 0);
}

TEST(Invariants, NoAnswerIsTheGreatestErrorOfAll) {
    Invariants invariants;
    invariants.see(Invariant::bridge_margin, std::numeric_limits<double>::infinity());
    invariants.see(Invariant::bridge_margin, 1);
    EXPECT_EQ(value("somabrain_math_bridge_margin_error_ratio"),
              std::numeric_limits<double>::infinity());
}

TEST(Invariants, EachHasItsOwn) {
    Invariants invariants;
    invariants.see(Invariant::density_negative, 1);
    invariants.see(Invariant::pagerank_residual, 2);
    invariants.see(Invariant::pagerank_sum, 3);
    invariants.see(Invariant::bounds, 4);
    EXPECT_EQ(value("somabrain_math_density_negative_eigenvalue_ratio"), 1);
    EXPECT_EQ(value("somabrain_math_pagerank_residual_ratio"), 2);
    EXPECT_EQ(value("somabrain_math_pagerank_sum_error_ratio"), 3);
    EXPECT_EQ(value("somabrain_math_out_of_bounds_count"), 4);
}

TEST(Invariants, OfManyThreadsTheGreatestStays) {
    Invariants invariants;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&invariants, i] {
            for (int n = 0; n < 1000; ++n) {
                invariants.see(Invariant::pagerank_sum, 10.0 + n + i / 10.0);
            }
        });
    }
    threads.clear();
    EXPECT_EQ(value("somabrain_math_pagerank_sum_error_ratio"), 10.0 + 999 + 0.3);
}

}  // namespace
}  // namespace soma::telemetry
