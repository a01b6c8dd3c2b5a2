#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soma::backends {

inline constexpr std::size_t kMaxXmlBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxXmlDepth = 8;
inline constexpr std::size_t kMaxXmlElements =
    32'768;  ///< a page of 1,000 versions has some 15,000

/// An element: its name as written, the text directly in it, and its children in their order.
/// Attributes (name spaces) mean nothing to us and are not kept. A value.
struct XmlElement {
    std::string name;
    std::string text;
    std::vector<XmlElement> children;

    /// The first child of that name, or null.
    const XmlElement* find(std::string_view child) const;
    /// Its text; empty when there is no such child.
    std::string_view text_of(std::string_view child) const;
};

/// The root of a document made of elements, attributes, text, the five entities and character
/// references, in UTF-8. nullopt for anything else: a document type, comments, CDATA and processing
/// instructions, which no S3 server needs, and what is over the limits above. Pure and total.
std::optional<XmlElement> parse_xml(std::string_view text);

}  // namespace soma::backends
