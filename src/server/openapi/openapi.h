#pragma once
#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace soma::server {

/// OpenAPI 3.1 for the services given, from the same descriptors and limits.proto options that the
/// codec checks. Canonical JSON: equal contracts give equal bytes.
std::string openapi_document(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services);

}  // namespace soma::server
