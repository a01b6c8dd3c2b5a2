#include "domain/memory/page_cursor.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace soma::domain {

std::string PageCursor::to_string() const {
    std::string bytes;
    for (const std::uint64_t number :
         {epoch, after, state, static_cast<std::uint64_t>(valid_at.time_since_epoch().count()),
          request}) {
        append_u64be(bytes, number);
    }
    return to_base64url(bytes);
}

std::optional<PageCursor> PageCursor::parse(std::string_view text) {
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() != 40) {
        return std::nullopt;
    }
    const auto number = [&bytes](std::size_t i) {
        return read_u64be(std::string_view(*bytes).substr(8 * i, 8));
    };
    return PageCursor{number(0), number(1), number(2),
                      Time(Time::duration(static_cast<std::int64_t>(number(3)))), number(4)};
}

std::uint64_t request_digest(std::initializer_list<std::string_view> parameters) {
    std::string bytes;
    for (const std::string_view parameter : parameters) {
        append_u64be(bytes, parameter.size());
        bytes.append(parameter);
    }
    return read_u64be(std::string_view(sha256(bytes)).substr(0, 8));
}

}  // namespace soma::domain
