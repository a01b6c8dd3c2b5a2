#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace soma::math {

/// Keeps the `count` best of `items`, best first, by a strict total order `better(a, b)`: equal
/// inputs in any order give the same result. O(n + count log count). T is cheap to move.
template <typename T, typename Better>
void keep_best(std::vector<T>& items, std::size_t count, Better better) {
    if (items.size() > count) {
        const auto cut = items.begin() + static_cast<std::ptrdiff_t>(count);
        std::nth_element(items.begin(), cut, items.end(), better);
        items.resize(count);
    }
    std::sort(items.begin(), items.end(), better);
}

}  // namespace soma::math
