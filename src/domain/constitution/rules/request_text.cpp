#include "domain/constitution/rules/request_text.h"

#include <algorithm>
#include <boost/json/value.hpp>

#include "base/canonical_json.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "base/sensitive/classify.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// Deeper than any object the codec lets in.
constexpr std::size_t kMaxDepth = 64;

json::value parsed(std::string_view text) {
    auto value = parse_strict_json(text, kMaxDepth);
    SOMA_ASSERT(value.has_value(), "the codec hands over canonical JSON");
    return std::move(*value);
}

/// "name: " before what stands under a name; a list's items stand under the list's.
std::string label(std::string_view name) {
    return name.empty() ? "" : std::string(name) + ": ";
}

TextClasses classes_within(const json::value& value, std::string_view name) {
    TextClasses classes;
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object) {
            classes.add(classify_text(key));
            classes.add(classes_within(member, key));
        }
    } else if (const auto* list = value.if_array()) {
        for (const auto& item : *list) {
            classes.add(classes_within(item, name));
        }
    } else if (const auto* text = value.if_string()) {
        classes = classify_text(label(name) + std::string(*text));
    } else if (value.is_number()) {
        classes = classify_text(label(name) + to_canonical_json(value));
    }
    return classes;
}

void blot_out_within(json::value& value, std::string_view name, TextClasses classes) {
    if (auto* object = value.if_object()) {
        for (auto& [key, member] : *object) {
            blot_out_within(member, key, classes);
        }
    } else if (auto* list = value.if_array()) {
        for (auto& item : *list) {
            blot_out_within(item, name, classes);
        }
    } else if (auto* text = value.if_string()) {
        const std::string before = label(name);
        const std::string after = redact_text(before + std::string(*text), classes);
        // What begins in the name cannot be blotted out: it is found again, and said so.
        if (after.starts_with(before)) {
            *text = after.substr(before.size());
        }
    }
}

}  // namespace

TextClasses classify(const RequestText& text) {
    return text.reading == Reading::object ? classes_within(parsed(text.text), "")
                                           : classify_text(text.text);
}

RequestFacts facts_with(RequestFacts about, std::span<const RequestText> texts,
                        std::vector<std::string_view>& tags) {
    tags.clear();
    auto& bytes = about.amounts[static_cast<std::size_t>(Amount::text_bytes)];
    for (const RequestText& text : texts) {
        about.classes.add(classify(text));
        bytes = std::max(bytes.value_or(0), static_cast<double>(text.text.size()));
        if (text.reading == Reading::tag) {
            tags.push_back(text.text);
        }
    }
    about.tags = tags;
    return about;
}

std::optional<std::string> blot_out(const RequestText& text, TextClasses classes) {
    std::string out(text.text);
    if (text.reading == Reading::object) {
        json::value value = parsed(text.text);
        blot_out_within(value, "", classes);
        out = to_canonical_json(value);
    } else if (text.reading != Reading::name) {
        out = redact_text(text.text, classes);
    }
    if (classify({text.reading, out}).intersects(classes)) {
        return std::nullopt;
    }
    return out;
}

}  // namespace soma::domain
