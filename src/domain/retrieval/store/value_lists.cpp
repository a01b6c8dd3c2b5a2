#include "domain/retrieval/store/value_lists.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace soma::domain {
namespace {

using List = std::vector<std::uint32_t>;
using Place = SortedLists::Place;

constexpr std::size_t block_values = 256;  // split in half beyond that
constexpr std::size_t field_overhead = 256;

std::size_t heap_bytes(const FilterValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr && text->size() > 15 ? text->size() : 0;
}

void put(List& list, std::uint32_t slot) {
    // Grown by a quarter: doubling would leave half of the large lists empty.
    if (list.size() == list.capacity()) {
        list.reserve(list.size() + list.size() / 4 + 1);
    }
    list.push_back(slot);
}

void take(List& list, std::uint32_t slot) {
    const auto found = std::find(list.begin(), list.end(), slot);
    SOMA_ASSERT(found != list.end(), "a slot is removed with the values it was added with");
    *found = list.back();
    list.pop_back();
}

void set_all(std::span<const std::uint32_t> list, math::Bitmap& slots) {
    for (const std::uint32_t slot : list) {
        slots.set(slot);
    }
}

/// The values of the same type as `wanted` that an order's op lets through.
std::pair<Place, Place> range(const SortedLists& values, FilterOp op, const FilterValue& wanted) {
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

/// The texts that begin with `wanted`. No text holds the byte 0xFF: it is UTF-8.
std::pair<Place, Place> prefixed(const SortedLists& values, const FilterValue& wanted) {
    std::string past = std::get<std::string>(wanted);
    if (past.empty()) {
        return {values.lower_bound(past), values.lower_bound(Time::min())};
    }
    past.back() = static_cast<char>(static_cast<unsigned char>(past.back()) + 1);
    return {values.lower_bound(wanted), values.lower_bound(past)};
}

}  // namespace

// SortedLists ----------------------------------------------------------------------------------

std::size_t SortedLists::Block::bytes() const {
    return values.capacity() * sizeof(FilterValue) + single.capacity() * sizeof(std::uint32_t) +
           lists.capacity() * sizeof(List);
}

template <typename Before>
Place SortedLists::place_of(Before before) const {
    const auto block = std::partition_point(blocks_.begin(), blocks_.end(), [&](const Block& one) {
        return before(one.values.back());
    });
    if (block == blocks_.end()) {
        return {blocks_.size(), 0};
    }
    const auto at = std::partition_point(block->values.begin(), block->values.end(), before);
    return {static_cast<std::size_t>(block - blocks_.begin()),
            static_cast<std::size_t>(at - block->values.begin())};
}

Place SortedLists::lower_bound(const FilterValue& value) const {
    return place_of([&](const FilterValue& one) { return one < value; });
}

Place SortedLists::upper_bound(const FilterValue& value) const {
    return place_of([&](const FilterValue& one) { return one <= value; });
}

bool SortedLists::is_at(Place place, const FilterValue& value) const {
    return place.block < blocks_.size() && blocks_[place.block].values[place.at] == value;
}

void SortedLists::add(const FilterValue& value, std::uint32_t slot) {
    const Place place = lower_bound(value);
    if (!is_at(place, value)) {
        return insert(place, value, slot);
    }
    Block& block = blocks_[place.block];
    List& list = block.lists[place.at];
    bytes_ -= list.capacity() * sizeof(std::uint32_t);
    if (block.single[place.at] != several) {
        put(list, std::exchange(block.single[place.at], several));
    }
    put(list, slot);
    bytes_ += list.capacity() * sizeof(std::uint32_t);
}

void SortedLists::insert(Place place, const FilterValue& value, std::uint32_t slot) {
    if (place.block == blocks_.size()) {  // After all: at the end of the last.
        if (blocks_.empty()) {
            blocks_.emplace_back();
        }
        place = {blocks_.size() - 1, blocks_.back().values.size()};
    }
    Block* block = &blocks_[place.block];
    bytes_ -= block->bytes();
    const auto at = static_cast<std::ptrdiff_t>(place.at);
    block->values.insert(block->values.begin() + at, value);
    block->single.insert(block->single.begin() + at, slot);
    block->lists.insert(block->lists.begin() + at, List());
    if (block->values.size() > block_values) {
        const auto half = static_cast<std::ptrdiff_t>(block_values / 2);
        const auto cut = [half](auto& from) {
            std::remove_reference_t<decltype(from)> rest(
                std::make_move_iterator(from.begin() + half), std::make_move_iterator(from.end()));
            from.erase(from.begin() + half, from.end());
            from.shrink_to_fit();
            return rest;
        };
        Block rest{cut(block->values), cut(block->single), cut(block->lists)};
        bytes_ += rest.bytes();
        blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(place.block) + 1,
                       std::move(rest));
        block = &blocks_[place.block];
    }
    bytes_ += block->bytes() + heap_bytes(value);
}

void SortedLists::remove(const FilterValue& value, std::uint32_t slot) {
    const Place place = lower_bound(value);
    SOMA_ASSERT(is_at(place, value), "a slot is removed with the values it was added with");
    Block& block = blocks_[place.block];
    if (block.single[place.at] == several) {
        take(block.lists[place.at], slot);
        if (!block.lists[place.at].empty()) {
            return;
        }
    } else {
        SOMA_ASSERT(block.single[place.at] == slot,
                    "a slot is removed with the values it was added with");
    }
    erase(place);
}

void SortedLists::erase(Place place) {
    Block& block = blocks_[place.block];
    const auto at = static_cast<std::ptrdiff_t>(place.at);
    bytes_ -= heap_bytes(block.values[place.at]) +
              block.lists[place.at].capacity() * sizeof(std::uint32_t);
    block.values.erase(block.values.begin() + at);
    block.single.erase(block.single.begin() + at);
    block.lists.erase(block.lists.begin() + at);
    if (block.values.empty()) {
        bytes_ -= block.bytes();
        blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(place.block));
    }
}

std::span<const std::uint32_t> SortedLists::equal(const FilterValue& value) const {
    const Place place = lower_bound(value);
    if (!is_at(place, value)) {
        return {};
    }
    const Block& block = blocks_[place.block];
    const std::uint32_t& single = block.single[place.at];
    return single != several ? std::span(&single, 1) : std::span(block.lists[place.at]);
}

void SortedLists::set(const Block& block, std::size_t at, math::Bitmap& slots) {
    if (block.single[at] != several) {
        slots.set(block.single[at]);
    } else {
        set_all(block.lists[at], slots);
    }
}

void SortedLists::set_between(Place first, Place last, math::Bitmap& slots) const {
    for (; first.block <= last.block && first.block < blocks_.size();
         first = {first.block + 1, 0}) {
        const Block& block = blocks_[first.block];
        const std::size_t end = first.block == last.block ? last.at : block.values.size();
        for (std::size_t at = first.at; at < end; ++at) {
            set(block, at, slots);
        }
    }
}

void SortedLists::set_satisfying(const FilterCondition& condition, math::Bitmap& slots) const {
    for (const Block& block : blocks_) {
        for (std::size_t at = 0; at < block.values.size(); ++at) {
            if (satisfies(block.values[at], false, condition)) {
                set(block, at, slots);
            }
        }
    }
}

// ValueLists -----------------------------------------------------------------------------------

std::size_t ValueLists::Field::bytes() const {
    return field_overhead + present.capacity() * sizeof(std::uint32_t) + scalars.bytes() +
           items.bytes();
}

void ValueLists::add(std::uint32_t slot, std::span<const NamedValue> values) {
    for (const NamedValue& named : values) {
        auto found = fields_.find(named.name);
        if (found == fields_.end()) {
            found = fields_.emplace(named.name, Field()).first;
        } else {
            bytes_ -= found->second.bytes();
        }
        Field& field = found->second;
        put(field.present, slot);
        if (named.value) {
            (named.is_item ? field.items : field.scalars).add(*named.value, slot);
        }
        bytes_ += field.bytes();
    }
}

void ValueLists::remove(std::uint32_t slot, std::span<const NamedValue> values) {
    for (const NamedValue& named : values) {
        const auto found = fields_.find(named.name);
        SOMA_ASSERT(found != fields_.end(), "a slot is removed with the values it was added with");
        Field& field = found->second;
        bytes_ -= field.bytes();
        if (named.value) {
            (named.is_item ? field.items : field.scalars).remove(*named.value, slot);
        }
        take(field.present, slot);
        if (field.present.empty()) {
            fields_.erase(found);
        } else {
            bytes_ += field.bytes();
        }
    }
}

std::span<const std::uint32_t> ValueLists::equal(std::string_view name,
                                                 const FilterValue& value) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::span<const std::uint32_t>()
                                  : found->second.scalars.equal(value);
}

void ValueLists::collect(const FilterCondition& condition, math::Bitmap& slots) const {
    const auto found = fields_.find(condition.name);
    if (found == fields_.end()) {
        return;
    }
    // By name: a lambda takes no structured binding along in every compiler.
    const auto& present = found->second.present;
    const auto& scalars = found->second.scalars;
    const auto& items = found->second.items;
    const auto set_in_both = [&](const auto& places_in) {
        for (const SortedLists* values : {&scalars, &items}) {
            const auto [first, last] = places_in(*values);
            values->set_between(first, last, slots);
        }
    };
    const auto& wanted = condition.values;
    switch (condition.op) {
        case FilterOp::exists:
            return set_all(present, slots);
        case FilterOp::eq:
        case FilterOp::in:
            for (const FilterValue& value : wanted) {
                set_all(scalars.equal(value), slots);
                set_all(items.equal(value), slots);
            }
            return;
        case FilterOp::contains:
            set_all(items.equal(wanted.front()), slots);
            return scalars.set_satisfying(condition, slots);
        case FilterOp::prefix:
            return set_in_both(
                [&](const SortedLists& values) { return prefixed(values, wanted.front()); });
        default:
            return set_in_both([&](const SortedLists& values) {
                return range(values, condition.op, wanted.front());
            });
    }
}

}  // namespace soma::domain
