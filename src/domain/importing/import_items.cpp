#include "domain/importing/import_items.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

constexpr std::size_t kMaxPieceBytes = 8'192;
constexpr std::size_t kMaxKeyBytes = 256;
constexpr std::size_t kMaxQuotedBytes = 60;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n";

}  // namespace

void ImportList::add(std::string place, const boost::json::object& request) {
    items.push_back({std::move(place), boost::json::serialize(request)});
}

void ImportList::skip(std::string place, std::string reason) {
    skipped.push_back({std::move(place), std::move(reason), false});
}

void ImportList::fail(std::string place, std::string reason) {
    skipped.push_back({std::move(place), std::move(reason), true});
}

std::string_view without_byte_order_mark(std::string_view text) {
    return text.substr(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t ending = text.substr(end, 2) == "\r\n" ? 2 : 1;
    text.remove_prefix(std::min(end + ending, text.size()));
    return line;
}

std::size_t line_number(std::string_view text, std::size_t at) {
    std::size_t number = 1;
    at = std::min(at, text.size());
    while (true) {
        const std::size_t before = text.size();
        take_line(text);
        const std::size_t taken = before - text.size();
        if (at < taken || text.empty()) {
            return number;
        }
        at -= taken;
        ++number;
    }
}

std::string place_of(std::string_view name, std::size_t line) {
    return std::string(name) + ":" + std::to_string(line);
}

std::string shortened(std::string_view text) {
    const bool is_cut = text.size() > kMaxQuotedBytes;
    std::string out(text.substr(0, is_cut ? floor_boundary(text, kMaxQuotedBytes) : text.size()));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
    return is_cut ? out + "…" : out;
}

std::string key_of(const std::string& place) {
    return place.size() <= kMaxKeyBytes ? place : "sha256:" + to_hex(sha256(place));
}

std::vector<std::string_view> pieces_of(std::string_view text) {
    std::vector<std::string_view> pieces;
    text = trimmed(text);
    while (text.size() > kMaxPieceBytes) {
        std::size_t cut = text.rfind("\n\n", kMaxPieceBytes);
        if (cut == std::string_view::npos || cut == 0) {
            cut = text.rfind('\n', kMaxPieceBytes);
        }
        if (cut == std::string_view::npos || cut == 0) {
            cut = floor_boundary(text, kMaxPieceBytes);
        }
        pieces.push_back(trimmed(text.substr(0, cut)));
        text = trimmed(text.substr(cut));
    }
    if (!text.empty()) {
        pieces.push_back(text);
    }
    return pieces;
}

}  // namespace soma::domain
