#include "server/codec/plan.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "base/error.h"

namespace soma::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kMaxFields = 64;  // one bit each in MessagePlan::required

JsonShape shape_of(const FieldDescriptor* field, const somabrain::v1::Limits& limits) {
    switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
            SOMA_ASSERT(field->type() == FieldDescriptor::TYPE_STRING, "the codec has no bytes");
            return limits.format() == somabrain::v1::FORMAT_JSON_OBJECT ? JsonShape::free_object
                                                                        : JsonShape::text;
        case FieldDescriptor::CPPTYPE_BOOL:
            return JsonShape::boolean;
        case FieldDescriptor::CPPTYPE_INT32:
        case FieldDescriptor::CPPTYPE_INT64:
        case FieldDescriptor::CPPTYPE_UINT32:
        case FieldDescriptor::CPPTYPE_UINT64:
            return JsonShape::integer;
        case FieldDescriptor::CPPTYPE_FLOAT:
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return JsonShape::number;
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return JsonShape::message;
        case FieldDescriptor::CPPTYPE_ENUM:
            break;
    }
    SOMA_ASSERT(false, "a field type the codec does not carry");
    return JsonShape::text;
}

class Registry {
  public:
    const MessagePlan& get(const Descriptor* type) {
        {
            const std::shared_lock lock(mutex_);
            const auto found = plans_.find(type);
            if (found != plans_.end()) {
                return *found->second;
            }
        }
        const std::unique_lock lock(mutex_);
        return make(type);
    }

  private:
    /// The plan is in the map before its fields are filled, so types may contain themselves;
    /// readers wait behind the lock until all of it is complete.
    const MessagePlan& make(const Descriptor* type) {
        auto& slot = plans_[type];
        if (slot) {
            return *slot;
        }
        slot = std::make_unique<MessagePlan>();
        MessagePlan& plan = *slot;
        plan.type = type;
        SOMA_ASSERT(type->field_count() <= kMaxFields, "a message with more than 64 fields");
        plan.fields.reserve(static_cast<std::size_t>(type->field_count()));
        for (int i = 0; i < type->field_count(); ++i) {
            plan.fields.push_back(make_field(type->field(i), static_cast<std::uint8_t>(i)));
            if (plan.fields.back().limits->required()) {
                plan.required |= std::uint64_t{1} << i;
            }
            plan.by_name.push_back(static_cast<std::uint8_t>(i));
        }
        std::sort(plan.by_name.begin(), plan.by_name.end(),
                  [&](auto a, auto b) { return plan.fields[a].name < plan.fields[b].name; });
        return plan;
    }

    FieldPlan make_field(const FieldDescriptor* field, std::uint8_t index) {
        FieldPlan plan;
        plan.field = field;
        plan.limits = &field->options().GetExtension(somabrain::v1::limits);
        plan.name = field->name();
        plan.index = index;
        plan.is_map = field->is_map();
        plan.is_list = field->is_repeated() && !plan.is_map;
        const FieldDescriptor* value = field;
        if (plan.is_map) {
            plan.map_key = field->message_type()->map_key();
            plan.map_value = value = field->message_type()->map_value();
            SOMA_ASSERT(plan.map_key->type() == FieldDescriptor::TYPE_STRING,
                        "JSON members are named by strings");
        }
        plan.shape = shape_of(value, *plan.limits);
        SOMA_ASSERT(plan.shape != JsonShape::free_object || !field->is_repeated(),
                    "free JSON objects do not repeat");
        if (plan.shape == JsonShape::message) {
            SOMA_ASSERT(!plan.is_map, "maps hold scalars");
            plan.message = &make(value->message_type());
        }
        return plan;
    }

    std::shared_mutex mutex_;
    std::map<const Descriptor*, std::unique_ptr<MessagePlan>> plans_;
};

}  // namespace

const FieldPlan* MessagePlan::find(std::string_view name) const {
    const auto at = std::lower_bound(
        by_name.begin(), by_name.end(), name,
        [this](std::uint8_t index, std::string_view text) { return fields[index].name < text; });
    return at != by_name.end() && fields[*at].name == name ? &fields[*at] : nullptr;
}

const MessagePlan& plan_of(const Descriptor* type) {
    static Registry registry;
    return registry.get(type);
}

}  // namespace soma::server
