#include "math/result.h"

namespace soma::math {

std::string_view name_of(MathFault fault) {
    switch (fault) {
        case MathFault::not_finite:
            return "not_finite";
        case MathFault::wrong_shape:
            return "wrong_shape";
        case MathFault::empty:
            return "empty";
        case MathFault::zero_vector:
            return "zero_vector";
        case MathFault::out_of_range:
            return "out_of_range";
        case MathFault::overflow:
            return "overflow";
        case MathFault::disconnected:
            return "disconnected";
        case MathFault::unstable_step:
            return "unstable_step";
        case MathFault::not_converged:
            return "not_converged";
    }
    SOMA_ASSERT(false, "every fault has a name");
}

void throw_exception_from_error(const MathError& error, const boost::source_location& /*where*/) {
    throw Error(ErrorKind::invalid_argument, error.what,
                std::string(name_of(error.fault)) + " at " + error.where)
        .at(error.where);
}

std::string at_index(std::string_view name, std::size_t index) {
    return std::string(name) + "[" + std::to_string(index) + "]";
}

}  // namespace soma::math
