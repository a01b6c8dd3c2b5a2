#include "base/sensitive/text_classes.h"

#include <array>

namespace soma {
namespace {

constexpr std::array<std::string_view, kTextClassCount> kNames{
    "secret.key", "secret.token", "secret.password", "pii.email",
    "pii.card",   "pii.iban",     "pii.phone",       "pii.national_id"};

}  // namespace

std::string_view text_class_name(TextClass text_class) {
    return kNames[static_cast<std::size_t>(text_class)];
}

std::optional<TextClass> parse_text_class(std::string_view name) {
    for (std::size_t i = 0; i < kTextClassCount; ++i) {
        if (kNames[i] == name) {
            return static_cast<TextClass>(i);
        }
    }
    return std::nullopt;
}

std::string text_class_names(TextClasses classes) {
    std::string names;
    for (std::size_t i = 0; i < kTextClassCount; ++i) {
        if (classes.has(static_cast<TextClass>(i))) {
            (names += names.empty() ? "" : ", ") += kNames[i];
        }
    }
    return names;
}

}  // namespace soma
