#include "server/openapi/schema.h"

#include <boost/json/array.hpp>
#include <limits>
#include <string>

namespace soma::server {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using somabrain::v1::Limits;

constexpr double kMaxExact = 9007199254740991;  // 2^53 − 1

void add_number_bounds(json::object& schema, const FieldDescriptor* value, const Limits& limits) {
    double least = -kMaxExact;
    double most = kMaxExact;
    switch (value->cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            least = -2147483648.0;
            most = 2147483647.0;
            break;
        case FieldDescriptor::CPPTYPE_UINT32:
            least = 0;
            most = 4294967295.0;
            break;
        case FieldDescriptor::CPPTYPE_UINT64:
            least = 0;
            break;
        case FieldDescriptor::CPPTYPE_INT64:
            break;
        case FieldDescriptor::CPPTYPE_FLOAT:
            most = std::numeric_limits<float>::max();
            least = -most;
            break;
        default:
            most = std::numeric_limits<double>::max();
            least = -most;
            break;
    }
    schema["minimum"] = limits.has_min() ? limits.min() : least;
    schema["maximum"] = limits.has_max() ? limits.max() : most;
}

/// Strings: a string of at most N bytes has at most N characters, so maxLength never refuses a
/// legal one; the exact limit is said in words.
void add_text_limits(json::object& schema, const Limits& limits, std::string& description) {
    switch (limits.format()) {
        case somabrain::v1::FORMAT_UUID:
            schema["format"] = "uuid";
            return;
        case somabrain::v1::FORMAT_TIME:
            schema["format"] = "date-time";
            description += " RFC 3339 with an offset, at most microseconds.";
            return;
        case somabrain::v1::FORMAT_ASCII:
            schema["pattern"] = "^[ -~]*$";
            break;
        default:
            schema["pattern"] = "^[^\\u0000]*$";
            break;
    }
    if (!limits.one_of().empty()) {
        schema["enum"] = json::array(limits.one_of().begin(), limits.one_of().end());
        schema.erase("pattern");
    }
    if (limits.has_min_bytes()) {
        schema["minLength"] = limits.min_bytes() > 0 ? 1 : 0;
    }
    if (limits.has_max_characters() || limits.has_max_bytes()) {
        schema["maxLength"] =
            limits.has_max_characters() ? limits.max_characters() : limits.max_bytes();
    }
    if (limits.has_max_bytes()) {
        description += " At most " + std::to_string(limits.max_bytes()) + " bytes of UTF-8.";
    }
}

json::object value_schema(const FieldPlan& plan, std::string& description,
                          std::set<const google::protobuf::Descriptor*>& referenced) {
    const FieldDescriptor* value = plan.is_map ? plan.map_value : plan.field;
    json::object schema;
    switch (plan.shape) {
        case JsonShape::text:
            schema["type"] = "string";
            add_text_limits(schema, *plan.limits, description);
            break;
        case JsonShape::free_object:
            schema["type"] = "object";
            if (plan.limits->has_max_bytes()) {
                description += " At most " + std::to_string(plan.limits->max_bytes()) +
                               " bytes as canonical JSON (RFC 8785), integers within ±(2^53 − 1).";
            }
            break;
        case JsonShape::boolean:
            schema["type"] = "boolean";
            break;
        case JsonShape::integer:
            schema["type"] = "integer";
            add_number_bounds(schema, value, *plan.limits);
            break;
        case JsonShape::number:
            schema["type"] = "number";
            schema["format"] =
                value->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT ? "float" : "double";
            add_number_bounds(schema, value, *plan.limits);
            break;
        case JsonShape::message:
            schema["$ref"] = "#/components/schemas/" + plan.message->type->name();
            referenced.insert(plan.message->type);
            break;
    }
    return schema;
}

/// The same schema, or null.
void add_null(json::object& schema) {
    if (schema.contains("$ref")) {
        json::object reference{{"$ref", schema.at("$ref")}};
        schema.erase("$ref");
        schema["anyOf"] = json::array{std::move(reference), json::object{{"type", "null"}}};
        return;
    }
    schema["type"] = json::array{schema.at("type"), "null"};
    if (schema.contains("enum")) {
        schema.at("enum").get_array().push_back(nullptr);
    }
}

bool is_always_printed(const FieldPlan& field) {
    const auto format = field.limits->format();
    return !field.is_map && !field.field->has_presence() && format != somabrain::v1::FORMAT_UUID &&
           format != somabrain::v1::FORMAT_TIME;
}

}  // namespace

json::object field_schema(const FieldPlan& plan,
                          std::set<const google::protobuf::Descriptor*>& referenced) {
    std::string description = plan.limits->meaning();
    json::object schema = value_schema(plan, description, referenced);
    if (plan.is_list) {
        json::object list{{"type", "array"}, {"items", std::move(schema)}};
        if (plan.limits->has_min_items()) {
            list["minItems"] = plan.limits->min_items();
        }
        if (plan.limits->has_max_items()) {
            list["maxItems"] = plan.limits->max_items();
        }
        schema = std::move(list);
    } else if (plan.is_map) {
        schema = {{"type", "object"}, {"additionalProperties", std::move(schema)}};
    }
    if (!description.empty()) {
        schema["description"] = description;
    }
    return schema;
}

json::object message_schema(const MessagePlan& plan, SchemaSide side,
                            std::set<const google::protobuf::Descriptor*>& referenced) {
    json::object properties;
    json::array required;
    for (const FieldPlan& field : plan.fields) {
        const bool is_request = side == SchemaSide::request;
        const bool is_needed = is_request ? field.limits->required() : is_always_printed(field);
        json::object schema = field_schema(field, referenced);
        // A request may say null for "absent"; an answer leaves out what is.
        if (is_request && !is_needed) {
            add_null(schema);
        }
        properties[field.name] = std::move(schema);
        if (is_needed) {
            required.emplace_back(field.name);
        }
    }
    json::object out{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) {
        out["required"] = std::move(required);
    }
    if (side == SchemaSide::request) {
        out["additionalProperties"] = false;
    }
    return out;
}

}  // namespace soma::server
