#pragma once
#include <complex>
#include <memory>
#include <span>

#include "math/result.h"

namespace soma::math {

/// The real discrete Fourier transform with 1/√D in both directions, so that it is an isometry:
///   X_k = D^{-1/2} Σ_j x_j e^{−2πi jk/D},  k = 0 … ⌊D/2⌋  (the other half is the conjugate
///   mirror).
/// Parseval for the half spectrum of even D: ‖x‖² = |X_0|² + 2 Σ_{0<k<D/2} |X_k|² + |X_{D/2}|².
///
/// Double precision on Eigen's FFT; the twiddle factors ("the plan") are made at the first
/// transform in each direction and reused. O(D log D) for D with small prime factors. Input is
/// scaled by a power of two first, so any finite input whose transform fits a double is
/// transformed. Not thread-safe: one per thread.
class RealFft {
  public:
    static constexpr std::size_t kLargest = 1U << 20;

    /// D in [1, 2^20]. Errors: wrong_shape.
    static Result<RealFft> make(std::size_t dimension);

    RealFft(RealFft&&) noexcept;
    RealFft& operator=(RealFft&&) noexcept;
    ~RealFft();

    std::size_t dimension() const;
    std::size_t bins() const { return dimension() / 2 + 1; }

    /// x: D reals; spectrum: bins() complex numbers. Errors (spectrum unspecified): wrong_shape,
    /// not_finite, overflow.
    Result<> forward(std::span<const double> x, std::span<std::complex<double>> spectrum);

    /// The inverse. The imaginary parts of bin 0, and of bin D/2 for even D, must be 0 for a real
    /// signal and are ignored. Errors as forward().
    Result<> inverse(std::span<const std::complex<double>> spectrum, std::span<double> x);

  private:
    struct Plan;
    explicit RealFft(std::unique_ptr<Plan> plan);
    std::unique_ptr<Plan> plan_;
};

}  // namespace soma::math
