#include "backends/object_store/answer/xml.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/unicode.h"

namespace soma::backends {
namespace {

constexpr std::size_t kMaxXmlNameBytes = 128;
constexpr std::string_view kSpace = " \t\r\n";

bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continues_name(char c) {
    return begins_name(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
}

/// The character that "#38" or "#x26" names; nullopt for none that a text may hold.
std::optional<char32_t> referenced(std::string_view reference) {
    reference.remove_prefix(1);
    const bool hex = reference.starts_with('x');
    reference.remove_prefix(hex ? 1 : 0);
    std::uint32_t code = 0;
    const char* end = reference.data() + reference.size();
    const auto [stopped, trouble] = std::from_chars(reference.data(), end, code, hex ? 16 : 10);
    if (trouble != std::errc() || stopped != end || code == 0 || code > 0x10FFFF ||
        (code >= 0xD800 && code <= 0xDFFF)) {
        return std::nullopt;
    }
    return static_cast<char32_t>(code);
}

/// Reads from the front of what is left. A function that returns false has refused the document.
class Parser {
  public:
    explicit Parser(std::string_view text) : left_(text) {}

    bool document(XmlElement& root) {
        if (left_.starts_with("<?xml")) {
            const std::size_t end = left_.find("?>");
            if (end == std::string_view::npos) {
                return false;
            }
            left_.remove_prefix(end + 2);
        }
        skip_space();
        if (!element(root, 1)) {
            return false;
        }
        skip_space();
        return left_.empty();
    }

  private:
    bool take(std::string_view expected) {
        if (!left_.starts_with(expected)) {
            return false;
        }
        left_.remove_prefix(expected.size());
        return true;
    }

    void skip_space() {
        left_.remove_prefix(std::min(left_.find_first_not_of(kSpace), left_.size()));
    }

    bool name(std::string& out) {
        std::size_t length = 0;
        while (length < left_.size() && continues_name(left_[length])) {
            ++length;
        }
        if (length == 0 || length > kMaxXmlNameBytes || !begins_name(left_[0])) {
            return false;
        }
        out = left_.substr(0, length);
        left_.remove_prefix(length);
        return true;
    }

    bool attribute() {
        std::string ignored;
        if (!name(ignored) || !take("=") || left_.empty() ||
            (left_[0] != '"' && left_[0] != '\'')) {
            return false;
        }
        const std::size_t end = left_.find(left_[0], 1);
        if (end == std::string_view::npos ||
            left_.substr(0, end).find('<') != std::string_view::npos) {
            return false;
        }
        left_.remove_prefix(end + 1);
        return true;
    }

    bool element(XmlElement& out, std::size_t depth) {
        if (depth > kMaxXmlDepth || ++elements_ > kMaxXmlElements || !take("<") ||
            !name(out.name)) {
            return false;
        }
        for (skip_space(); !left_.starts_with('>'); skip_space()) {
            if (take("/>")) {
                return true;
            }
            if (!attribute()) {
                return false;
            }
        }
        left_.remove_prefix(1);
        return content(out, depth) && take(out.name) && (skip_space(), take(">"));
    }

    /// Up to and with the "</" of its end.
    bool content(XmlElement& out, std::size_t depth) {
        while (!take("</")) {
            if (left_.empty()) {
                return false;
            }
            if (left_[0] == '<') {
                if (!element(out.children.emplace_back(), depth + 1)) {
                    return false;
                }
            } else if (left_[0] == '&') {
                if (!reference(out.text)) {
                    return false;
                }
            } else {
                const std::size_t length = std::min(left_.find_first_of("<&"), left_.size());
                out.text += left_.substr(0, length);
                left_.remove_prefix(length);
            }
        }
        return true;
    }

    bool reference(std::string& out) {
        const std::size_t end = left_.find(';');
        if (end == std::string_view::npos || end > 10) {
            return false;
        }
        const std::string_view entity = left_.substr(1, end - 1);
        left_.remove_prefix(end + 1);
        if (entity.starts_with('#')) {
            const auto character = referenced(entity);
            if (character) {
                append_utf8(out, *character);
            }
            return character.has_value();
        }
        for (const auto& [known, character] : kEntities) {
            if (entity == known) {
                out.push_back(character);
                return true;
            }
        }
        return false;
    }

    struct Entity {
        std::string_view name;
        char character;
    };
    static constexpr Entity kEntities[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

    std::string_view left_;
    std::size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
    for (const XmlElement& each : children) {
        if (each.name == child) {
            return &each;
        }
    }
    return nullptr;
}

std::string_view XmlElement::text_of(std::string_view child) const {
    const XmlElement* found = find(child);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::optional<XmlElement> parse_xml(std::string_view text) {
    XmlElement root;
    if (text.size() > kMaxXmlBytes || !valid_utf8(text) || !Parser(text).document(root)) {
        return std::nullopt;
    }
    return root;
}

}  // namespace soma::backends
