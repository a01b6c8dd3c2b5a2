#include <unordered_map>

#include "domain/importing/format.h"
#include "domain/importing/json_records.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// Memories as they stand, and the lines that link them.
class LineReader {
  public:
    LineReader(std::string_view name, ImportList& list) : name_(name), list_(list) {}

    void read(std::string place, const json::object& record, std::string_view line) {
        if (record.size() == 1 && record.contains("link")) {
            return read_link(std::move(place), record.at("link"));
        }
        items_.emplace(place, list_.items.size());
        list_.items.push_back({std::move(place), std::string(line)});
    }

    /// Its ends may stand on lines behind it.
    void finish() {
        for (auto& [link, from, to] : links_) {
            const auto start = end_of(link.place, "from", from);
            const auto end = end_of(link.place, "to", to);
            if (start && end) {
                link.from = *start;
                link.to = *end;
                list_.links.push_back(std::move(link));
            }
        }
    }

  private:
    struct Pending {
        ImportLink link;
        std::size_t from;  ///< numbers of lines
        std::size_t to;
    };

    void read_link(std::string place, const json::value& value) {
        const auto* link = value.if_object();
        const auto* type = link != nullptr ? link->if_contains("type") : nullptr;
        const auto* weight = link != nullptr ? link->if_contains("weight") : nullptr;
        const auto from = line_member(link, "from");
        const auto to = line_member(link, "to");
        if (!from || !to) {
            return list_.fail(std::move(place),
                              "/link: must name the lines of its memories by "
                              "from and to");
        }
        if (type == nullptr || !type->is_string()) {
            return list_.fail(std::move(place), "/link/type: must be a text");
        }
        if (weight != nullptr && !weight->is_number()) {
            return list_.fail(std::move(place), "/link/weight: must be a number");
        }
        links_.push_back({{.place = std::move(place),
                           .type = std::string(type->get_string()),
                           .weight = weight != nullptr ? std::optional(weight->to_number<double>())
                                                       : std::nullopt},
                          *from,
                          *to});
    }

    static std::optional<std::size_t> line_member(const json::object* link, std::string_view name) {
        const auto* member = link != nullptr ? link->if_contains(name) : nullptr;
        return member != nullptr && member->is_int64() && member->get_int64() > 0
                   ? std::optional(static_cast<std::size_t>(member->get_int64()))
                   : std::nullopt;
    }

    std::optional<std::size_t> end_of(const std::string& place, const char* name,
                                      std::size_t line) {
        const auto found = items_.find(place_of(name_, line));
        if (found == items_.end()) {
            list_.fail(place, std::string("/link/") + name + ": line " + std::to_string(line) +
                                  " is no memory");
            return std::nullopt;
        }
        return found->second;
    }

    std::string_view name_;
    ImportList& list_;
    std::unordered_map<std::string, std::size_t> items_;  ///< by place
    std::vector<Pending> links_;
};

}  // namespace

ImportList parse_jsonl(std::string_view name, std::string_view text) {
    ImportList list;
    LineReader reader(name, list);
    each_json_line(name, text, list,
                   [&reader](std::string place, const json::object& record, std::string_view line) {
                       reader.read(std::move(place), record, line);
                   });
    reader.finish();
    return list;
}

}  // namespace soma::domain
