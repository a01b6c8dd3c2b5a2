#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace soma::domain {

/// Where a list goes on, and what it is a list of: every page shows the state and the valid time of
/// the first. Opaque to callers: base64url of its fields, 8 bytes each. It grants nothing: pages
/// are read with the caller's own rights.
struct PageCursor {
    std::uint64_t epoch = 0;  ///< the tenant's: another tenant's, or from before a restore, differs
    std::uint64_t after = 0;  ///< sequence of the last memory shown
    std::uint64_t state = 0;  ///< state sequence of the first page
    Time valid_at;
    std::uint64_t request = 0;  ///< digest of the parameters that must stay the same

    std::string to_string() const;
    static std::optional<PageCursor> parse(std::string_view text);
    friend bool operator==(const PageCursor&, const PageCursor&) = default;
};

/// PageCursor::request of the given parameters, each in its decoded form. Pure.
std::uint64_t request_digest(std::initializer_list<std::string_view> parameters);

}  // namespace soma::domain
