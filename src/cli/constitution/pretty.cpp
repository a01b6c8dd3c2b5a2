#include "cli/constitution/pretty.h"

#include "base/canonical_json.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kLine = 80;

void append(std::string& out, const json::value& value, std::size_t depth);

void new_line(std::string& out, bool first, std::size_t depth) {
    out += first ? "\n" : ",\n";
    out.append(2 * depth, ' ');
}

void append_items(std::string& out, const json::array& items, std::size_t depth) {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
        new_line(out, i == 0, depth + 1);
        append(out, items[i], depth + 1);
    }
    out += '\n';
    out.append(2 * depth, ' ');
    out += ']';
}

void append_members(std::string& out, const json::object& members, std::size_t depth) {
    out += '{';
    bool first = true;
    for (const auto& [name, value] : members) {
        new_line(out, first, depth + 1);
        first = false;
        append_json_string(out, name);
        out += ": ";
        append(out, value, depth + 1);
    }
    out += '\n';
    out.append(2 * depth, ' ');
    out += '}';
}

void append(std::string& out, const json::value& value, std::size_t depth) {
    const std::string line = to_canonical_json(value);
    if (line.size() <= kLine || !value.is_structured()) {
        out += line;
    } else if (value.is_array()) {
        append_items(out, value.get_array(), depth);
    } else {
        append_members(out, value.get_object(), depth);
    }
}

}  // namespace

std::string pretty(const json::value& value) {
    std::string out;
    append(out, value, 0);
    out += '\n';
    return out;
}

}  // namespace soma::cli
