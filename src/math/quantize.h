#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace soma::math {

/// A vector as it is stored and searched: x ≈ scale · values, scale = max|x| / 127, values rounded
/// half to even. For unit vectors of dimension 384 the cosine of the pair (x, scale·values) is
/// above 0.9999.
struct QuantizedVector {
    float scale = 0;
    std::vector<std::int8_t> values;

    std::size_t dimension() const { return values.size(); }
    friend bool operator==(const QuantizedVector&, const QuantizedVector&) = default;
};

/// Symmetric int8 quantisation of a finite vector, any scale. The zero vector has scale 0 and
/// zeros. Deterministic: the same floats give the same bytes on every CPU.
QuantizedVector quantize(std::span<const float> vector);

/// scale · values, in float.
std::vector<float> dequantize(const QuantizedVector& vector);

/// Scales to unit length in place, accumulating in double. False, and unchanged, for a zero vector
/// or one with a NaN or infinity.
bool normalize(std::span<float> vector);

}  // namespace soma::math
