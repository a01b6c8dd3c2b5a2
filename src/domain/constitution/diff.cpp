#include "domain/constitution/diff.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/canonical_json.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// A place's members by name: an object's own, or a list's items by their ids. Null: it has none,
/// and is compared as a whole.
using Members = std::map<std::string, const json::value*>;

std::optional<Members> members_of(const json::value& value) {
    Members out;
    if (const auto* object = value.if_object()) {
        for (const auto& [name, member] : *object) {
            out.emplace(name, &member);
        }
        return out;
    }
    const auto* list = value.if_array();
    if (list == nullptr || list->empty()) {
        return std::nullopt;
    }
    for (const json::value& item : *list) {
        const auto* object = item.if_object();
        const auto* id = object == nullptr ? nullptr : object->if_contains("id");
        if (id == nullptr || !id->is_string()) {
            return std::nullopt;
        }
        out.emplace(std::string(id->get_string()), &item);
    }
    return out;
}

std::string step(std::string_view name) {
    std::string out = "/";
    for (const char c : name) {
        out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return out;
}

/// The depth is that of a constitution, kMaxConstitutionDepth at most.
void compare(const std::string& path, const json::value* before, const json::value* after,
             std::vector<LawDifference>& out) {
    if (before != nullptr && after != nullptr) {
        const auto old_members = members_of(*before);
        const auto new_members = members_of(*after);
        if (old_members && new_members && before->kind() == after->kind()) {
            for (const auto& [name, value] : *old_members) {
                const auto found = new_members->find(name);
                compare(path + step(name), value,
                        found == new_members->end() ? nullptr : found->second, out);
            }
            for (const auto& [name, value] : *new_members) {
                if (!old_members->contains(name)) {
                    compare(path + step(name), nullptr, value, out);
                }
            }
            return;
        }
    }
    const auto text = [](const json::value* value) {
        return value == nullptr ? std::nullopt : std::optional(to_canonical_json(*value));
    };
    LawDifference difference{path, text(before), text(after)};
    if (difference.before != difference.after) {
        out.push_back(std::move(difference));
    }
}

json::value parse(std::string_view text) {
    return text.empty() ? json::value(json::object()) : json::parse(text);
}

}  // namespace

std::vector<LawDifference> diff_laws(std::string_view before, std::string_view after) {
    const json::value from = parse(before);
    const json::value to = parse(after);
    std::vector<LawDifference> out;
    compare("", &from, &to, out);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return out;
}

}  // namespace soma::domain
