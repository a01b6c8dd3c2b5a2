#pragma once
#include <span>
#include <string>

#include "math/quantize.h"

namespace soma::domain {

inline constexpr std::size_t kMaxDimension = 2048;

/// A given vector in the form we store and search: checked, scaled to unit length, quantised.
/// Throws Error invalid_argument naming `field` when it has not `dimension` numbers, holds a NaN or
/// infinity, or is zero.
math::QuantizedVector stored_form(std::span<const float> vector, std::size_t dimension,
                                  const std::string& field);

}  // namespace soma::domain
