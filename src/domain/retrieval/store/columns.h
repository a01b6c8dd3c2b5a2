#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "domain/memory/time_scope.h"
#include "math/scan/bitmap.h"

namespace soma::domain {

/// A memory's numbers and times, by slot, one array for each of them: a condition on one reads
/// nothing else. All are integers in the order of what they stand for. Many readers or one writer.
class Columns {
  public:
    enum class Name : std::uint8_t {
        sequence,
        created_at,
        occurred_at,
        valid_from,
        valid_to,
        expires_at,
        turn,
        importance,
    };
    static constexpr std::size_t count = 8;
    /// "No value": below every value.
    static constexpr std::int64_t absent = std::numeric_limits<std::int64_t>::min();

    static std::int64_t number_of(Time time) { return time.time_since_epoch().count(); }
    /// In the order of the doubles; not for NaN. Both zeros are one.
    static std::int64_t number_of(double value) {
        const auto bits = std::bit_cast<std::int64_t>(value + 0.0);
        return bits ^ ((bits >> 63) & std::numeric_limits<std::int64_t>::max());
    }

    /// Writes all of a memory's numbers; slots between the present end and `slot` come into being.
    void put(std::uint32_t slot, const MemoryFacts& facts);
    void put_valid_to(std::uint32_t slot, Time valid_to) {
        (*this)[Name::valid_to][slot] = number_of(valid_to);
    }
    std::int64_t at(Name name, std::uint32_t slot) const {
        return columns_[static_cast<std::size_t>(name)][slot];
    }
    /// The memory's times, without its supersession.
    Validity validity(std::uint32_t slot) const;

    /// The slots whose number is there and satisfies `holds`.
    template <typename Holds>
    math::Bitmap where(Name name, Holds holds) const {
        const auto& column = columns_[static_cast<std::size_t>(name)];
        math::Bitmap out(column.size());
        for (std::size_t w = 0; w < out.word_count(); ++w) {
            const std::size_t first = w * 64;
            const std::size_t end = std::min<std::size_t>(64, column.size() - first);
            std::uint64_t word = 0;
            for (std::size_t bit = 0; bit < end; ++bit) {
                const std::int64_t value = column[first + bit];
                word |= static_cast<std::uint64_t>(value != absent && holds(value)) << bit;
            }
            out.set_word(w, word);
        }
        return out;
    }

    std::size_t bytes() const { return count * columns_[0].capacity() * sizeof(std::int64_t); }

  private:
    std::vector<std::int64_t>& operator[](Name name) {
        return columns_[static_cast<std::size_t>(name)];
    }

    std::array<std::vector<std::int64_t>, count> columns_;
};

}  // namespace soma::domain
