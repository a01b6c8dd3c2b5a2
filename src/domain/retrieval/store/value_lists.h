#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/filter/filter.h"
#include "domain/filter/values.h"
#include "math/scan/bitmap.h"

namespace soma::domain {

/// Values in order, each with the slots that have it: blocks of sorted arrays. A range reads the
/// slots of values that one slot has (most texts and numbers of their kind) as they lie in memory;
/// a tree of nodes costs a cache miss each. Many readers or one writer.
class SortedLists {
  public:
    /// Between two values, or at an end.
    struct Place {
        std::size_t block = 0;
        std::size_t at = 0;
    };

    void add(const FilterValue& value, std::uint32_t slot);
    /// The value has the slot.
    void remove(const FilterValue& value, std::uint32_t slot);

    Place lower_bound(const FilterValue& value) const;  ///< before the first value ≥ `value`
    Place upper_bound(const FilterValue& value) const;  ///< before the first value > `value`
    /// The slots of one value, in no order.
    std::span<const std::uint32_t> equal(const FilterValue& value) const;
    /// Sets the bit of every slot of the values from `first` to before `last`.
    void set_between(Place first, Place last, math::Bitmap& slots) const;
    /// Sets the bit of every slot whose value satisfies the condition, by looking at all of them.
    void set_satisfying(const FilterCondition& condition, math::Bitmap& slots) const;

    std::size_t bytes() const { return bytes_; }

  private:
    using List = std::vector<std::uint32_t>;
    /// Three arrays side by side. `single[i]` is the slot of a value that one slot has; of others
    /// it is `several`, and the slots are in `lists[i]`.
    struct Block {
        std::vector<FilterValue> values;
        std::vector<std::uint32_t> single;
        std::vector<List> lists;

        std::size_t bytes() const;
    };
    static constexpr std::uint32_t several = 0xFFFF'FFFF;

    template <typename Before>
    Place place_of(Before before) const;
    void insert(Place place, const FilterValue& value, std::uint32_t slot);
    void erase(Place place);
    bool is_at(Place place, const FilterValue& value) const;
    static void set(const Block& block, std::size_t at, math::Bitmap& slots);

    std::vector<Block> blocks_;  ///< none is empty
    std::size_t bytes_ = 0;
};

/// Which memories have which value under which name: inverted lists over slots, 4 bytes an entry,
/// exact after every change. Equal values are found by search, ranges and prefixes read the slots
/// between, parts of texts look at all values of the name. Many readers or one writer.
class ValueLists {
  public:
    void add(std::uint32_t slot, std::span<const NamedValue> values);
    /// The same values the slot was added with. Time follows the lists they are in.
    void remove(std::uint32_t slot, std::span<const NamedValue> values);

    /// Sets the bit of every slot that has a value which satisfies the condition.
    void collect(const FilterCondition& condition, math::Bitmap& slots) const;
    /// The slots whose value (no list's item) under this name is just that, in no order. Until the
    /// next change.
    std::span<const std::uint32_t> equal(std::string_view name, const FilterValue& value) const;

    std::size_t bytes() const { return bytes_; }

  private:
    struct Field {
        std::vector<std::uint32_t> present;  ///< who has the name at all
        SortedLists scalars;                 ///< the value itself
        SortedLists items;                   ///< an item of the list

        std::size_t bytes() const;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::unordered_map<std::string, Field, Hash, std::equal_to<>> fields_;
    std::size_t bytes_ = 0;
};

}  // namespace soma::domain
