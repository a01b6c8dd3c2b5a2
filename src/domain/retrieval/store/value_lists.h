#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/filter/filter.h"
#include "domain/filter/values.h"
#include "math/scan/bitmap.h"

namespace soma::domain {

/// Which memories have which value under which name: inverted lists over slots, 4 bytes an entry,
/// exact after every change. Equal values are found by search, ranges and prefixes walk the values
/// between, parts of texts walk all of the name's. Many readers or one writer.
class ValueLists {
  public:
    void add(std::uint32_t slot, std::span<const NamedValue> values);
    /// The same values the slot was added with. Time follows the lists they are in.
    void remove(std::uint32_t slot, std::span<const NamedValue> values);

    /// Sets the bit of every slot that has a value which satisfies the condition.
    void collect(const FilterCondition& condition, math::Bitmap& slots) const;

    std::size_t bytes() const { return bytes_; }

  private:
    using List = std::vector<std::uint32_t>;
    using Values = std::map<FilterValue, List>;
    struct Field {
        List present;    ///< who has the name at all
        Values scalars;  ///< the value itself
        Values items;    ///< an item of the list
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    void put(List& list, std::uint32_t slot);
    void take(List& list, std::uint32_t slot);

    std::unordered_map<std::string, Field, Hash, std::equal_to<>> fields_;
    std::size_t bytes_ = 0;
};

}  // namespace soma::domain
