#include "domain/retrieval/store/value_lists.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace soma::domain {
namespace {

using List = std::vector<std::uint32_t>;
using Values = std::map<FilterValue, List>;

// A node of the map, its allocation and the list's; the field's own.
constexpr std::size_t value_overhead = 128;
constexpr std::size_t field_overhead = 256;

std::size_t bytes_of(const FilterValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return value_overhead + (text != nullptr && text->size() > 15 ? text->size() : 0);
}

void set_all(const List& list, math::Bitmap& slots) {
    for (const std::uint32_t slot : list) {
        slots.set(slot);
    }
}

void set_equal(const Values& values, const FilterValue& wanted, math::Bitmap& slots) {
    if (const auto found = values.find(wanted); found != values.end()) {
        set_all(found->second, slots);
    }
}

/// The values of the same type as `wanted` that an order's op lets through.
std::pair<Values::const_iterator, Values::const_iterator> range(const Values& values, FilterOp op,
                                                                const FilterValue& wanted) {
    const bool is_text = std::holds_alternative<std::string>(wanted);
    const auto begin = is_text ? values.lower_bound(std::string())
                               : values.lower_bound(-std::numeric_limits<double>::infinity());
    const auto end = is_text ? values.lower_bound(Time::min()) : values.lower_bound(std::string());
    switch (op) {
        case FilterOp::lt:
            return {begin, values.lower_bound(wanted)};
        case FilterOp::lte:
            return {begin, values.upper_bound(wanted)};
        case FilterOp::gt:
            return {values.upper_bound(wanted), end};
        default:
            return {values.lower_bound(wanted), end};
    }
}

void set_range(const Values& values, FilterOp op, const FilterValue& wanted, math::Bitmap& slots) {
    const auto [first, last] = range(values, op, wanted);
    for (auto value = first; value != last; ++value) {
        set_all(value->second, slots);
    }
}

void set_prefixed(const Values& values, const FilterValue& wanted, math::Bitmap& slots) {
    const auto& prefix = std::get<std::string>(wanted);
    for (auto value = values.lower_bound(wanted); value != values.end(); ++value) {
        const auto* text = std::get_if<std::string>(&value->first);
        if (text == nullptr || !text->starts_with(prefix)) {
            return;
        }
        set_all(value->second, slots);
    }
}

void set_containing(const Values& values, const FilterCondition& condition, math::Bitmap& slots) {
    for (const auto& [value, list] : values) {
        if (satisfies(value, false, condition)) {
            set_all(list, slots);
        }
    }
}

}  // namespace

void ValueLists::put(List& list, std::uint32_t slot) {
    bytes_ -= list.capacity() * sizeof(std::uint32_t);
    // Grown by a quarter: doubling would leave half of the large lists empty.
    if (list.size() == list.capacity()) {
        list.reserve(list.size() + list.size() / 4 + 1);
    }
    list.push_back(slot);
    bytes_ += list.capacity() * sizeof(std::uint32_t);
}

void ValueLists::take(List& list, std::uint32_t slot) {
    const auto found = std::find(list.begin(), list.end(), slot);
    SOMA_ASSERT(found != list.end(), "a slot is removed with the values it was added with");
    *found = list.back();
    list.pop_back();
    if (list.empty()) {
        bytes_ -= list.capacity() * sizeof(std::uint32_t);
    }
}

void ValueLists::add(std::uint32_t slot, std::span<const NamedValue> values) {
    for (const NamedValue& named : values) {
        auto found = fields_.find(named.name);
        if (found == fields_.end()) {
            found = fields_.emplace(named.name, Field()).first;
            bytes_ += field_overhead;
        }
        put(found->second.present, slot);
        if (named.value) {
            Values& lists = named.is_item ? found->second.items : found->second.scalars;
            const auto [list, is_new] = lists.try_emplace(*named.value);
            bytes_ += is_new ? bytes_of(*named.value) : 0;
            put(list->second, slot);
        }
    }
}

void ValueLists::remove(std::uint32_t slot, std::span<const NamedValue> values) {
    for (const NamedValue& named : values) {
        const auto found = fields_.find(named.name);
        SOMA_ASSERT(found != fields_.end(), "a slot is removed with the values it was added with");
        if (named.value) {
            Values& lists = named.is_item ? found->second.items : found->second.scalars;
            const auto list = lists.find(*named.value);
            SOMA_ASSERT(list != lists.end(), "a slot is removed with the values it was added with");
            take(list->second, slot);
            if (list->second.empty()) {
                bytes_ -= bytes_of(*named.value);
                lists.erase(list);
            }
        }
        take(found->second.present, slot);
        if (found->second.present.empty()) {
            bytes_ -= field_overhead;
            fields_.erase(found);
        }
    }
}

void ValueLists::collect(const FilterCondition& condition, math::Bitmap& slots) const {
    const auto found = fields_.find(condition.name);
    if (found == fields_.end()) {
        return;
    }
    const auto& [present, scalars, items] = found->second;
    switch (condition.op) {
        case FilterOp::exists:
            return set_all(present, slots);
        case FilterOp::eq:
        case FilterOp::in:
            for (const FilterValue& wanted : condition.values) {
                set_equal(scalars, wanted, slots);
                set_equal(items, wanted, slots);
            }
            return;
        case FilterOp::contains:
            set_equal(items, condition.values.front(), slots);
            return set_containing(scalars, condition, slots);
        case FilterOp::prefix:
            set_prefixed(scalars, condition.values.front(), slots);
            return set_prefixed(items, condition.values.front(), slots);
        default:
            set_range(scalars, condition.op, condition.values.front(), slots);
            return set_range(items, condition.op, condition.values.front(), slots);
    }
}

}  // namespace soma::domain
