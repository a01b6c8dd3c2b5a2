#include "server/request_headers.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace soma::server {
namespace {

constexpr std::size_t kMaxIdempotencyKey = 128;
constexpr std::size_t kMaxTelemetryRef = 256;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::string bearer_token(const RequestHead& head) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string value = find_header(head, "authorization").value_or("");
    if (value.size() <= kScheme.size() ||
        !equal_ignoring_case(std::string_view(value).substr(0, kScheme.size()), kScheme)) {
        return {};
    }
    return std::string(trimmed(std::string_view(value).substr(kScheme.size())));
}

/// `shown`: the header's name as we write it.
std::string checked_ascii(const RequestHead& head, const std::string& shown, std::size_t max) {
    std::string name = shown;
    std::transform(name.begin(), name.end(), name.begin(), lower);
    if (std::ranges::count(head.headers, name, &Header::first) > 1) {
        throw invalid(shown, "must be given once");
    }
    const auto value = find_header(head, name);
    if (!value) {
        return {};
    }
    if (value->empty()) {
        throw invalid(shown, "must not be empty");
    }
    if (value->size() > max) {
        throw invalid(shown, "must have at most " + std::to_string(max) + " characters");
    }
    if (std::any_of(value->begin(), value->end(), [](char c) { return c < 0x20 || c > 0x7E; })) {
        throw invalid(shown, "must be printable ASCII");
    }
    return *value;
}

/// For events of requests that are refused before their headers are checked.
std::string telemetry_ref_or_none(const RequestHead& head) {
    try {
        return checked_ascii(head, "Soma-Telemetry-Ref", kMaxTelemetryRef);
    } catch (const Error&) {
        return {};
    }
}

bool is_lower_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

services::RequestContext begin_context(const RequestHead& head, std::string method,
                                       std::chrono::milliseconds request_deadline) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        Deadline::Clock::now() - head.received);
    return {.method = std::move(method),
            .bearer_token = bearer_token(head),
            .idempotency_key = {},
            .telemetry_ref = telemetry_ref_or_none(head),
            .request_id = head.request_id,
            .trace_id = trace_id_of(find_header(head, "traceparent").value_or("")),
            .now = wall_clock_now(),
            .deadline = Deadline(request_deadline - waited)};
}

void add_checked_headers(const RequestHead& head, bool takes_idempotency_key,
                         services::RequestContext& context) {
    std::string key = checked_ascii(head, "Idempotency-Key", kMaxIdempotencyKey);
    if (takes_idempotency_key) {
        context.idempotency_key = std::move(key);
    }
    context.telemetry_ref = checked_ascii(head, "Soma-Telemetry-Ref", kMaxTelemetryRef);
}

void check_media_type(const RequestHead& head) {
    const auto type = find_header(head, "content-type");
    if (!type || !is_json_media_type(*type)) {
        throw Error(ErrorKind::unsupported_media_type, "Content-Type must be application/json");
    }
    if (find_header(head, "content-encoding")) {
        throw Error(ErrorKind::unsupported_media_type, "a Content-Encoding is not supported");
    }
}

bool is_legal_host(std::string_view host) {
    const std::size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
    const std::string_view name = host.substr(0, colon);
    const std::string_view port = colon == std::string_view::npos ? "" : host.substr(colon + 1);
    const auto is_name_character = [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
               std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
    };
    const bool is_address = name.size() > 2 && name.front() == '[' && name.back() == ']';
    const bool is_legal_name =
        is_address ? name.find_first_not_of("0123456789abcdefABCDEF:.", 1) == name.size() - 1
                   : !name.empty() && std::ranges::all_of(name, is_name_character);
    return is_legal_name && port.size() <= 5 &&
           port.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_json_media_type(std::string_view content_type) {
    const std::size_t semicolon = content_type.find(';');
    if (!equal_ignoring_case(trimmed(content_type.substr(0, semicolon)), "application/json")) {
        return false;
    }
    if (semicolon == std::string_view::npos) {
        return true;
    }
    const std::string_view parameter = trimmed(content_type.substr(semicolon + 1));
    return equal_ignoring_case(parameter, "charset=utf-8") ||
           equal_ignoring_case(parameter, "charset=\"utf-8\"");
}

std::string trace_id_of(std::string_view traceparent) {
    // version-traceid-parentid-flags; later versions may go on after another dash.
    if (traceparent.size() < 55 || traceparent[2] != '-' || traceparent[35] != '-' ||
        traceparent[52] != '-') {
        return {};
    }
    const std::string_view version = traceparent.substr(0, 2);
    const std::string_view trace = traceparent.substr(3, 32);
    const std::string_view parent = traceparent.substr(36, 16);
    const bool is_tail_legal =
        traceparent.size() == 55 || (version != "00" && traceparent[55] == '-');
    if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(trace) ||
        !is_lower_hex(parent) || !is_lower_hex(traceparent.substr(53, 2)) || !is_tail_legal ||
        trace.find_first_not_of('0') == std::string_view::npos ||
        parent.find_first_not_of('0') == std::string_view::npos) {
        return {};
    }
    return std::string(trace);
}

}  // namespace soma::server
