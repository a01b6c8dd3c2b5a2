#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/constitution/rules/rule_set.h"

namespace soma::domain {

/// How the law reads a string of a request.
enum class Reading : std::uint8_t {
    words,   ///< what somebody says: may be blotted out
    tag,     ///< words that rules also match as a tag
    object,  ///< a JSON object in canonical form: its strings are words, its names are names
    name,    ///< stands for something: blotted out it would stand for another thing
};

/// One string of a request, or of one of its items. A view.
struct RequestText {
    Reading reading = Reading::words;
    std::string_view text;
};

/// `about` with all that follows from the texts: tags, classes, text_bytes. `tags` is the storage
/// of the tags and outlives the answer. Pure, total; time grows linearly with the texts.
RequestFacts facts_with(RequestFacts about, std::span<const RequestText> texts,
                        std::vector<std::string_view>& tags);

/// What the text holds. Members of an object are read as "name: value" too: that a password is one
/// may be said by its name alone.
TextClasses classify(const RequestText& text);

/// The text without anything of `classes`. Nullopt when that cannot be: a name, a name or number
/// within an object. What is returned holds none of them. Pure.
std::optional<std::string> blot_out(const RequestText& text, TextClasses classes);

}  // namespace soma::domain
