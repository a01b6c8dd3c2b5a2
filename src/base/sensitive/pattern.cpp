#include "base/sensitive/pattern.h"

namespace soma {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

}  // namespace

std::size_t match_pattern(std::string_view pattern, std::string_view text, std::size_t at,
                          std::string& characters) {
    characters.clear();
    std::size_t end = at;
    for (const char expected : pattern) {
        const char c = end < text.size() ? text[end] : '\0';
        if (expected == '~') {
            end += c == ' ' ? 1 : 0;
            continue;
        }
        const bool any = expected == '*';
        const bool digit = (any || expected == '9') && is_digit(c);
        const bool letter = (any || expected == 'A') && is_upper(c);
        if (digit || letter) {
            characters.push_back(c);
        } else if (any || expected == '9' || expected == 'A' || end == text.size() ||
                   c != expected) {
            return at;
        }
        ++end;
    }
    return end;
}

}  // namespace soma
