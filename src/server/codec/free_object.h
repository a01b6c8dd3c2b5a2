#pragma once
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace soma::server {

/// Collects the parse events of one free JSON object (a FORMAT_JSON_OBJECT field) and gives its
/// canonical text. Refuses by Violation: duplicate members, U+0000, integers beyond ±(2^53 − 1)
/// (also those that canonical form would print as such) and an object that is sure to exceed its
/// byte limit: that is noticed while it is read, so memory stays bounded by the limit. Depth is the
/// parser's business.
class FreeObject {
  public:
    /// 0: no limit.
    explicit FreeObject(std::uint32_t max_bytes) : max_bytes_(max_bytes) {}

    void begin_object();
    void begin_array();
    /// True when the outermost object has ended.
    bool end();
    void key(std::string_view name);
    void text(std::string_view value);
    void number(std::string_view literal);
    void boolean(bool value);
    void null();

    /// After end() returned true. Throws Violation when it is longer than the limit.
    std::string canonical() const;

    /// Adds where the walk stands, as JSON pointer segments.
    void append_pointer(std::string& out) const;

  private:
    struct Level {
        boost::json::value container;
        std::string key;
        bool has_key = false;
    };
    void put(boost::json::value value);
    void count(std::size_t least_bytes);

    std::uint32_t max_bytes_;
    std::size_t least_bytes_ = 0;  ///< the canonical text has at least as many
    std::vector<Level> levels_;
    boost::json::value whole_;
};

/// A free JSON object that comes as a text of its own (a parameter) → canonical text, by the same
/// rules as one inside a body. Throws Error(invalid_argument); its pointer begins with `pointer`.
std::string canonical_object(std::string_view text, std::uint32_t max_bytes,
                             const std::string& pointer);

/// Appends "/" and the segment, escaped as RFC 6901 wants; names are cut at 128 bytes.
void append_pointer_segment(std::string& out, std::string_view name);

}  // namespace soma::server
