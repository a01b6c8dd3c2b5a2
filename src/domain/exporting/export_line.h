#pragma once
#include <boost/json/object.hpp>
#include <compare>
#include <cstddef>
#include <string>

namespace soma::domain {

/// One memory, as GET /v1/memories answers it, as one line without its end: canonical JSON
/// (RFC 8785) of what its caller gave, which POST /v1/memories takes. Pure.
std::string export_line(const boost::json::object& record);

/// A link between two memories of the file, by the numbers of their lines, from 1. Ordered as it
/// stands in the file.
struct ExportedLink {
    std::size_t from = 0;
    std::size_t to = 0;
    std::string type;
    double weight = 0;  ///< as it was last said

    friend auto operator<=>(const ExportedLink&, const ExportedLink&) = default;
};

/// {"link":{"from":1,"to":2,"type":"causes","weight":0.5}}, canonical, without its end. Pure.
std::string export_line(const ExportedLink& link);

}  // namespace soma::domain
