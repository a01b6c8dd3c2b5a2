#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

struct pg_result;

namespace soma::backends {

/// Parameters of a statement in Postgres' binary form: exact for times and doubles, no escaping and
/// half the bytes of text for bytea. The type of each parameter comes from its cast in the SQL
/// ($1::uuid). Values are copied.
class Params {
  public:
    Params& add(const Uuid& value);
    Params& add(std::int32_t value);
    Params& add(std::int64_t value);
    Params& add(std::uint64_t value);  ///< as int8; precondition: below 2^63
    Params& add(bool value);
    Params& add(Time value);
    Params& add_text(std::string_view value);
    Params& add_bytes(std::string_view value);
    Params& add_null();

    /// One-dimensional arrays, for unnest and = ANY.
    Params& add_array(const std::vector<Uuid>& values);
    Params& add_array(const std::vector<std::optional<Uuid>>& values);
    Params& add_array(const std::vector<std::int32_t>& values);
    Params& add_array(const std::vector<std::optional<std::int32_t>>& values);
    Params& add_array(const std::vector<std::uint64_t>& values);
    Params& add_array(const std::vector<std::optional<std::uint64_t>>& values);
    Params& add_array(const std::vector<std::optional<double>>& values);
    Params& add_array(const std::vector<Time>& values);
    Params& add_array(const std::vector<std::optional<Time>>& values);
    /// Views must live until add_array returns; nullopt is NULL.
    Params& add_text_array(const std::vector<std::string_view>& values);
    Params& add_bytes_array(const std::vector<std::optional<std::string_view>>& values);

    std::size_t size() const { return values_.size(); }
    bool is_null(std::size_t index) const { return !values_[index]; }
    const std::string& bytes(std::size_t index) const { return *values_[index]; }

  private:
    std::vector<std::optional<std::string>> values_;
};

/// Typed access to one row of a Result, by column from 0. A value of another type or an unexpected
/// NULL is our own mistake (SOMA_ASSERT). Valid as long as its Result.
class RowView {
  public:
    RowView(const pg_result* result, int row) : result_(result), row_(row) {}

    bool is_null(int column) const;
    Uuid uuid(int column) const;
    std::int32_t int32(int column) const;
    std::int64_t int64(int column) const;
    std::uint64_t uint64(int column) const;  ///< of an int8 that is never negative
    double float64(int column) const;
    std::vector<double> float64_array(int column) const;  ///< of one dimension, none NULL
    bool boolean(int column) const;
    Time time(int column) const;
    std::string_view bytes(int column) const;  ///< bytea or text

    std::optional<Uuid> optional_uuid(int column) const;
    std::optional<std::int32_t> optional_int32(int column) const;
    std::optional<std::uint64_t> optional_uint64(int column) const;
    std::optional<double> optional_float64(int column) const;
    std::optional<Time> optional_time(int column) const;
    std::optional<std::string> optional_bytes(int column) const;

  private:
    std::string_view value(int column, std::size_t width) const;
    const pg_result* result_;
    int row_;
};

}  // namespace soma::backends
