#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace soma::backends {

/// One array parameter: a value from each row.
template <typename Item, typename Rows, typename Read>
std::vector<Item> column(const Rows& rows, Read read) {
    static_assert(!std::is_same_v<decltype(read(*rows.begin())), std::string>,
                  "a view would dangle");
    std::vector<Item> out;
    out.reserve(rows.size());
    for (const auto& row : rows) {
        out.push_back(read(row));
    }
    return out;
}

}  // namespace soma::backends
