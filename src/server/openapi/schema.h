#pragma once
#include <google/protobuf/descriptor.h>

#include <boost/json/object.hpp>
#include <set>

#include "server/codec/plan.h"

namespace soma::server {

/// Whose JSON a schema describes: a request is closed to unknown members and asks for its required
/// ones; an answer always has the members that the encoder always prints, and may gain more.
enum class SchemaSide { request, answer };

/// JSON Schema (2020-12) of one message; sub-messages are references into #/components/schemas and
/// are added to `referenced`.
boost::json::object message_schema(const MessagePlan& plan, SchemaSide side,
                                   std::set<const google::protobuf::Descriptor*>& referenced);

/// JSON Schema of one field's value with its limits; what JSON Schema cannot say (bytes of UTF-8)
/// is in the description.
boost::json::object field_schema(const FieldPlan& plan,
                                 std::set<const google::protobuf::Descriptor*>& referenced);

}  // namespace soma::server
