#pragma once
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace soma::telemetry {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

/// One row of the list of all metrics (catalog.cpp). Names are somabrain_<room>_<what>_<unit>;
/// counters of things end in _total. Labels have few values each: never a tenant, an id or a text.
struct Metric {
    std::string_view name;
    MetricKind kind;
    std::string_view help;
    std::string_view labels = {};          ///< label names separated by blanks
    std::span<const double> buckets = {};  ///< histograms: upper bounds, ascending
};

/// Every metric there is. A golden file in the tests repeats the names, so that renaming one, which
/// breaks somebody's dashboard, is seen in review.
std::span<const Metric> catalog();

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;

/// The process's metrics. Thread-safe. Looking one up takes a lock: keep the reference, which stays
/// valid as long as the registry. A name that is not in the catalog, or the wrong number of label
/// values, is our own mistake.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(std::string_view name, std::initializer_list<std::string_view> labels = {});
    Gauge& gauge(std::string_view name, std::initializer_list<std::string_view> labels = {});
    Histogram& histogram(std::string_view name,
                         std::initializer_list<std::string_view> labels = {});

    /// Runs before each exposition: for figures that are read rather than counted (queue lengths,
    /// cache sizes). Must not throw; whoever adds one outlives the registry's last text().
    void before_text(std::function<void()> update);

    /// Prometheus text format 0.0.4, with the process's own figures.
    std::string text();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The one registry of the process.
Metrics& metrics();

}  // namespace soma::telemetry
