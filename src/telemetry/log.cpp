#include "telemetry/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/sensitive/classify.h"
#include "base/time.h"
#include "base/unicode.h"

namespace soma::telemetry {
namespace {

constexpr std::size_t kMaxTextBytes = 1024;
constexpr std::size_t kMaxReadBytes = 4096;
constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};

// Identifiers, counts, times and reasons. `detail` is Error's: its writers keep content out of it.
constexpr std::string_view kLoggable =
    "address attempt audience began bytes code component count dependency detail dimension error "
    "expected field file generation host issuer kind law length limit method milliseconds model "
    "name operation outcome passages pid port reason request_id role route rows sequence shard "
    "signal signer sqlstate status step stream tenant threads trace_id unknown variable version "
    "wanted";

bool loggable(std::string_view name) {
    for (std::size_t at = 0; (at = kLoggable.find(name, at)) != std::string_view::npos; ++at) {
        const bool starts = at == 0 || kLoggable[at - 1] == ' ';
        const auto end = at + name.size();
        if (starts && (end == kLoggable.size() || kLoggable[end] == ' ')) return !name.empty();
    }
    return false;
}

// What drivers and kernels say need not be UTF-8, and JSON must be. They also quote what they were
// given: whatever looks like a credential or a person's number is left out, before the text is cut,
// for half a number would not be known for one.
std::string clean(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size() && out.size() < kMaxReadBytes;) {
        const auto point = decode_at(text, at);
        append_utf8(out, point.value);
        at += point.length;
    }
    out = redact_text(out, kAllTextClasses);
    out.resize(floor_boundary(out, std::min(out.size(), kMaxTextBytes)));
    return out;
}

boost::json::value to_json(const Field& field) {
    if (!loggable(field.name)) return "(redacted)";
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        return boost::json::string(clean(*text));
    }
    if (const auto* integer = std::get_if<std::int64_t>(&field.value)) return *integer;
    if (const auto* real = std::get_if<double>(&field.value)) return *real;
    return std::get<bool>(field.value);
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            break;
    }
    return spdlog::level::err;
}

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "somabrain", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *instance;
}

}  // namespace

Level level_from_name(std::string_view name) {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i] == name) return static_cast<Level>(i);
    }
    SOMA_ASSERT(false, "the configuration table allows the four level names only");
    return Level::info;
}

std::string_view loggable_fields() {
    return kLoggable;
}

std::string log_line(std::string_view time, Level level, EventName event,
                     std::initializer_list<Field> fields) {
    boost::json::object line;
    line["time"] = time;
    line["level"] = kNames[static_cast<std::size_t>(level)];
    line["event"] = event.text();
    for (const auto& field : fields) line[field.name] = to_json(field);
    return serialize(line);
}

void log(Level level, EventName event, std::initializer_list<Field> fields) noexcept {
    try {
        const auto severity = to_spdlog(level);
        if (!logger().should_log(severity)) return;
        logger().log(severity, spdlog::string_view_t(log_line(format_rfc3339(wall_clock_now()),
                                                              level, event, fields)));
    } catch (const std::exception&) {
        return;  // out of memory or no stderr: the request goes on
    }
}

void set_log_level(Level level) {
    logger().set_level(to_spdlog(level));
}

}  // namespace soma::telemetry
