#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/sensitive/text_classes.h"

namespace soma {

/// Bytes [begin, end) of a text that look like a class.
struct ClassifiedSpan {
    std::size_t begin = 0;
    std::size_t end = 0;
    TextClass text_class = TextClass::secret_key;

    friend bool operator==(const ClassifiedSpan&, const ClassifiedSpan&) = default;
};

/// What a text holds, by form: PEM armour, token prefixes, "password:", an address with '@',
/// Luhn's and ISO 7064's check digits, '+' and digits, nations' forms. It knows forms, not
/// meanings: a name or a street is none of these, and a number that happens to satisfy a checksum
/// is found. Spans come by `begin` and may overlap. Pure, total; time grows linearly with the text.
std::vector<ClassifiedSpan> classify_spans(std::string_view text);

/// The classes alone.
TextClasses classify_text(std::string_view text);

/// The text with every span of `classes` replaced by its class in brackets: "[pii.email]"; spans
/// that overlap are one. UTF-8 stays UTF-8. A second time changes nothing.
std::string redact_text(std::string_view text, TextClasses classes);

}  // namespace soma
