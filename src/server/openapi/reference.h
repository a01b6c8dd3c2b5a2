#pragma once
#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace soma::server {

/// docs/api.md for the services given: every route with its members, limits and meanings, from the
/// same descriptors and limits.proto options that the codec checks and OpenAPI prints.
std::string api_reference(const std::vector<const google::protobuf::ServiceDescriptor*>& services);

}  // namespace soma::server
