#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace soma::math {

/// Keeps the `count` best of `items`, best first, by a strict total order `better(a, b)`: equal
/// inputs in any order give the same result. O(n + count log count), or for a few of many
/// O(n + count log n log count) in random order: a heap of the best so far turns nearly every item
/// away at one comparison, guessed right. T is cheap to move.
template <typename T, typename Better>
void keep_best(std::vector<T>& items, std::size_t count, Better better) {
    const auto cut = items.begin() + static_cast<std::ptrdiff_t>(std::min(count, items.size()));
    if (items.size() / 32 > count) {
        std::partial_sort(items.begin(), cut, items.end(), better);
        items.resize(count);
        return;
    }
    if (items.size() > count) {
        std::nth_element(items.begin(), cut, items.end(), better);
        items.resize(count);
    }
    std::sort(items.begin(), items.end(), better);
}

}  // namespace soma::math
