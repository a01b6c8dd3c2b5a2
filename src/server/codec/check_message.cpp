#include <bit>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "server/codec/codec.h"
#include "server/codec/free_object.h"
#include "server/codec/plan.h"
#include "server/codec/values.h"

namespace soma::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// What stands at `index` of a field, or in the field itself when it is no list.
struct Place {
    Message& message;
    const FieldPlan& plan;
    std::optional<int> index;

    const Reflection& reflection() const { return *message.GetReflection(); }
};

std::int64_t integer_at(const Place& at) {
    const Reflection& get = at.reflection();
    const FieldDescriptor* field = at.plan.field;
    switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return at.index ? get.GetRepeatedInt32(at.message, field, *at.index)
                            : get.GetInt32(at.message, field);
        case FieldDescriptor::CPPTYPE_UINT32:
            return at.index ? get.GetRepeatedUInt32(at.message, field, *at.index)
                            : get.GetUInt32(at.message, field);
        case FieldDescriptor::CPPTYPE_INT64:
            return at.index ? get.GetRepeatedInt64(at.message, field, *at.index)
                            : get.GetInt64(at.message, field);
        default:
            break;
    }
    const std::uint64_t value = at.index ? get.GetRepeatedUInt64(at.message, field, *at.index)
                                         : get.GetUInt64(at.message, field);
    // What is too large stays too large.
    return std::cmp_greater(value, kMaxExact) ? kMaxExact + 1 : static_cast<std::int64_t>(value);
}

double number_at(const Place& at) {
    const Reflection& get = at.reflection();
    const FieldDescriptor* field = at.plan.field;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        return at.index ? get.GetRepeatedDouble(at.message, field, *at.index)
                        : get.GetDouble(at.message, field);
    }
    const float value = at.index ? get.GetRepeatedFloat(at.message, field, *at.index)
                                 : get.GetFloat(at.message, field);
    return static_cast<double>(value);
}

std::string text_at(const Place& at) {
    const Reflection& get = at.reflection();
    return at.index ? get.GetRepeatedString(at.message, at.plan.field, *at.index)
                    : get.GetString(at.message, at.plan.field);
}

void put_text(const Place& at, std::string text) {
    const Reflection& get = at.reflection();
    if (at.index) {
        get.SetRepeatedString(&at.message, at.plan.field, *at.index, std::move(text));
    } else {
        get.SetString(&at.message, at.plan.field, std::move(text));
    }
}

/// Walks a message that is there already, as Walk does one that comes as JSON's events.
class MessageCheck {
  public:
    void check(Message& message) {
        const MessagePlan& plan = plan_of(message.GetDescriptor());
        const auto& unknown = message.GetReflection()->GetUnknownFields(message);
        if (!unknown.empty()) {
            throw Violation{"has the field number " + std::to_string(unknown.field(0).number()) +
                            ", which is not one of " + plan.type->name()};
        }
        std::uint64_t seen = 0;
        for (const FieldPlan& field : plan.fields) {
            seen |= std::uint64_t{check_field(message, field)} << field.index;
        }
        const std::uint64_t missing = plan.required & ~seen;
        if (missing != 0) {
            const auto first = static_cast<std::size_t>(std::countr_zero(missing));
            append_pointer_segment(pointer_, plan.fields[first].name);
            throw Violation{"is required"};
        }
    }

    const std::string& pointer() const { return pointer_; }

  private:
    /// True when the field is there.
    bool check_field(Message& message, const FieldPlan& field) {
        const Reflection& get = *message.GetReflection();
        SOMA_ASSERT(!field.is_map, "no request of the contract holds a map");
        if (!field.is_list) {
            if (!get.HasField(message, field.field)) {
                return false;
            }
            in(field.name, [&] { check_value({message, field, std::nullopt}); });
            return true;
        }
        const int size = get.FieldSize(message, field.field);
        in(field.name, [&] { check_list(message, field, size); });
        return size > 0;
    }

    void check_list(Message& message, const FieldPlan& field, int size) {
        const auto& limits = *field.limits;
        if (limits.has_max_items() && std::cmp_greater(size, limits.max_items())) {
            throw Violation{"must have at most " + std::to_string(limits.max_items()) +
                            (limits.max_items() == 1 ? " item" : " items")};
        }
        for (int i = 0; i < size; ++i) {
            in(std::to_string(i), [&] { check_value({message, field, i}); });
        }
        if (size > 0 && limits.has_min_items() && std::cmp_less(size, limits.min_items())) {
            throw Violation{"must have at least " + std::to_string(limits.min_items()) + " items"};
        }
    }

    void check_value(const Place& at) {
        switch (at.plan.shape) {
            case JsonShape::text:
                return put_text(at, checked_text(at.plan, text_at(at)));
            case JsonShape::free_object:
                return put_text(
                    at, canonical_object(text_at(at), at.plan.limits->max_bytes(), pointer_));
            case JsonShape::integer:
                return check_integer(at.plan, integer_at(at));
            case JsonShape::number:
                return check_number(at.plan, number_at(at));
            case JsonShape::boolean:
                return;
            case JsonShape::message:
                return check(at.index
                                 ? *at.reflection().MutableRepeatedMessage(&at.message,
                                                                           at.plan.field, *at.index)
                                 : *at.reflection().MutableMessage(&at.message, at.plan.field));
        }
    }

    /// Not undone when `action` throws: then the pointer names the value to blame.
    template <class Action>
    void in(std::string_view segment, Action action) {
        const std::size_t before = pointer_.size();
        append_pointer_segment(pointer_, segment);
        action();
        pointer_.resize(before);
    }

    std::string pointer_;
};

}  // namespace

void check_message(Message& message) {
    MessageCheck check;
    try {
        check.check(message);
    } catch (const Violation& violation) {
        throw invalid(check.pointer(), violation.message);
    }
}

}  // namespace soma::server
