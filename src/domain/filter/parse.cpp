#include "domain/filter/parse.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cmath>
#include <span>

#include "base/error.h"
#include "domain/filter/values.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// What a field holds decides which ops and values fit it.
enum class Type : std::uint8_t { text, list, time, integer, number, any };

struct FieldName {
    std::string_view name;
    FilterField field;
    Type type;
};
constexpr std::array<FieldName, 12> kFields{{
    {"tags", FilterField::tags, Type::list},
    {"kind", FilterField::kind, Type::text},
    {"speaker", FilterField::speaker, Type::text},
    {"session_id", FilterField::session_id, Type::text},
    {"subject", FilterField::subject, Type::text},
    {"key", FilterField::key, Type::text},
    {"created_at", FilterField::created_at, Type::time},
    {"occurred_at", FilterField::occurred_at, Type::time},
    {"valid_from", FilterField::valid_from, Type::time},
    {"valid_to", FilterField::valid_to, Type::time},
    {"turn", FilterField::turn, Type::integer},
    {"importance", FilterField::importance, Type::number},
}};
constexpr std::string_view kMetadata = "metadata.";

/// `ne` is known here alone.
struct OpName {
    std::string_view name;
    FilterOp op;
    bool negated;
};
constexpr std::array<OpName, 10> kOps{{
    {"eq", FilterOp::eq, false},
    {"ne", FilterOp::eq, true},
    {"lt", FilterOp::lt, false},
    {"lte", FilterOp::lte, false},
    {"gt", FilterOp::gt, false},
    {"gte", FilterOp::gte, false},
    {"in", FilterOp::in, false},
    {"contains", FilterOp::contains, false},
    {"exists", FilterOp::exists, false},
    {"prefix", FilterOp::prefix, false},
}};

bool is_order(FilterOp op) {
    return op == FilterOp::lt || op == FilterOp::lte || op == FilterOp::gt || op == FilterOp::gte;
}

bool fits(const OpName& op, Type type) {
    if (op.op == FilterOp::exists || op.op == FilterOp::in || type == Type::any) {
        return true;
    }
    const bool is_part = op.op == FilterOp::contains || op.op == FilterOp::prefix;
    switch (type) {
        case Type::list:
            return is_part;
        case Type::text:
            return is_part || op.op == FilterOp::eq;
        default:
            return is_order(op.op) || op.op == FilterOp::eq;
    }
}

/// "eq, ne, in": the names for which `wanted` holds.
template <typename Names, typename Wanted>
std::string joined(const Names& names, Wanted wanted) {
    std::string out;
    for (const auto& name : names) {
        if (wanted(name)) {
            out.append(out.empty() ? "" : ", ").append(name.name);
        }
    }
    return out;
}

class Parser {
  public:
    explicit Parser(std::string root) : root_(std::move(root)) {}

    Filter parse(const json::value& value, const std::string& pointer, std::size_t depth) {
        if (depth > kMaxFilterDepth) {
            throw invalid(pointer, "must be nested at most " + std::to_string(kMaxFilterDepth) +
                                       " levels deep");
        }
        const auto* object = value.if_object();
        if (object != nullptr && object->size() == 1) {
            if (const auto* all = object->if_contains("and")) {
                return join(Filter::Kind::all, *all, pointer + "/and", depth);
            }
            if (const auto* any = object->if_contains("or")) {
                return join(Filter::Kind::any, *any, pointer + "/or", depth);
            }
            if (const auto* negated = object->if_contains("not")) {
                return negation(parse(*negated, pointer + "/not", depth + 1));
            }
        }
        if (object == nullptr || object->size() != 3 || !object->contains("field") ||
            !object->contains("op") || !object->contains("value")) {
            throw invalid(pointer,
                          "must be an object of and, or, not alone, or of field, op and value");
        }
        return condition(*object, pointer);
    }

  private:
    static Filter negation(Filter part) {
        Filter filter{Filter::Kind::none, {}, {}};
        filter.parts.push_back(std::move(part));
        return filter;
    }

    Filter join(Filter::Kind kind, const json::value& value, const std::string& pointer,
                std::size_t depth) {
        const auto* parts = value.if_array();
        if (parts == nullptr || parts->empty()) {
            throw invalid(pointer, "must be a list of at least 1 filter");
        }
        Filter filter{kind, {}, {}};
        for (std::size_t i = 0; i < parts->size(); ++i) {
            filter.parts.push_back(
                parse((*parts)[i], pointer + "/" + std::to_string(i), depth + 1));
        }
        return filter;
    }

    Filter condition(const json::object& object, const std::string& pointer) {
        if (++conditions_ > kMaxFilterConditions) {
            throw invalid(
                root_, "must have at most " + std::to_string(kMaxFilterConditions) + " conditions");
        }
        const FieldName field = field_of(object.at("field"), pointer + "/field");
        const OpName op = op_of(object.at("op"), field, pointer + "/op");
        const json::value& value = object.at("value");
        const std::string at = pointer + "/value";
        Filter filter;
        filter.condition = {field.field, std::string(field.name), op.op, {}};
        bool negated = op.negated;
        if (op.op == FilterOp::exists) {
            if (!value.is_bool()) {
                throw invalid(at, "must be true or false");
            }
            negated = !value.get_bool();
        } else if (op.op == FilterOp::in) {
            filter.condition.values = items(value, field.type, at);
        } else {
            filter.condition.values.push_back(operand(value, op.op, field.type, at));
        }
        return negated ? negation(std::move(filter)) : filter;
    }

    static FieldName field_of(const json::value& value, const std::string& pointer) {
        const auto* text = value.if_string();
        const std::string_view name = text == nullptr ? "" : std::string_view(*text);
        if (name.size() > kMetadata.size() && name.starts_with(kMetadata)) {
            if (name.size() > kMaxFilterNameBytes) {
                throw invalid(
                    pointer, "must have at most " + std::to_string(kMaxFilterNameBytes) + " bytes");
            }
            return {name, FilterField::metadata, Type::any};
        }
        const auto* found = std::find_if(kFields.begin(), kFields.end(),
                                         [&](const auto& field) { return field.name == name; });
        if (found == kFields.end()) {
            throw invalid(pointer, "must be one of " + joined(kFields, [](const auto&) {
                                       return true;
                                   }) + ", metadata.<path>");
        }
        return *found;
    }

    static OpName op_of(const json::value& value, const FieldName& field,
                        const std::string& pointer) {
        const auto* text = value.if_string();
        const auto* found = std::find_if(kOps.begin(), kOps.end(), [&](const OpName& op) {
            return text != nullptr && op.name == std::string_view(*text);
        });
        if (found == kOps.end() || !fits(*found, field.type)) {
            throw invalid(pointer,
                          "must be one of " +
                              joined(kOps, [&](const OpName& op) { return fits(op, field.type); }) +
                              " for " +
                              (field.type == Type::any ? "metadata" : std::string(field.name)));
        }
        return *found;
    }

    static std::vector<FilterValue> items(const json::value& value, Type type,
                                          const std::string& pointer) {
        const auto* list = value.if_array();
        if (list == nullptr || list->empty() || list->size() > kMaxFilterItems) {
            throw invalid(pointer,
                          "must be a list of 1 to " + std::to_string(kMaxFilterItems) + " values");
        }
        std::vector<FilterValue> out;
        for (std::size_t i = 0; i < list->size(); ++i) {
            out.push_back(
                operand((*list)[i], FilterOp::in, type, pointer + "/" + std::to_string(i)));
        }
        return out;
    }

    static FilterValue operand(const json::value& value, FilterOp op, Type type,
                               const std::string& pointer) {
        switch (type) {
            case Type::text:
            case Type::list:
                if (value.is_string() && value.get_string().empty()) {
                    throw invalid(pointer, "must not be empty");
                }
                return text_of(value, pointer);
            case Type::time:
                return time_of(value, pointer);
            case Type::integer:
                return integer_of(value, pointer);
            case Type::number:
                return number_of(value, "must be a number", pointer);
            case Type::any:
                break;
        }
        if (value.is_string() || op == FilterOp::prefix) {
            return text_of(value, pointer);
        }
        if (value.is_bool() && !is_order(op)) {
            return value.get_bool();
        }
        return number_of(value,
                         is_order(op) ? "must be a string or a number"
                                      : "must be a string, a number, true or false",
                         pointer);
    }

    static FilterValue text_of(const json::value& value, const std::string& pointer) {
        if (!value.is_string()) {
            throw invalid(pointer, "must be a string");
        }
        if (value.get_string().size() > kMaxFilterTextBytes) {
            throw invalid(pointer,
                          "must have at most " + std::to_string(kMaxFilterTextBytes) + " bytes");
        }
        return std::string(value.get_string());
    }

    static FilterValue time_of(const json::value& value, const std::string& pointer) {
        const auto time =
            value.is_string() ? parse_rfc3339(std::string_view(value.get_string())) : std::nullopt;
        if (!time) {
            throw invalid(pointer,
                          "must be an RFC 3339 time with an offset and at most microseconds");
        }
        return *time;
    }

    static FilterValue integer_of(const json::value& value, const std::string& pointer) {
        constexpr double kMaxExact = 9007199254740991;  // 2^53 − 1
        const double number = std::get<double>(number_of(value, "must be an integer", pointer));
        if (std::trunc(number) != number || std::fabs(number) > kMaxExact) {
            throw invalid(pointer, "must be an integer within ±(2^53 − 1)");
        }
        return number;
    }

    static FilterValue number_of(const json::value& value, const char* otherwise,
                                 const std::string& pointer) {
        if (!value.is_number()) {
            throw invalid(pointer, otherwise);
        }
        return value.to_number<double>();
    }

    std::string root_;
    std::size_t conditions_ = 0;
};

}  // namespace

Filter parse_filter(std::string_view json, const std::string& pointer) {
    return Parser(pointer).parse(json::parse(json), pointer, 1);
}

}  // namespace soma::domain
