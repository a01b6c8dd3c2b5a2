#pragma once
#include <sys/resource.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

namespace soma::bench {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Of this process, all its threads: user and system.
inline double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// `values` is sorted by it. 0 when there are none.
inline double quantile(std::vector<double>& values, double q) {
    if (values.empty()) {
        return 0;
    }
    const auto at = std::min(values.size() - 1,
                             static_cast<std::size_t>(q * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at),
                     values.end());
    return values[at];
}

inline double median(std::vector<double> values) {
    return quantile(values, 0.5);
}

/// {"median", "least", "most"}
inline json::object spread(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return {{"median", median(values)}, {"least", *least}, {"most", *most}};
}

}  // namespace soma::bench
