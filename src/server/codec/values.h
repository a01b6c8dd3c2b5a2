#pragma once
#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "server/codec/plan.h"

namespace soma::server {

/// Integers up to here are the same for every reader of JSON, doubles included.
inline constexpr std::int64_t kMaxExact = (std::int64_t{1} << 53) - 1;

/// A value breaks a limit. Thrown inside the codec only: the walk knows the pointer and turns it
/// into an Error. `message` reads after the pointer.
struct Violation {
    std::string message;
};

/// Where a checked value goes: set, or appended when `add`.
struct Destination {
    google::protobuf::Message* message = nullptr;
    const google::protobuf::FieldDescriptor* field = nullptr;
    bool add = false;
};

/// Each checks one value against the field's limits and stores it in its canonical form.
/// Throws Violation. `text` is valid UTF-8.
void store_text(const FieldPlan& plan, Destination to, std::string_view text);
void store_boolean(Destination to, bool value);
/// The same limits for values that come in their own type: throw Violation.
std::string checked_text(const FieldPlan& plan, std::string_view text);  ///< its canonical form
void check_integer(const FieldPlan& plan, std::int64_t value);
void check_number(const FieldPlan& plan, double value);

/// `literal` is a JSON number as written: Boost.JSON's own doubles are off by an ulp at times.
void store_integer(const FieldPlan& plan, Destination to, std::string_view literal);
void store_number(const FieldPlan& plan, Destination to, std::string_view literal);

/// The nearest double; underflow is zero. Throws Violation when it is too large.
double parse_double(std::string_view literal);

/// Limits shared with free objects.
void check_no_nul(std::string_view text);
[[noreturn]] void violate_max_bytes(std::uint32_t max_bytes);

}  // namespace soma::server
