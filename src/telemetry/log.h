#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace soma::telemetry {

enum class Level : std::uint8_t { debug, info, warn, error };

/// "info" → Level::info; anything else than the four names is our own mistake.
Level level_from_name(std::string_view name);

/// What happened, in words fixed at compile time: nothing a caller sent can get into it.
class EventName {
  public:
    template <std::size_t N>
    consteval EventName(const char (&text)[N]) : text_(text, N - 1) {}
    std::string_view text() const { return text_; }

  private:
    std::string_view text_;
};

/// One detail of an event. Only the names of loggable_fields() are printed as they are; the value
/// of any other name becomes "(redacted)", so a field is safe until somebody decides otherwise.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, bool v) : name(n), value(v) {}
    Field(std::string_view n, double v) : name(n), value(v) {}
    template <std::integral T>
    Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// The names whose values may be logged, separated by blanks. No secret and no content is among
/// them.
std::string_view loggable_fields();

/// Writes one line of JSON to stderr: time, level, event, then the fields in the order given. In
/// texts what looks sensitive (base/sensitive) is replaced by its class; over 1,024 bytes they are
/// cut. Thread-safe; never throws: a log line that cannot be written is dropped.
void log(Level level, EventName event, std::initializer_list<Field> fields = {}) noexcept;

/// Least level that is written; info until this is called.
void set_log_level(Level level);

/// The line log() would write, without a newline; `time` is RFC 3339.
std::string log_line(std::string_view time, Level level, EventName event,
                     std::initializer_list<Field> fields);

}  // namespace soma::telemetry
