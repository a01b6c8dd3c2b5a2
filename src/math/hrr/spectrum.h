#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/numerics/aligned.h"
#include "math/result.h"

namespace soma::math {

/// A hypervector of D reals, held as its discrete Fourier transform: holographic reduced
/// representations in the frequency domain (Plate 1995, 2003 "FHRR"). Circular convolution is then
/// a product of D/2 complex numbers, superposition a sum, the cosine a dot product, and no
/// transform is left in a hot path.
///
/// The transform here is the unnormalised one, X_k = Σ_j x_j e^{−2πi jk/D}, so that x ⊛ y ↔ X·Y
/// without a factor and a unitary key of norm 1 has |H_k| = 1. D is even, 2 to 65,536 (default
/// 8,192). Bin 0 and bin D/2 (Nyquist) of a real signal are real and share slot 0: re()[0] is X_0
/// and im()[0] is X_{D/2}; slot k in 1 … D/2−1 is X_k. So D numbers hold a hypervector, in either
/// domain.
///
/// Scalar is double or float (half the memory; laws hold to 3e-6). Values are finite: everything
/// that makes a Spectrum checks it. Thread-safe as any value.
template <typename Scalar>
class BasicSpectrum {
  public:
    /// The zero vector. Precondition: valid_dimension(dimension).
    explicit BasicSpectrum(std::size_t dimension);

    std::size_t dimension() const { return values_.size(); }
    /// Slots, D/2.
    std::size_t slots() const { return values_.size() / 2; }
    std::span<Scalar> re() { return std::span(values_).first(slots()); }
    std::span<Scalar> im() { return std::span(values_).last(slots()); }
    std::span<const Scalar> re() const { return std::span(values_).first(slots()); }
    std::span<const Scalar> im() const { return std::span(values_).last(slots()); }
    /// re() followed by im().
    std::span<const Scalar> values() const { return values_; }

    friend bool operator==(const BasicSpectrum&, const BasicSpectrum&) = default;

  private:
    AlignedVector<Scalar> values_;
};

using Spectrum = BasicSpectrum<double>;
using SpectrumF = BasicSpectrum<float>;

constexpr std::size_t kDefaultDimension = 8192;
constexpr std::size_t kLargestDimension = 65536;
constexpr bool valid_dimension(std::size_t d) {
    return d >= 2 && d <= kLargestDimension && d % 2 == 0;
}

/// x to frequency domain: one transform, O(D log D). Errors: wrong_shape, not_finite, overflow.
Result<Spectrum> to_spectrum(std::span<const double> x);
/// And back. Errors: overflow.
Result<std::vector<double>> from_spectrum(const Spectrum& spectrum);

SpectrumF to_float(const Spectrum& spectrum);
Spectrum to_double(const SpectrumF& spectrum);

/// x ⊛ y, circular convolution: Z_k = X_k Y_k. Commutative, associative, distributes over +. O(D).
/// Errors: wrong_shape, overflow.
template <typename Scalar>
Result<BasicSpectrum<Scalar>> bind(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y);

/// bind() into `out`, which may be x or y: for loops that must not allocate. `out` is unspecified
/// after an error.
template <typename Scalar>
Result<> bind_into(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y,
                   BasicSpectrum<Scalar>& out);

/// Circular correlation, Z_k = conj(K_k) X_k: the exact inverse of binding with a unitary key, and
/// only Plate's approximate inverse for any other. Errors: wrong_shape, overflow.
template <typename Scalar>
Result<BasicSpectrum<Scalar>> unbind_unitary(const BasicSpectrum<Scalar>& key,
                                             const BasicSpectrum<Scalar>& x);

/// into += weight · x. Weights are kept, nothing is renormalised, so superposition is associative.
/// Errors, leaving `into` unchanged: wrong_shape, not_finite (weight), overflow.
template <typename Scalar>
Result<> superpose(BasicSpectrum<Scalar>& into, Scalar weight, const BasicSpectrum<Scalar>& x);

/// xᵀy of the real signals, by Parseval: (2 Σ Re(X_k conj Y_k) over slots, ends once) / D.
/// Precondition: equal dimensions.
template <typename Scalar>
Scalar inner(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y);

/// ‖x‖₂ of the real signal.
template <typename Scalar>
Scalar norm(const BasicSpectrum<Scalar>& x);

/// ‖x‖₂ where it can be divided by. Errors: zero_vector (also for norms below 1e-150 in double and
/// 1e-18 in float, whose squares vanish), overflow.
template <typename Scalar>
Result<Scalar> length_of(const BasicSpectrum<Scalar>& x);

/// Errors: wrong_shape, zero_vector. In [−1, 1].
template <typename Scalar>
Result<Scalar> cosine(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y);

/// To norm 1. Errors of length_of(), leaving x unchanged.
template <typename Scalar>
Result<> normalise(BasicSpectrum<Scalar>& x);

}  // namespace soma::math
