#include "domain/retrieval/store/name_table.h"

#include <algorithm>

#include "base/unicode.h"

namespace soma::domain {
namespace {

// An entry, its map node and bucket.
constexpr std::size_t name_overhead = 96;

bool is_word_at(std::string_view text, std::size_t at) {
    return at < text.size() && is_word_character(decode_at(text, at).value);
}

}  // namespace

std::uint32_t NameTable::use(std::string_view name) {
    if (name.empty()) {
        return nothing;
    }
    if (const std::uint32_t known = find(name); known != nothing) {
        ++entries_[known].uses;
        return known;
    }
    std::uint32_t number;
    if (free_.empty()) {
        number = static_cast<std::uint32_t>(entries_.size());
        entries_.emplace_back();
    } else {
        number = free_.back();
        free_.pop_back();
    }
    const auto inserted = numbers_.emplace(std::string(name), number).first;
    entries_[number] = {&inserted->first, 1};
    ++lengths_[name.size()];
    bytes_ += name_overhead + name.size();
    return number;
}

void NameTable::release(std::uint32_t number) {
    if (number == nothing || --entries_[number].uses > 0) {
        return;
    }
    const auto found = numbers_.find(*entries_[number].name);
    const std::size_t length = found->first.size();
    bytes_ -= name_overhead + length;
    if (--lengths_[length] == 0) {
        lengths_.erase(length);
    }
    numbers_.erase(found);
    entries_[number] = {};
    free_.push_back(number);
}

std::uint32_t NameTable::find(std::string_view name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? nothing : found->second;
}

std::vector<std::uint32_t> NameTable::occurring_in(std::string_view text) const {
    std::vector<std::uint32_t> found;
    bool after_word = false;
    for (std::size_t at = 0; at < text.size();) {
        if (!after_word) {
            for (const auto& [length, names] : lengths_) {
                const std::string_view word = text.substr(at, length);
                const std::uint32_t number = word.size() == length ? find(word) : nothing;
                if (number != nothing && !is_word_at(text, at + length)) {
                    found.push_back(number);
                }
            }
        }
        const CodePoint point = decode_at(text, at);
        after_word = is_word_character(point.value);
        at += point.length;
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

}  // namespace soma::domain
