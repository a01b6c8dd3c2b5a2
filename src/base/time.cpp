#include "base/time.h"

#include <algorithm>
#include <cstdio>

namespace soma {
namespace {

/// Reads exactly `count` digits at `text[position]` and moves on; -1 when they are not digits.
int read_digits(std::string_view text, std::size_t& position, std::size_t count) {
    if (position + count > text.size()) {
        return -1;
    }
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const char c = text[position + i];
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    position += count;
    return value;
}

bool read_char(std::string_view text, std::size_t& position, std::string_view allowed) {
    if (position >= text.size() || allowed.find(text[position]) == std::string_view::npos) {
        return false;
    }
    ++position;
    return true;
}

std::optional<std::chrono::microseconds> read_fraction(std::string_view text,
                                                       std::size_t& position) {
    if (position >= text.size() || text[position] != '.') {
        return std::chrono::microseconds(0);
    }
    ++position;
    int micros = 0;
    int digits = 0;
    while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
        if (++digits > 6) {
            return std::nullopt;
        }
        micros = micros * 10 + (text[position++] - '0');
    }
    if (digits == 0) {
        return std::nullopt;
    }
    for (; digits < 6; ++digits) {
        micros *= 10;
    }
    return std::chrono::microseconds(micros);
}

std::optional<std::chrono::minutes> read_offset(std::string_view text, std::size_t& position) {
    if (read_char(text, position, "Zz")) {
        return std::chrono::minutes(0);
    }
    const bool negative = position < text.size() && text[position] == '-';
    if (!read_char(text, position, "+-")) {
        return std::nullopt;
    }
    const int hours = read_digits(text, position, 2);
    if (!read_char(text, position, ":")) {
        return std::nullopt;
    }
    const int minutes = read_digits(text, position, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset(hours * 60 + minutes);
    return negative ? -offset : offset;
}

std::optional<std::chrono::sys_days> read_date(std::string_view text, std::size_t& position) {
    const int year = read_digits(text, position, 4);
    const bool first = read_char(text, position, "-");
    const int month = read_digits(text, position, 2);
    const bool second = read_char(text, position, "-");
    const int day = read_digits(text, position, 2);
    if (!first || !second || year < 1 || month < 0 || day < 0) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date);
}

}  // namespace

Time wall_clock_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string format_rfc3339(Time time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(time - days);
    // By hand: an answer holds dozens of times, and snprintf was a twentieth of its making.
    std::string out = "0000-00-00T00:00:00.000000Z";
    const auto write = [&out](std::size_t at, std::size_t width, std::int64_t value) {
        for (std::size_t i = at + width; i > at; value /= 10) {
            out[--i] = static_cast<char>('0' + value % 10);
        }
    };
    write(0, 4, static_cast<int>(date.year()));
    write(5, 2, static_cast<unsigned>(date.month()));
    write(8, 2, static_cast<unsigned>(date.day()));
    write(11, 2, clock.hours().count());
    write(14, 2, clock.minutes().count());
    write(17, 2, clock.seconds().count());
    write(20, 6, clock.subseconds().count());
    return out;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
    std::size_t position = 0;
    const auto date = read_date(text, position);
    if (!date || !read_char(text, position, "Tt")) {
        return std::nullopt;
    }
    const int hour = read_digits(text, position, 2);
    const bool first = read_char(text, position, ":");
    const int minute = read_digits(text, position, 2);
    const bool second = read_char(text, position, ":");
    const int seconds = read_digits(text, position, 2);
    if (!first || !second || hour < 0 || hour > 23 || minute < 0 || minute > 59 || seconds < 0 ||
        seconds > 59) {
        return std::nullopt;
    }
    const auto fraction = read_fraction(text, position);
    if (!fraction) {
        return std::nullopt;
    }
    const auto offset = read_offset(text, position);
    if (!offset || position != text.size()) {
        return std::nullopt;
    }
    const Time local = Time(*date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                       std::chrono::seconds(seconds) + *fraction;
    const Time time = local - *offset;
    // The offset may carry an instant out of the years that have a text form.
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
    if (day.year() < std::chrono::year(1) || day.year() > std::chrono::year(9999)) {
        return std::nullopt;
    }
    return time;
}

std::chrono::milliseconds Deadline::remaining() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace soma
