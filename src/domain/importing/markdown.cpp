#include <map>

#include "base/unicode.h"
#include "domain/importing/format.h"

namespace soma::domain {
namespace {

/// The level of an ATX heading, 1 to 6; 0 for any other line.
std::size_t heading_level(std::string_view line) {
    const std::size_t level = line.find_first_not_of('#');
    return level != std::string_view::npos && level <= 6 && line[level] == ' ' ? level : 0;
}

/// Collects sections while lines go by.
class MarkdownReader {
  public:
    explicit MarkdownReader(std::string_view name) : name_(name) {}

    void read(std::string_view line) {
        ++line_;
        const std::string_view bare = trimmed(line);
        if (bare.starts_with("```") || bare.starts_with("~~~")) {
            fenced_ = !fenced_;
        }
        const std::size_t level = fenced_ ? 0 : heading_level(line);
        if (level == 0) {
            if (!bare.empty() && trimmed(body_).empty()) {
                body_line_ = line_;
            }
            body_.append(line).push_back('\n');
            return;
        }
        finish(level);
        trail_.resize(std::min(trail_.size(), level - 1));
        trail_.emplace_back(trimmed(line.substr(level)));
        heading_line_ = line_;
    }

    ImportList take() {
        finish(1);
        if (list_.items.empty() && list_.skipped.empty()) {
            list_.skip(name_, "nothing is written in it");
        }
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

    /// The section ends; `next` is the level of the heading that ends it. A heading above others
    /// stands in their trails, so its words are remembered even if it has no text of its own.
    void finish(std::size_t next) {
        if (!trimmed(body_).empty()) {
            add(body_);
        } else if (!trail_.empty() && next <= trail_.size()) {
            list_.skip(place_of(name_, heading_line_),
                       "nothing is written under the heading \"" + shortened(trail_.back()) + "\"");
        }
        body_.clear();
    }

    void add(std::string_view body) {
        for (const auto piece : pieces_of(body)) {
            std::string section = name_ + "#" + heading();
            // Two sections may share a trail of headings: the second gets a number.
            const int seen = ++sections_[section];
            if (seen > 1) {
                section += " (" + std::to_string(seen) + ")";
            }
            boost::json::object request;
            request["text"] = (trail_.empty() ? "" : heading() + "\n\n") + std::string(piece);
            request["kind"] = "section";
            request["key"] = key_of(section);
            request["metadata"] = {{"source", name_}, {"heading", heading()}};
            list_.add(place_of(name_, body_line_), request);
        }
    }

    std::string name_;
    std::vector<std::string> trail_;
    std::string body_;
    std::size_t line_ = 0;
    std::size_t heading_line_ = 0;
    std::size_t body_line_ = 0;
    bool fenced_ = false;
    std::map<std::string, int> sections_;
    ImportList list_;
};

}  // namespace

ImportList parse_markdown(std::string_view name, std::string_view text) {
    if (!valid_utf8(text)) {
        ImportList list;
        const bool is_utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
        list.fail(std::string(name), is_utf16 ? "UTF-16: save it as UTF-8" : "not UTF-8");
        return list;
    }
    MarkdownReader reader(name);
    text = without_byte_order_mark(text);
    while (!text.empty()) {
        reader.read(take_line(text));
    }
    return reader.take();
}

}  // namespace soma::domain
