#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace soma {

/// Wall-clock instants are UTC microseconds; finer input is refused, not rounded.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The one place that reads the wall clock: once per request, then passed on and recorded.
Time wall_clock_now();

/// "2026-01-02T03:04:05.678901Z", always six decimals: equal instants have equal text. Years 1 to
/// 9999.
std::string format_rfc3339(Time time);

/// RFC 3339 with any offset and up to six decimals, years 0001..9999; nullopt otherwise (a seventh
/// decimal, a missing offset, an impossible date). A leap second (":60") is refused.
std::optional<Time> parse_rfc3339(std::string_view text);

/// What a request has left. Every backend call takes its timeout from here.
class Deadline {
  public:
    using Clock = std::chrono::steady_clock;
    explicit Deadline(std::chrono::milliseconds from_now) : at_(Clock::now() + from_now) {}

    /// The same deadline, later by `more`.
    Deadline plus(std::chrono::milliseconds more) const { return Deadline(at_ + more); }

    Clock::time_point at() const { return at_; }
    bool passed() const { return Clock::now() >= at_; }
    /// Never negative.
    std::chrono::milliseconds remaining() const;

  private:
    explicit Deadline(Clock::time_point at) : at_(at) {}

    Clock::time_point at_;
};

}  // namespace soma
