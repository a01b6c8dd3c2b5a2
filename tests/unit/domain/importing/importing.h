#pragma once
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>

#include "domain/importing/format.h"

namespace soma::domain::test {

/// The n-th item's request.
inline boost::json::object request(const ImportList& list, std::size_t n) {
    return boost::json::parse(list.items.at(n).request).as_object();
}

/// A text member of the n-th item's request; empty when it has none.
inline std::string field(const ImportList& list, std::size_t n, std::string_view name) {
    const auto object = request(list, n);
    const auto* member = object.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

/// "place: reason" of the n-th skipped thing, with "!" before failures.
inline std::string skipped(const ImportList& list, std::size_t n) {
    const auto& one = list.skipped.at(n);
    return (one.is_failure ? "!" : "") + one.place + ": " + one.reason;
}

}  // namespace soma::domain::test
