#include "domain/filter/values.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

namespace soma::domain {
namespace {

namespace json = boost::json;

std::optional<FilterValue> scalar(const json::value& value) {
    if (value.is_bool()) {
        return value.get_bool();
    }
    if (value.is_number()) {
        return value.to_number<double>();
    }
    if (value.is_string()) {
        return std::string(value.get_string());
    }
    return std::nullopt;
}

void add_members(const json::object& object, const std::string& name,
                 std::vector<NamedValue>& out) {
    for (const auto& [key, value] : object) {
        const std::string member = name + "." + std::string(key);
        if (value.is_null() || member.size() > kMaxFilterNameBytes) {
            continue;
        }
        out.push_back({member, false, scalar(value)});
        if (const auto* inner = value.if_object()) {
            add_members(*inner, member, out);
        } else if (const auto* list = value.if_array()) {
            for (const json::value& item : *list) {
                if (auto one = scalar(item)) {
                    out.push_back({member, true, std::move(one)});
                }
            }
        }
    }
}

}  // namespace

std::vector<NamedValue> text_values(const MemoryFacts& facts, const MemoryContent& content) {
    std::vector<NamedValue> out;
    for (const auto& [name, text] : {std::pair{"kind", &facts.kind},
                                     {"speaker", &content.speaker},
                                     {"session_id", &content.session_id},
                                     {"subject", &content.subject},
                                     {"key", &content.key}}) {
        if (!text->empty()) {
            out.push_back({name, false, *text});
        }
    }
    for (const std::string& tag : content.tags) {
        out.push_back({"tags", true, tag});
    }
    return out;
}

std::vector<NamedValue> metadata_values(std::string_view metadata) {
    std::vector<NamedValue> out;
    if (!metadata.empty()) {
        add_members(json::parse(metadata).as_object(), "metadata", out);
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
    }
    return out;
}

}  // namespace soma::domain
