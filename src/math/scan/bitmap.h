#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace soma::math {

/// A growing set of small numbers, 64 to a word: which rows a scan may look at. Bits past `size()`
/// are always 0, so words can be scanned whole.
class Bitmap {
  public:
    Bitmap() = default;
    explicit Bitmap(std::size_t size) { resize(size); }

    std::size_t size() const { return size_; }
    /// Grows with zeros, or cuts.
    void resize(std::size_t size);
    void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
    void reset(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
    bool test(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
    std::size_t count() const;
    /// Keeps what both hold; the other's missing tail counts as zeros.
    void intersect(const Bitmap& other);
    /// Adds what the other holds, which is at most as large.
    void unite(const Bitmap& other);
    /// Keeps exactly what it did not hold.
    void invert();

    std::size_t word_count() const { return words_.size(); }
    std::uint64_t word(std::size_t i) const { return words_[i]; }
    /// Members 64 i … 64 i + 63 at once; bits past `size()` are 0.
    void set_word(std::size_t i, std::uint64_t word) { words_[i] = word; }
    const std::uint64_t* words() const { return words_.data(); }
    std::size_t bytes() const { return words_.capacity() * sizeof(std::uint64_t); }

    /// Calls `visit(i)` for every member in ascending order: time follows the members, not the
    /// size.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t w = 0; w < words_.size(); ++w) {
            for (std::uint64_t rest = words_[w]; rest != 0; rest &= rest - 1) {
                visit(w * 64 + static_cast<std::size_t>(std::countr_zero(rest)));
            }
        }
    }

    friend bool operator==(const Bitmap&, const Bitmap&) = default;

  private:
    std::vector<std::uint64_t> words_;
    std::size_t size_ = 0;
};

}  // namespace soma::math
