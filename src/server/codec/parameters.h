#pragma once
#include <google/protobuf/message.h>

#include <cstdint>
#include <span>

#include "server/codec/codec.h"

namespace soma::server {

/// Fills the fields named by path and query parameters; a list field takes several. Returns which
/// fields were given (bit = FieldPlan::index). Throws Error(invalid_argument).
std::uint64_t fill_parameters(std::span<const Parameter> parameters,
                              google::protobuf::Message& out);

}  // namespace soma::server
