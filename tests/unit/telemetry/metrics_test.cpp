#include "telemetry/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <thread>
#include <vector>

#include "source_dir.h"

namespace soma::telemetry {
namespace {

TEST(Metrics, NamesAreTheGoldenOnes) {
    std::vector<std::string> golden;
    std::ifstream in(SOMABRAIN_SOURCE_DIR "/tests/unit/telemetry/metrics.golden");
    for (std::string line; std::getline(in, line);) golden.push_back(line);
    std::vector<std::string> names;
    for (const auto& metric : catalog()) names.emplace_back(metric.name);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, golden) << "a name that changes breaks dashboards: say so in CHANGELOG.md";
}

TEST(Metrics, RowsKeepTheRulesOfTheCatalog) {
    const std::regex form(
        "somabrain_[a-z]+(_[a-z]+)*_(total|seconds|bytes|count|requests|intents|tenants|ratio|"
        "verified|events|active)");
    for (const auto& metric : catalog()) {
        const std::string name(metric.name);
        EXPECT_TRUE(std::regex_match(name, form)) << name;
        EXPECT_EQ(metric.kind == MetricKind::counter, name.ends_with("_total")) << name;
        EXPECT_EQ(metric.kind == MetricKind::histogram, !metric.buckets.empty()) << name;
        EXPECT_TRUE(std::is_sorted(metric.buckets.begin(), metric.buckets.end())) << name;
        EXPECT_TRUE(metric.help.ends_with('.')) << name;
        for (const char* label : {"tenant", "id", "user", "subject"}) {
            EXPECT_EQ(metric.labels.find(label), std::string_view::npos) << name;
        }
    }
}

TEST(Metrics, TextShowsWhatWasCounted) {
    Metrics metrics;
    metrics.counter("somabrain_server_requests_total", {"POST /v1/recall", "200"}).Increment(3);
    metrics.histogram("somabrain_request_part_seconds", {"commit"}).Observe(0.002);
    metrics.before_text([&] { metrics.gauge("somabrain_server_queue_requests").Set(7); });
    const auto text = metrics.text();
    EXPECT_NE(
        text.find("somabrain_server_requests_total{route=\"POST /v1/recall\",status=\"200\"} 3"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("somabrain_request_part_seconds_bucket{part=\"commit\",le=\"0.002\"} 1"),
              std::string::npos);
    EXPECT_NE(text.find("somabrain_server_queue_requests 7"), std::string::npos);
    EXPECT_NE(text.find("somabrain_index_loads_total 0"), std::string::npos) << "never moved";
}

TEST(Metrics, TheProcessIsMeasured) {
    Metrics metrics;
    metrics.text();
    EXPECT_GT(metrics.gauge("somabrain_process_resident_bytes").Value(), 1e6);
    EXPECT_GT(metrics.gauge("somabrain_process_cpu_seconds").Value(), 0);
    EXPECT_GE(metrics.gauge("somabrain_process_threads_count").Value(), 1);
}

TEST(Metrics, TheSameLabelsAreTheSameCounterFromAnyThread) {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n) {
                metrics.counter("somabrain_identity_refusals_total", {"expired"}).Increment();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(metrics.counter("somabrain_identity_refusals_total", {"expired"}).Value(), 4000);
}

TEST(MetricsDeath, AStrangerIsOurOwnMistake) {
    Metrics metrics;
    EXPECT_DEATH(metrics.counter("somabrain_new_thing_total"), "catalog");
    EXPECT_DEATH(metrics.gauge("somabrain_server_requests_total", {"a", "b"}), "catalog");
    EXPECT_DEATH(metrics.counter("somabrain_identity_refusals_total"), "fewer label values");
    EXPECT_DEATH(metrics.counter("somabrain_commit_rows_total", {"x"}), "more label values");
}

}  // namespace
}  // namespace soma::telemetry
