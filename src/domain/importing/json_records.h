#pragma once
#include <boost/json/object.hpp>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "domain/importing/import_items.h"

namespace soma::domain {

/// Called with where a record stands ("a.json#/results/3", "a.jsonl:4") and the record.
using VisitRecord = std::function<void(std::string place, const boost::json::object& record)>;

/// The objects of a file that another program wrote, whichever way it wrote them: a JSON list, an
/// object that holds the list under one of the names in `containers`, one object alone, or one
/// object a line. What is broken goes to `list` as a failure that names the line; a document that
/// is broken in the middle yields nothing else. Returns the object around the list, if there is
/// one. Pure.
std::optional<boost::json::object> each_json_record(
    std::string_view name, std::string_view text,
    std::initializer_list<std::string_view> containers, ImportList& list, const VisitRecord& visit);

/// Like it, but for files of one object a line; blank lines pass. Lines over 512 KiB are failures.
void each_json_line(std::string_view name, std::string_view text, ImportList& list,
                    const std::function<void(std::string place, const boost::json::object& record,
                                             std::string_view line)>& visit);

/// The first record of either kind of file, to tell what it is; nullopt when there is none.
std::optional<boost::json::object> first_json_record(
    std::string_view text, std::initializer_list<std::string_view> containers);

/// The member when it is a text that is not empty.
std::optional<std::string_view> text_member(const boost::json::object& record,
                                            std::string_view name);

/// Copies a text member, if there is one, as `as` into a request.
void copy_text(const boost::json::object& record, std::string_view name,
               boost::json::object& request, std::string_view as);

/// Copies a member that is an RFC 3339 time; false when it is none, or finer than microseconds.
bool copy_time(const boost::json::object& record, std::string_view name,
               boost::json::object& request, std::string_view as);

}  // namespace soma::domain
