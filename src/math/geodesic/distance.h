#pragma once
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// Distances along geodesics. O(n), thread-safe. All errors: empty, wrong_shape, not_finite,
/// out_of_range (a point that is not on the manifold).

/// The angle in [0, π] between unit vectors: 2·atan2(‖u−v‖, ‖u+v‖) (Kahan), accurate at 0 and at π,
/// where arccos of a dot product loses half its digits. Inputs have norm 1 ± 1e-6 and are used as
/// they are: renormalising would round away the very difference a small angle consists of.
Result<double> sphere_distance(std::span<const double> u, std::span<const double> v);

/// The hyperbolic distance of two points of the open unit ball (curvature −1),
///   arcosh(1 + 2‖u−v‖²/((1−‖u‖²)(1−‖v‖²))) = 2·arsinh(‖u−v‖/√((1−‖u‖²)(1−‖v‖²))).
/// The second form keeps its digits for near points; 1−‖u‖² is computed in doubled precision.
Result<double> poincare_distance(std::span<const double> u, std::span<const double> v);

/// Möbius addition a ⊕ x, the translation of the ball that carries 0 to a; an isometry of
/// poincare_distance (Ungar 2008). out_of_range also if rounding would leave the ball.
Result<std::vector<double>> mobius_add(std::span<const double> a, std::span<const double> x);

}  // namespace soma::math
