#pragma once
#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soma::domain {

/// A memory to be: the body of POST /v1/memories, and where it came from in words a person can
/// find.
struct ImportItem {
    std::string place;    ///< "notes.jsonl:17" or "mem0.json#/results/3"
    std::string request;  ///< one JSON object, as text: a line of JSONL keeps its own spelling
};

/// What was not made an item, and why.
struct SkippedItem {
    std::string place;
    std::string reason;
    bool is_failure = false;  ///< broken or refused; otherwise there was nothing to remember in it
};

/// Two items that belong together, by their places in ImportList::items.
struct ImportLink {
    std::string place;
    std::size_t from = 0;
    std::size_t to = 0;
    std::string type;                             ///< one of the API's types of links
    std::optional<double> weight = std::nullopt;  ///< absent: the API's default
};

/// What a file holds, in its own order.
struct ImportList {
    std::vector<ImportItem> items;
    std::vector<SkippedItem> skipped;
    std::vector<ImportLink> links;

    void add(std::string place, const boost::json::object& request);
    void skip(std::string place, std::string reason);
    void fail(std::string place, std::string reason);
};

/// The text without the UTF-8 byte order mark that some editors put before it.
std::string_view without_byte_order_mark(std::string_view text);

std::string_view trimmed(std::string_view text);

/// Takes the first line off `text`, without its end: "\n", "\r\n" or "\r".
std::string_view take_line(std::string_view& text);

/// The number of the line that holds the byte `at`, from 1.
std::size_t line_number(std::string_view text, std::size_t at);

/// "name:17", a line of a file.
std::string place_of(std::string_view name, std::size_t line);

/// At most some 60 bytes of a text on one line, to be quoted in a message.
std::string shortened(std::string_view text);

/// A place as a memory's key (at most 256 bytes: a longer one is hashed), so that importing a
/// changed file again supersedes.
std::string key_of(const std::string& place);

/// Pieces of at most 8 KiB, cut at the last blank line that fits, else at a line's end, else
/// between characters. Never empty.
std::vector<std::string_view> pieces_of(std::string_view text);

}  // namespace soma::domain
