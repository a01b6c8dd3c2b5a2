#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace soma::math {

/// Why a mathematical function has no answer. These are outcomes of the data, so they are values;
/// no function of this floor throws, logs or returns NaN.
enum class MathFault : std::uint8_t {
    not_finite,     ///< an input is NaN or infinite
    wrong_shape,    ///< lengths or dimensions do not fit, or break a written limit
    empty,          ///< there is nothing to work on
    zero_vector,    ///< a direction was asked of a vector without one
    out_of_range,   ///< a parameter is outside the range the header names
    overflow,       ///< the true result is larger than a double
    disconnected,   ///< mass or current would have to cross between components
    unstable_step,  ///< an explicit step that would diverge was refused
    not_converged,  ///< the written iteration limit was reached before the tolerance
};

/// "wrong_shape" for MathFault::wrong_shape, and so on.
std::string_view name_of(MathFault fault);

/// What went wrong, and where: `where` names the argument (and index, "conductance[7]").
struct MathError {
    MathFault fault;
    std::string what;
    std::string where;

    friend bool operator==(const MathError&, const MathError&) = default;
};

/// A value or a MathError: the one form in which every room of this floor answers. Test it with
/// `has_value()`; `value()` on an error throws soma::Error(invalid_argument) carrying what and
/// where.
template <class T = void>
using Result = boost::system::result<T, MathError>;

/// Found by argument-dependent lookup from Result<T>::value().
[[noreturn]] void throw_exception_from_error(const MathError& error, const boost::source_location&);

/// "name[index]": the position of an element in an error.
std::string at_index(std::string_view name, std::size_t index);

}  // namespace soma::math
