#include "telemetry/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"

namespace soma::telemetry {
namespace {

const Metric& find_metric(std::string_view name, MetricKind kind) {
    const auto all = catalog();
    const auto* found = std::find_if(
        all.data(), all.data() + all.size(),
        [&](const Metric& metric) { return metric.name == name && metric.kind == kind; });
    SOMA_ASSERT(found != all.data() + all.size(), "every metric has a row in catalog.cpp");
    return *found;
}

prometheus::Labels make_labels(const Metric& metric,
                               std::initializer_list<std::string_view> values) {
    prometheus::Labels labels;
    std::string_view names = metric.labels;
    for (const auto value : values) {
        const auto end = std::min(names.find(' '), names.size());
        SOMA_ASSERT(end > 0, "more label values than the catalog has names");
        labels.emplace(names.substr(0, end), value);
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    SOMA_ASSERT(names.empty(), "fewer label values than the catalog has names");
    return labels;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

struct ProcessFigures {
    double resident_bytes = 0;
    double cpu_seconds = 0;
    double threads = 0;
};

ProcessFigures read_process() {
    ProcessFigures figures;
    std::ifstream in("/proc/self/status");
    std::string key;
    while (in >> key) {
        if (key == "VmRSS:" && in >> figures.resident_bytes) figures.resident_bytes *= 1024;
        if (key == "Threads:") in >> figures.threads;
        std::getline(in, key);
    }
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    return figures;
}

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<std::string_view, prometheus::Family<Counter>*> counters;
    std::map<std::string_view, prometheus::Family<Gauge>*> gauges;
    std::map<std::string_view, prometheus::Family<Histogram>*> histograms;
    std::vector<std::function<void()>> updates;
};

// Every family exists from the start: a metric that never moved is there too, at nought or empty,
// and the names on /metrics do not depend on what has happened so far.
Metrics::Metrics() : state_(std::make_unique<State>()) {
    for (const auto& metric : catalog()) {
        const std::string name(metric.name);
        const std::string help(metric.help);
        switch (metric.kind) {
            case MetricKind::counter:
                state_->counters[metric.name] =
                    &prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
                break;
            case MetricKind::gauge:
                state_->gauges[metric.name] =
                    &prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
                break;
            case MetricKind::histogram:
                state_->histograms[metric.name] =
                    &prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
                break;
        }
        if (!metric.labels.empty()) continue;
        if (metric.kind == MetricKind::counter) counter(metric.name);
        if (metric.kind == MetricKind::gauge) gauge(metric.name);
        if (metric.kind == MetricKind::histogram) histogram(metric.name);
    }
}

Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::initializer_list<std::string_view> labels) {
    const auto& metric = find_metric(name, MetricKind::counter);
    return state_->counters.at(metric.name)->Add(make_labels(metric, labels));
}

Gauge& Metrics::gauge(std::string_view name, std::initializer_list<std::string_view> labels) {
    const auto& metric = find_metric(name, MetricKind::gauge);
    return state_->gauges.at(metric.name)->Add(make_labels(metric, labels));
}

Histogram& Metrics::histogram(std::string_view name,
                              std::initializer_list<std::string_view> labels) {
    const auto& metric = find_metric(name, MetricKind::histogram);
    return state_->histograms.at(metric.name)
        ->Add(make_labels(metric, labels),
              Histogram::BucketBoundaries(metric.buckets.begin(), metric.buckets.end()));
}

void Metrics::before_text(std::function<void()> update) {
    const std::lock_guard lock(state_->mutex);
    state_->updates.push_back(std::move(update));
}

std::string Metrics::text() {
    {
        const std::lock_guard lock(state_->mutex);
        for (const auto& update : state_->updates) update();
    }
    const auto process = read_process();
    gauge("somabrain_process_resident_bytes").Set(process.resident_bytes);
    gauge("somabrain_process_cpu_seconds").Set(process.cpu_seconds);
    gauge("somabrain_process_threads_count").Set(process.threads);
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

Metrics& metrics() {
    static Metrics instance;
    return instance;
}

}  // namespace soma::telemetry
