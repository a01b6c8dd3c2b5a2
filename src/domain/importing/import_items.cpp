#include "domain/importing/import_items.h"

#include <boost/json/parse.hpp>
#include <map>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLineBytes = 65'536;
constexpr std::size_t kMaxSectionBytes = 8'192;
constexpr std::size_t kMaxKeyBytes = 256;

/// Calls `visit` with each line, without its end.
template <typename Visit>
void each_line(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        visit(line);
    }
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The level of an ATX heading, 1 to 6; 0 for any other line.
std::size_t heading_level(std::string_view line) {
    const std::size_t level = line.find_first_not_of('#');
    return level != std::string_view::npos && level <= 6 && line[level] == ' ' ? level : 0;
}

/// Pieces of at most kMaxSectionBytes, cut at the last blank line that fits, else at a line's end,
/// else between characters.
std::vector<std::string_view> pieces_of(std::string_view text) {
    std::vector<std::string_view> pieces;
    while (text.size() > kMaxSectionBytes) {
        std::size_t cut = text.rfind("\n\n", kMaxSectionBytes);
        if (cut == std::string_view::npos || cut == 0) {
            cut = text.rfind('\n', kMaxSectionBytes);
        }
        if (cut == std::string_view::npos || cut == 0) {
            cut = floor_boundary(text, kMaxSectionBytes);
        }
        pieces.push_back(trimmed(text.substr(0, cut)));
        text = trimmed(text.substr(cut));
    }
    pieces.push_back(text);
    return pieces;
}

/// Collects sections while lines go by.
class MarkdownReader {
  public:
    explicit MarkdownReader(std::string_view name) : name_(name) {}

    void read(std::string_view line) {
        const std::string_view bare = trimmed(line);
        if (bare.starts_with("```") || bare.starts_with("~~~")) {
            fenced_ = !fenced_;
        }
        const std::size_t level = fenced_ ? 0 : heading_level(line);
        if (level == 0) {
            body_.append(line).push_back('\n');
            return;
        }
        finish();
        trail_.resize(std::min(trail_.size(), level - 1));
        trail_.emplace_back(trimmed(line.substr(level)));
    }

    ImportList take() {
        finish();
        return std::move(list_);
    }

  private:
    std::string heading() const {
        std::string text;
        for (const auto& title : trail_) {
            text += (text.empty() ? "" : " > ") + title;
        }
        return text;
    }

    void finish() {
        const std::string_view body = trimmed(body_);
        if (!body.empty()) {
            add(body);
        } else if (!trail_.empty() && !body_.empty()) {
            list_.skipped.push_back({name_ + "#" + heading(), "a heading without text of its own"});
        }
        body_.clear();
    }

    void add(std::string_view body) {
        for (const auto piece : pieces_of(body)) {
            std::string place = name_ + "#" + heading();
            // Two sections may share a trail of headings: the second gets a number.
            const int seen = ++places_[place];
            if (seen > 1) {
                place += " (" + std::to_string(seen) + ")";
            }
            json::object request;
            request["text"] = (trail_.empty() ? "" : heading() + "\n\n") + std::string(piece);
            request["kind"] = "section";
            request["key"] = place.size() <= kMaxKeyBytes ? place : "md:" + to_hex(sha256(place));
            request["metadata"] = {{"source", name_}, {"heading", heading()}};
            list_.items.push_back({std::move(place), std::move(request)});
        }
    }

    std::string name_;
    std::vector<std::string> trail_;
    std::string body_;
    bool fenced_ = false;
    std::map<std::string, int> places_;
    ImportList list_;
};

}  // namespace

ImportList parse_jsonl(std::string_view name, std::string_view text) {
    ImportList list;
    std::size_t number = 0;
    each_line(text, [&](std::string_view line) {
        const std::string place = std::string(name) + ":" + std::to_string(++number);
        if (trimmed(line).empty()) {
            return;
        }
        if (line.size() > kMaxLineBytes) {
            list.skipped.push_back({place, "the line is over 65536 bytes"});
            return;
        }
        boost::system::error_code failed;
        json::value value = json::parse(line, failed);
        if (failed) {
            list.skipped.push_back({place, "not JSON: " + failed.message()});
        } else if (!value.is_object()) {
            list.skipped.push_back({place, "not a JSON object"});
        } else {
            list.items.push_back({place, std::move(value.get_object())});
        }
    });
    return list;
}

ImportList parse_markdown(std::string_view name, std::string_view text) {
    if (!valid_utf8(text)) {
        return {{}, {{std::string(name), "not UTF-8"}}};
    }
    MarkdownReader reader(name);
    each_line(text, [&reader](std::string_view line) { reader.read(line); });
    return reader.take();
}

}  // namespace soma::domain
