#pragma once
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/memory/memory.h"
#include "domain/memory/time_scope.h"

namespace soma::domain::testing {

/// The definition of a filter, straight from its JSON and one memory: no tree, no list, no index.
/// What parsing and the corpus together must equal.
class NaiveFilter {
  public:
    NaiveFilter(const boost::json::value& filter, const TimeScope& time)
        : filter_(filter), time_(time) {}

    bool operator()(const Memory& memory) const { return holds(filter_, memory); }

  private:
    using Value = boost::json::value;
    struct Found {
        bool exists = false;
        std::vector<Value> scalars;
        std::vector<Value> items;
    };

    bool holds(const Value& filter, const Memory& memory) const {
        const auto& object = filter.as_object();
        if (const auto* all = object.if_contains("and")) {
            bool every = true;
            for (const Value& part : all->as_array()) {
                every &= holds(part, memory);
            }
            return every;
        }
        if (const auto* any = object.if_contains("or")) {
            bool one = false;
            for (const Value& part : any->as_array()) {
                one |= holds(part, memory);
            }
            return one;
        }
        if (const auto* part = object.if_contains("not")) {
            return !holds(*part, memory);
        }
        const std::string field(object.at("field").as_string());
        const std::string op(object.at("op").as_string());
        const Value& wanted = object.at("value");
        const Found found = find(field, memory);
        if (op == "exists") {
            return found.exists == wanted.as_bool();
        }
        if (op == "ne") {
            return !one_satisfies(found, field, "eq", wanted);
        }
        return one_satisfies(found, field, op, wanted);
    }

    static bool one_satisfies(const Found& found, const std::string& field, const std::string& op,
                              const Value& wanted) {
        bool one = false;
        for (const Value& value : found.scalars) {
            one |= satisfies(value, false, is_time(field), op, wanted);
        }
        for (const Value& value : found.items) {
            one |= satisfies(value, true, false, op, wanted);
        }
        return one;
    }

    static bool satisfies(const Value& value, bool item, bool time, const std::string& op,
                          const Value& wanted) {
        if (op == "in") {
            bool one = false;
            for (const Value& each : wanted.as_array()) {
                one |= satisfies(value, item, time, "eq", each);
            }
            return one;
        }
        if (value.is_bool() || wanted.is_bool()) {
            return (op == "eq" || (op == "contains" && item)) && value == wanted;
        }
        if (value.is_string() != wanted.is_string()) {
            return false;
        }
        if (value.is_string() && !time) {
            const std::string a(value.as_string());
            const std::string b(wanted.as_string());
            if (op == "prefix") {
                return a.substr(0, b.size()) == b;
            }
            if (op == "contains" && !item) {
                return a.find(b) != std::string::npos;
            }
            return compare(a.compare(b), op);
        }
        if (time) {
            return compare_of(*parse_rfc3339(std::string_view(value.as_string())),
                              *parse_rfc3339(std::string_view(wanted.as_string())), op);
        }
        return (op != "prefix") && (op != "contains" || item) &&
               compare_of(value.to_number<double>(), wanted.to_number<double>(), op);
    }

    template <typename T>
    static bool compare_of(const T& a, const T& b, const std::string& op) {
        return compare(a < b ? -1 : a > b ? 1 : 0, op);
    }
    static bool compare(int order, const std::string& op) {
        return op == "lt"    ? order < 0
               : op == "lte" ? order <= 0
               : op == "gt"  ? order > 0
               : op == "gte" ? order >= 0
                             : order == 0;
    }

    static bool is_time(const std::string& field) {
        return field == "created_at" || field == "occurred_at" || field == "valid_from" ||
               field == "valid_to";
    }

    Found find(const std::string& field, const Memory& memory) const {
        const MemoryFacts facts = as_recorded(memory.facts, time_);
        const MemoryContent& content = memory.content;
        const auto text = [](const std::string& value) {
            return value.empty() ? Found{} : Found{true, {Value(value)}, {}};
        };
        const auto time = [](const std::optional<Time>& value) {
            return value ? Found{true, {Value(format_rfc3339(*value))}, {}} : Found{};
        };
        const auto number = [](const auto& value) {
            return value ? Found{true, {Value(*value)}, {}} : Found{};
        };
        if (field == "kind") return text(facts.kind);
        if (field == "speaker") return text(content.speaker);
        if (field == "session_id") return text(content.session_id);
        if (field == "subject") return text(content.subject);
        if (field == "key") return text(content.key);
        if (field == "created_at") return time(facts.created_at);
        if (field == "occurred_at") return time(facts.occurred_at);
        if (field == "valid_from") return time(facts.valid_from);
        if (field == "valid_to") return time(facts.valid_to);
        if (field == "turn") return number(facts.turn);
        if (field == "importance") return number(facts.importance);
        Found found;
        if (field == "tags") {
            for (const std::string& tag : content.tags) {
                found.items.emplace_back(tag);
            }
            found.exists = !found.items.empty();
        } else if (!content.metadata.empty()) {
            walk(boost::json::parse(content.metadata), field.substr(9), found);
        }
        return found;
    }

    /// Every member that `path` may name: its dots part names or belong to them.
    static void walk(const Value& value, const std::string& path, Found& found) {
        const auto* object = value.if_object();
        if (object == nullptr) {
            return;
        }
        for (const auto& [key, member] : *object) {
            const std::string name(key);
            if (name == path && !member.is_null()) {
                found.exists = true;
                if (const auto* list = member.if_array()) {
                    for (const Value& item : *list) {
                        if (item.is_primitive() && !item.is_null()) {
                            found.items.push_back(item);
                        }
                    }
                } else if (!member.is_object()) {
                    found.scalars.push_back(member);
                }
            } else if (path.size() > name.size() && path.compare(0, name.size(), name) == 0 &&
                       path[name.size()] == '.') {
                walk(member, path.substr(name.size() + 1), found);
            }
        }
    }

    const Value& filter_;
    const TimeScope& time_;
};

}  // namespace soma::domain::testing
