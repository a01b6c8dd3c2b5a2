#include "server/codec/parameters.h"

#include <bit>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unicode.h"
#include "server/codec/free_object.h"
#include "server/codec/plan.h"
#include "server/codec/values.h"

namespace soma::server {
namespace {

using google::protobuf::Message;

bool is_digit_at(std::string_view text, std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
}

/// Close to JSON's grammar: keeps std::from_chars from reading "inf", "nan" and hexadecimal.
bool looks_like_number(std::string_view text) {
    return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
           is_digit_at(text, text.starts_with('-') ? 1 : 0) && is_digit_at(text, text.size() - 1);
}

std::string pointer_to(std::string_view name) {
    std::string pointer;
    append_pointer_segment(pointer, name);
    return pointer;
}

void store_parameter(const FieldPlan& field, Message& out, std::string_view value) {
    const Destination to{&out, field.field, field.is_list};
    if (!valid_utf8(value)) {
        throw Violation{"must be valid UTF-8"};
    }
    switch (field.shape) {
        case JsonShape::text:
            return store_text(field, to, value);
        case JsonShape::boolean:
            if (value != "true" && value != "false") {
                throw Violation{"must be true or false"};
            }
            return store_boolean(to, value == "true");
        case JsonShape::integer:
        case JsonShape::number:
            if (!looks_like_number(value)) {
                throw Violation{field.shape == JsonShape::integer ? "must be an integer"
                                                                  : "must be a number"};
            }
            return field.shape == JsonShape::integer ? store_integer(field, to, value)
                                                     : store_number(field, to, value);
        case JsonShape::free_object:
            return out.GetReflection()->SetString(
                &out, field.field,
                canonical_object(value, field.limits->max_bytes(), pointer_to(field.name)));
        case JsonShape::message:
            throw Violation{"cannot be given as a parameter"};
    }
}

}  // namespace

std::uint64_t fill_parameters(std::span<const Parameter> parameters, Message& out) {
    const MessagePlan& plan = plan_of(out.GetDescriptor());
    std::uint64_t seen = 0;
    for (const Parameter& parameter : parameters) {
        const FieldPlan* field = plan.find(parameter.name);
        if (field == nullptr || field->is_map) {
            throw invalid(valid_utf8(parameter.name) ? pointer_to(parameter.name) : "",
                          "is not a parameter of this method");
        }
        const std::uint64_t bit = std::uint64_t{1} << field->index;
        if ((seen & bit) != 0 && !field->is_list) {
            throw invalid(pointer_to(parameter.name), "is given twice");
        }
        seen |= bit;
        try {
            store_parameter(*field, out, parameter.value);
        } catch (const Violation& violation) {
            throw invalid(pointer_to(parameter.name), violation.message);
        }
    }
    return seen;
}

void decode_parameters(std::span<const Parameter> parameters, Message& out) {
    const MessagePlan& plan = plan_of(out.GetDescriptor());
    const std::uint64_t missing = plan.required & ~fill_parameters(parameters, out);
    if (missing != 0) {
        const auto first = static_cast<std::size_t>(std::countr_zero(missing));
        throw invalid(pointer_to(plan.fields[first].name), "is required");
    }
}

}  // namespace soma::server
