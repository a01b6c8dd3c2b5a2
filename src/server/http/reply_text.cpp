#include "server/http/reply_text.h"

#include <ctime>

namespace soma::server {
namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 204:
            return "No Content";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Status";
    }
}

/// IMF-fixdate; names are English whatever the locale.
std::string http_date(std::chrono::system_clock::time_point now) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[64];
    const int length = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                     kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    return {text, static_cast<std::size_t>(length)};
}

}  // namespace

std::string reply_head(const HttpReply& reply, std::string_view request_id, bool keep_alive,
                       bool is_http_1_0, std::chrono::system_clock::time_point now) {
    std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
    out += reason(reply.status);
    const auto add = [&](std::string_view name, std::string_view value) {
        out += "\r\n";
        out += name;
        out += ": ";
        out += value;
    };
    add("Date", http_date(now));
    add("Content-Type", reply.content_type);
    add("Content-Length", std::to_string(reply.body.size()));
    add("Request-Id", request_id);
    // Answers hold memories: neither a proxy nor a browser should keep or reinterpret them.
    add("Cache-Control", "no-store");
    add("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) {
        add(name, value);
    }
    if (!keep_alive) {
        add("Connection", "close");
    } else if (is_http_1_0) {
        add("Connection", "keep-alive");
    }
    out += "\r\n\r\n";
    return out;
}

}  // namespace soma::server
