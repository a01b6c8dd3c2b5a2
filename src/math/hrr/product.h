#pragma once
#include <cstddef>

namespace soma::math {

/// z = x·y, or conj(x)·y, for n complex numbers whose real and imaginary parts stand in arrays of
/// their own. z may be x or y; x and y may be the same. No fused multiply-add: the same bits on
/// every CPU. False when a number of z is infinite or NaN. Thread-safe.
template <typename Scalar>
struct ComplexParts {
    Scalar* re;
    Scalar* im;
};

template <typename Scalar>
bool complex_product(ComplexParts<const Scalar> x, ComplexParts<const Scalar> y,
                     ComplexParts<Scalar> z, std::size_t n, bool conjugate_x);

}  // namespace soma::math
