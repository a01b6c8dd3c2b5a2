#include "backends/postgres/binary.h"

#include <libpq-fe.h>

#include <bit>
#include <chrono>
#include <cstring>

#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

// pg_type.dat: fixed for ever.
constexpr unsigned kBytea = 17;
constexpr unsigned kInt8 = 20;
constexpr unsigned kInt4 = 23;
constexpr unsigned kText = 25;
constexpr unsigned kFloat8 = 701;
constexpr unsigned kTimestamptz = 1184;
constexpr unsigned kUuid = 2950;

/// Postgres counts microseconds from 2000-01-01.
constexpr Time kPostgresEpoch =
    std::chrono::sys_days(std::chrono::year(2000) / std::chrono::January / 1);

void append(std::string& out, std::int32_t value) {
    append_u32be(out, static_cast<unsigned>(value));
}
void append(std::string& out, std::uint64_t value) {
    append_u64be(out, value);
}
void append(std::string& out, double value) {
    append_u64be(out, std::bit_cast<std::uint64_t>(value));
}
void append(std::string& out, Time value) {
    append_u64be(out, static_cast<std::uint64_t>((value - kPostgresEpoch).count()));
}
void append(std::string& out, const Uuid& value) {
    out += value.view();
}
void append(std::string& out, std::string_view value) {
    out += value;
}

template <typename Value>
const Value* present(const Value& value) {
    return &value;
}
template <typename Value>
const Value* present(const std::optional<Value>& value) {
    return value ? &*value : nullptr;
}

/// One dimension, lower bound 1; each item is its length (-1: NULL) and its bytes.
template <typename Values>
std::string encode_array(unsigned element_type, const Values& values) {
    std::string out;
    out.reserve(20 + values.size() * 36);  // most items have at most 32 bytes
    append_u32be(out, values.empty() ? 0 : 1);
    append_u32be(out, 1);  // may hold NULLs
    append_u32be(out, element_type);
    if (values.empty()) {
        return out;
    }
    append_u32be(out, static_cast<unsigned>(values.size()));
    append_u32be(out, 1);
    for (const auto& value : values) {
        const auto* item = present(value);
        if (item == nullptr) {
            append_u32be(out, ~0U);
            continue;
        }
        const std::size_t length_at = out.size();
        append_u32be(out, 0);
        append(out, *item);
        std::string length;
        append_u32be(length, static_cast<unsigned>(out.size() - length_at - 4));
        out.replace(length_at, 4, length);
    }
    return out;
}

template <typename Value>
std::string encode(const Value& value) {
    std::string out;
    append(out, value);
    return out;
}

}  // namespace

Params& Params::add(const Uuid& value) {
    values_.emplace_back(encode(value));
    return *this;
}
Params& Params::add(std::int32_t value) {
    values_.emplace_back(encode(value));
    return *this;
}
Params& Params::add(std::int64_t value) {
    return add(static_cast<std::uint64_t>(value));
}
Params& Params::add(std::uint64_t value) {
    values_.emplace_back(encode(value));
    return *this;
}
Params& Params::add(bool value) {
    values_.emplace_back(std::string(1, value ? '\1' : '\0'));
    return *this;
}
Params& Params::add(Time value) {
    values_.emplace_back(encode(value));
    return *this;
}
Params& Params::add_text(std::string_view value) {
    values_.emplace_back(std::string(value));
    return *this;
}
Params& Params::add_bytes(std::string_view value) {
    return add_text(value);
}
Params& Params::add_null() {
    values_.emplace_back(std::nullopt);
    return *this;
}

Params& Params::add_array(const std::vector<Uuid>& values) {
    values_.emplace_back(encode_array(kUuid, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::optional<Uuid>>& values) {
    values_.emplace_back(encode_array(kUuid, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::int32_t>& values) {
    values_.emplace_back(encode_array(kInt4, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::optional<std::int32_t>>& values) {
    values_.emplace_back(encode_array(kInt4, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::uint64_t>& values) {
    values_.emplace_back(encode_array(kInt8, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::optional<std::uint64_t>>& values) {
    values_.emplace_back(encode_array(kInt8, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::optional<double>>& values) {
    values_.emplace_back(encode_array(kFloat8, values));
    return *this;
}
Params& Params::add_array(const std::vector<Time>& values) {
    values_.emplace_back(encode_array(kTimestamptz, values));
    return *this;
}
Params& Params::add_array(const std::vector<std::optional<Time>>& values) {
    values_.emplace_back(encode_array(kTimestamptz, values));
    return *this;
}
Params& Params::add_text_array(const std::vector<std::string_view>& values) {
    values_.emplace_back(encode_array(kText, values));
    return *this;
}
Params& Params::add_bytes_array(const std::vector<std::optional<std::string_view>>& values) {
    values_.emplace_back(encode_array(kBytea, values));
    return *this;
}

bool RowView::is_null(int column) const {
    return PQgetisnull(result_, row_, column) != 0;
}

std::string_view RowView::value(int column, std::size_t width) const {
    SOMA_ASSERT(!is_null(column), "a column that is never NULL is");
    const std::string_view bytes(PQgetvalue(result_, row_, column),
                                 static_cast<std::size_t>(PQgetlength(result_, row_, column)));
    SOMA_ASSERT(width == 0 || bytes.size() == width, "a column of another type than expected");
    return bytes;
}

Uuid RowView::uuid(int column) const {
    return Uuid::from_bytes(value(column, 16));
}
std::int32_t RowView::int32(int column) const {
    std::string wide(4, '\0');
    wide += value(column, 4);
    return static_cast<std::int32_t>(read_u64be(wide));
}
std::int64_t RowView::int64(int column) const {
    return static_cast<std::int64_t>(read_u64be(value(column, 8)));
}
std::uint64_t RowView::uint64(int column) const {
    return read_u64be(value(column, 8));
}
double RowView::float64(int column) const {
    return std::bit_cast<double>(uint64(column));
}
std::vector<double> RowView::float64_array(int column) const {
    // As encode_array writes it: five numbers, and each item's length before its bytes.
    const std::string_view bytes = value(column, 0);
    std::vector<double> out;
    for (std::size_t at = 24; at + 8 <= bytes.size(); at += 12) {
        out.push_back(std::bit_cast<double>(std::uint64_t{read_u64be(bytes.substr(at, 8))}));
    }
    SOMA_ASSERT(bytes.size() >= 12 && bytes.size() == (out.empty() ? 12 : 20 + 12 * out.size()),
                "an array of one dimension without NULLs");
    return out;
}
bool RowView::boolean(int column) const {
    return value(column, 1)[0] != 0;
}
Time RowView::time(int column) const {
    return kPostgresEpoch + std::chrono::microseconds(int64(column));
}
std::string_view RowView::bytes(int column) const {
    return value(column, 0);
}

std::optional<Uuid> RowView::optional_uuid(int column) const {
    return is_null(column) ? std::nullopt : std::optional(uuid(column));
}
std::optional<std::int32_t> RowView::optional_int32(int column) const {
    return is_null(column) ? std::nullopt : std::optional(int32(column));
}
std::optional<std::uint64_t> RowView::optional_uint64(int column) const {
    return is_null(column) ? std::nullopt : std::optional(uint64(column));
}
std::optional<double> RowView::optional_float64(int column) const {
    return is_null(column) ? std::nullopt : std::optional(float64(column));
}
std::optional<Time> RowView::optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
}
std::optional<std::string> RowView::optional_bytes(int column) const {
    return is_null(column) ? std::nullopt : std::optional<std::string>(bytes(column));
}

}  // namespace soma::backends
