#include <google/protobuf/reflection.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/canonical_json.h"
#include "base/error.h"
#include "server/codec/codec.h"
#include "server/codec/plan.h"

namespace soma::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::RepeatedField;

constexpr std::int64_t kMaxExact = (std::int64_t{1} << 53) - 1;

template <class Integer>
void append_integer(std::string& out, Integer value) {
    if constexpr (sizeof(Integer) == 8) {
        SOMA_ASSERT(
            std::cmp_less_equal(value, kMaxExact) && std::cmp_greater_equal(value, -kMaxExact),
            "JSON numbers are exact to 2^53 − 1");
    }
    std::array<char, 24> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end.ptr);
}

/// The shortest digits that read back as the same float: half the bytes of printing it as a double.
void append_float(std::string& out, float value) {
    SOMA_ASSERT(std::isfinite(value), "JSON has no NaN and no infinity");
    if (value == 0) {
        out.push_back('0');
        return;
    }
    std::array<char, 32> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end.ptr);
}

void append_message(std::string& out, const MessagePlan& plan, const Message& message);

void append_scalar(std::string& out, const FieldPlan& plan, const FieldDescriptor* field,
                   const Message& message) {
    const Reflection& get = *message.GetReflection();
    switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_BOOL:
            out += get.GetBool(message, field) ? "true" : "false";
            break;
        case FieldDescriptor::CPPTYPE_INT32:
            append_integer(out, get.GetInt32(message, field));
            break;
        case FieldDescriptor::CPPTYPE_INT64:
            append_integer(out, get.GetInt64(message, field));
            break;
        case FieldDescriptor::CPPTYPE_UINT32:
            append_integer(out, get.GetUInt32(message, field));
            break;
        case FieldDescriptor::CPPTYPE_UINT64:
            append_integer(out, get.GetUInt64(message, field));
            break;
        case FieldDescriptor::CPPTYPE_FLOAT:
            append_float(out, get.GetFloat(message, field));
            break;
        case FieldDescriptor::CPPTYPE_DOUBLE:
            out += format_ecmascript_number(get.GetDouble(message, field));
            break;
        case FieldDescriptor::CPPTYPE_MESSAGE:
            append_message(out, *plan.message, get.GetMessage(message, field));
            break;
        case FieldDescriptor::CPPTYPE_STRING: {
            std::string scratch;
            const std::string& text = get.GetStringReference(message, field, &scratch);
            if (plan.shape == JsonShape::free_object) {
                out += text.empty() ? "{}" : text;  // canonical JSON already
            } else {
                append_json_string(out, text);
            }
            break;
        }
        case FieldDescriptor::CPPTYPE_ENUM:
            SOMA_ASSERT(false, "refused when the plan was made");
    }
}

template <class Values, class Append>
void append_each(std::string& out, const Values& values, Append append) {
    out.push_back('[');
    bool first = true;
    for (const auto& value : values) {
        if (!first) {
            out.push_back(',');
        }
        first = false;
        append(value);
    }
    out.push_back(']');
}

/// Whole repeated fields at once: per-element reflection costs more than the printing.
void append_list(std::string& out, const FieldPlan& plan, const Message& message) {
    const Reflection& get = *message.GetReflection();
    const FieldDescriptor* field = plan.field;
    const auto integer = [&](auto value) { append_integer(out, value); };
    switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_BOOL:
            return append_each(out, get.GetRepeatedFieldRef<bool>(message, field),
                               [&](bool value) { out += value ? "true" : "false"; });
        case FieldDescriptor::CPPTYPE_INT32:
            return append_each(out, get.GetRepeatedFieldRef<std::int32_t>(message, field), integer);
        case FieldDescriptor::CPPTYPE_INT64:
            return append_each(out, get.GetRepeatedFieldRef<std::int64_t>(message, field), integer);
        case FieldDescriptor::CPPTYPE_UINT32:
            return append_each(out, get.GetRepeatedFieldRef<std::uint32_t>(message, field),
                               integer);
        case FieldDescriptor::CPPTYPE_UINT64:
            return append_each(out, get.GetRepeatedFieldRef<std::uint64_t>(message, field),
                               integer);
        case FieldDescriptor::CPPTYPE_FLOAT:
            return append_each(out, get.GetRepeatedFieldRef<float>(message, field),
                               [&](float value) { append_float(out, value); });
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return append_each(out, get.GetRepeatedFieldRef<double>(message, field),
                               [&](double value) { out += format_ecmascript_number(value); });
        case FieldDescriptor::CPPTYPE_STRING:
            return append_each(out, get.GetRepeatedFieldRef<std::string>(message, field),
                               [&](const std::string& text) { append_json_string(out, text); });
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return append_each(
                out, get.GetRepeatedFieldRef<Message>(message, field),
                [&](const Message& item) { append_message(out, *plan.message, item); });
        case FieldDescriptor::CPPTYPE_ENUM:
            SOMA_ASSERT(false, "refused when the plan was made");
    }
}

/// Members ordered by name: a hash map's own order would differ from run to run.
void append_map(std::string& out, const FieldPlan& plan, const Message& message) {
    std::vector<std::pair<std::string, const Message*>> entries;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, plan.field); ++i) {
        const Message& entry = message.GetReflection()->GetRepeatedMessage(message, plan.field, i);
        entries.emplace_back(entry.GetReflection()->GetString(entry, plan.map_key), &entry);
    }
    std::sort(entries.begin(), entries.end());
    out.push_back('{');
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (i != 0) {
            out.push_back(',');
        }
        append_json_string(out, entries[i].first);
        out.push_back(':');
        append_scalar(out, plan, plan.map_value, *entries[i].second);
    }
    out.push_back('}');
}

bool is_left_out(const FieldPlan& plan, const Message& message) {
    const Reflection& get = *message.GetReflection();
    if (plan.is_list) {
        return false;
    }
    if (plan.is_map) {
        return get.FieldSize(message, plan.field) == 0;
    }
    if (plan.field->has_presence()) {
        return !get.HasField(message, plan.field);
    }
    // Without presence an empty string is all there is to say "none", and no UUID or time is empty.
    const auto format = plan.limits->format();
    return (format == somabrain::v1::FORMAT_UUID || format == somabrain::v1::FORMAT_TIME) &&
           !get.HasField(message, plan.field);
}

void append_message(std::string& out, const MessagePlan& plan, const Message& message) {
    out.push_back('{');
    bool first = true;
    for (const FieldPlan& field : plan.fields) {
        if (is_left_out(field, message)) {
            continue;
        }
        out += first ? "\"" : ",\"";
        first = false;
        out += field.name;  // an identifier: nothing to escape
        out += "\":";
        if (field.is_list) {
            append_list(out, field, message);
        } else if (field.is_map) {
            append_map(out, field, message);
        } else {
            append_scalar(out, field, field.field, message);
        }
    }
    out.push_back('}');
}

}  // namespace

void append_json(std::string& out, const Message& message) {
    append_message(out, plan_of(message.GetDescriptor()), message);
}

std::string encode_json(const Message& message) {
    std::string out;
    append_json(out, message);
    return out;
}

}  // namespace soma::server
