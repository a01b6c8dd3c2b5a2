#pragma once
#include <boost/json/object.hpp>
#include <string>

namespace soma::domain {

/// One memory, as GET /v1/memories answers it, as one line without its end: canonical JSON
/// (RFC 8785) of what its caller gave, which POST /v1/memories takes. Pure.
std::string export_line(const boost::json::object& record);

}  // namespace soma::domain
