#include "server/codec/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/canonical_json.h"
#include "base/error.h"
#include "base/time.h"
#include "base/unicode.h"
#include "base/uuid.h"

namespace soma::server {
namespace {

using google::protobuf::FieldDescriptor;
using somabrain::v1::Limits;

[[noreturn]] void violate(std::string message) {
    throw Violation{std::move(message)};
}

void check_range(const Limits& limits, double value) {
    if (limits.has_min() && value < limits.min()) {
        violate("must be at least " + format_ecmascript_number(limits.min()));
    }
    if (limits.has_max() && value > limits.max()) {
        violate("must be at most " + format_ecmascript_number(limits.max()));
    }
}

void check_length(const Limits& limits, std::string_view text) {
    if (limits.has_min_bytes() && text.size() < limits.min_bytes()) {
        violate(limits.min_bytes() == 1
                    ? "must not be empty"
                    : "must have at least " + std::to_string(limits.min_bytes()) + " bytes");
    }
    if (limits.has_max_bytes() && text.size() > limits.max_bytes()) {
        violate_max_bytes(limits.max_bytes());
    }
    if (limits.has_max_characters() && count_code_points(text) > limits.max_characters()) {
        violate("must have at most " + std::to_string(limits.max_characters()) + " characters");
    }
}

void check_one_of(const Limits& limits, std::string_view text) {
    if (limits.one_of().empty() ||
        std::find(limits.one_of().begin(), limits.one_of().end(), text) != limits.one_of().end()) {
        return;
    }
    std::string message = "must be one of ";
    for (int i = 0; i < limits.one_of_size(); ++i) {
        message += (i == 0 ? "" : ", ") + limits.one_of(i);
    }
    violate(std::move(message));
}

/// Checks the format and returns the stored form.
std::string canonical_text(const Limits& limits, std::string_view text) {
    switch (limits.format()) {
        case somabrain::v1::FORMAT_UUID: {
            const auto id = Uuid::parse(text);
            if (!id) {
                violate("must be a UUID");
            }
            return id->to_string();
        }
        case somabrain::v1::FORMAT_TIME: {
            const auto time = parse_rfc3339(text);
            if (!time) {
                violate("must be an RFC 3339 time with an offset and at most microseconds");
            }
            return format_rfc3339(*time);
        }
        case somabrain::v1::FORMAT_ASCII:
            if (std::any_of(text.begin(), text.end(),
                            [](char c) { return c < 0x20 || c > 0x7E; })) {
                violate("must be printable ASCII");
            }
            return std::string(text);
        default:
            return std::string(text);
    }
}

bool is_integer_literal(std::string_view literal) {
    return literal.find_first_of(".eE") == std::string_view::npos;
}

[[noreturn]] void violate_exact_range() {
    violate("must be an integer within ±(2^53 − 1)");
}

std::int64_t parse_integer(std::string_view literal) {
    if (is_integer_literal(literal)) {
        std::int64_t value = 0;
        const auto [end, error] =
            std::from_chars(literal.data(), literal.data() + literal.size(), value);
        if (error != std::errc() || value > kMaxExact || value < -kMaxExact) {
            violate_exact_range();
        }
        return value;
    }
    const double value = parse_double(literal);
    if (std::trunc(value) != value) {
        violate("must be an integer");
    }
    if (std::fabs(value) > static_cast<double>(kMaxExact)) {
        violate_exact_range();
    }
    return static_cast<std::int64_t>(value);
}

/// The type's own bounds, for a field whose limits are wider or not written.
template <class Integer>
Integer narrow(std::int64_t value) {
    using Bounds = std::numeric_limits<Integer>;
    if (std::cmp_less(value, Bounds::min())) {
        violate("must be at least " + std::to_string(Bounds::min()));
    }
    if (std::cmp_greater(value, Bounds::max())) {
        violate("must be at most " + std::to_string(Bounds::max()));
    }
    return static_cast<Integer>(value);
}

/// Calls Reflection's setter or adder.
template <class Set, class Add, class Value>
void put(Destination to, Set set, Add add, Value value) {
    const auto* reflection = to.message->GetReflection();
    if (to.add) {
        (reflection->*add)(to.message, to.field, std::move(value));
    } else {
        (reflection->*set)(to.message, to.field, std::move(value));
    }
}

using google::protobuf::Reflection;

}  // namespace

void check_no_nul(std::string_view text) {
    if (contains_nul(text)) {
        violate("must not contain U+0000");
    }
}

void violate_max_bytes(std::uint32_t max_bytes) {
    violate("must have at most " + std::to_string(max_bytes) + " bytes");
}

std::string checked_text(const FieldPlan& plan, std::string_view text) {
    check_no_nul(text);
    check_length(*plan.limits, text);
    check_one_of(*plan.limits, text);
    return canonical_text(*plan.limits, text);
}

void check_integer(const FieldPlan& plan, std::int64_t value) {
    if (value > kMaxExact || value < -kMaxExact) {
        violate_exact_range();
    }
    check_range(*plan.limits, static_cast<double>(value));
}

void check_number(const FieldPlan& plan, double value) {
    if (!std::isfinite(value)) {
        violate("must be finite: no NaN and no infinity");
    }
    check_range(*plan.limits, value);
}

void store_text(const FieldPlan& plan, Destination to, std::string_view text) {
    put(to, &Reflection::SetString, &Reflection::AddString, checked_text(plan, text));
}

void store_boolean(Destination to, bool value) {
    put(to, &Reflection::SetBool, &Reflection::AddBool, value);
}

void store_integer(const FieldPlan& plan, Destination to, std::string_view literal) {
    const std::int64_t value = parse_integer(literal);
    check_range(*plan.limits, static_cast<double>(value));
    switch (to.field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return put(to, &Reflection::SetInt32, &Reflection::AddInt32,
                       narrow<std::int32_t>(value));
        case FieldDescriptor::CPPTYPE_UINT32:
            return put(to, &Reflection::SetUInt32, &Reflection::AddUInt32,
                       narrow<std::uint32_t>(value));
        case FieldDescriptor::CPPTYPE_INT64:
            return put(to, &Reflection::SetInt64, &Reflection::AddInt64, value);
        case FieldDescriptor::CPPTYPE_UINT64:
            return put(to, &Reflection::SetUInt64, &Reflection::AddUInt64,
                       narrow<std::uint64_t>(value));
        default:
            SOMA_ASSERT(false, "the plan says integer");
    }
}

void store_number(const FieldPlan& plan, Destination to, std::string_view literal) {
    if (to.field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        const double value = parse_double(literal);
        check_range(*plan.limits, value);
        return put(to, &Reflection::SetDouble, &Reflection::AddDouble, value);
    }
    // Straight to float: by way of double some values would be rounded twice.
    float value = 0;
    const auto [end, error] =
        std::from_chars(literal.data(), literal.data() + literal.size(), value);
    if (error == std::errc::result_out_of_range) {
        const double wide = parse_double(literal);
        if (std::fabs(wide) > 1) {
            violate("must fit a 32-bit float");
        }
        value = static_cast<float>(wide);
    }
    check_range(*plan.limits, static_cast<double>(value));
    put(to, &Reflection::SetFloat, &Reflection::AddFloat, value);
}

double parse_double(std::string_view literal) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(literal.data(), literal.data() + literal.size(), value);
    if (error == std::errc::result_out_of_range) {
        // from_chars says the same of 1e400 and 1e-400; only the exponent's sign tells them apart
        // in the JSON grammar, but a long run of digits or zeros can outweigh it: strtod decides.
        value = std::strtod(std::string(literal).c_str(), nullptr);
        if (!std::isfinite(value)) {
            violate("must fit a 64-bit float");
        }
    }
    return value;
}

}  // namespace soma::server
