#include "math/scan/bitmap.h"

#include <algorithm>

namespace soma::math {

void Bitmap::resize(std::size_t size) {
    words_.resize((size + 63) / 64, 0);
    if (size < size_ && size % 64 != 0) {
        words_.back() &= (std::uint64_t{1} << (size % 64)) - 1;
    }
    size_ = size;
}

std::size_t Bitmap::count() const {
    std::size_t total = 0;
    for (const std::uint64_t word : words_) {
        total += static_cast<std::size_t>(std::popcount(word));
    }
    return total;
}

void Bitmap::intersect(const Bitmap& other) {
    const std::size_t shared = std::min(words_.size(), other.words_.size());
    for (std::size_t w = 0; w < shared; ++w) {
        words_[w] &= other.words_[w];
    }
    std::fill(words_.begin() + static_cast<std::ptrdiff_t>(shared), words_.end(), 0);
}

void Bitmap::unite(const Bitmap& other) {
    for (std::size_t w = 0; w < other.words_.size(); ++w) {
        words_[w] |= other.words_[w];
    }
}

void Bitmap::invert() {
    for (std::uint64_t& word : words_) {
        word = ~word;
    }
    if (size_ % 64 != 0) {
        words_.back() &= (std::uint64_t{1} << (size_ % 64)) - 1;
    }
}

}  // namespace soma::math
