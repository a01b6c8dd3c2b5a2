#pragma once
#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "somabrain/v1/limits.pb.h"

namespace soma::server {

struct MessagePlan;

/// What a field's JSON value looks like; a list or map of them when the field repeats.
enum class JsonShape : std::uint8_t { text, free_object, boolean, integer, number, message };

/// A field with its limits, ready for the walk.
struct FieldPlan {
    const google::protobuf::FieldDescriptor* field = nullptr;
    const somabrain::v1::Limits* limits = nullptr;
    const MessagePlan* message = nullptr;  ///< of a `message` field
    std::string_view name;
    JsonShape shape = JsonShape::text;
    std::uint8_t index = 0;  ///< in MessagePlan::fields
    bool is_list = false;
    bool is_map = false;  ///< string keys; `shape` is the values', `map_value` their field
    const google::protobuf::FieldDescriptor* map_key = nullptr;
    const google::protobuf::FieldDescriptor* map_value = nullptr;
};

/// A message type, its descriptors and limits.proto options looked up once.
struct MessagePlan {
    const google::protobuf::Descriptor* type = nullptr;
    std::vector<FieldPlan> fields;      ///< in declaration order; at most 64
    std::vector<std::uint8_t> by_name;  ///< indices into `fields`, ordered by name
    std::uint64_t required = 0;         ///< bit i: fields[i] must be given

    /// nullptr when there is no such field.
    const FieldPlan* find(std::string_view name) const;
};

/// Made at first use and kept for the life of the process. Thread-safe. A contract the codec cannot
/// carry (bytes, enums, lists of free objects, more than 64 fields) is our own mistake
/// (SOMA_ASSERT).
const MessagePlan& plan_of(const google::protobuf::Descriptor* type);

}  // namespace soma::server
