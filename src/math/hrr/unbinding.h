#pragma once
#include "math/hrr/spectrum.h"

namespace soma::math {

/// Unbinding with keys that are not unitary. A trace T = B ⊛ F + N holds a filler F bound to a key
/// B, plus noise N (other pairs). Dividing by B multiplies the noise wherever |B_k| is small, so
/// both filters below are regularised divisions,  F̂_k = conj(B_k) T_k / (|B_k|² + ε).  O(D). Errors
/// of both: wrong_shape, out_of_range (parameter), zero_vector (key), overflow.

/// Tikhonov: ε = `ridge` > 0, in units of |B|².
Result<Spectrum> unbind_tikhonov(const Spectrum& key, const Spectrum& trace, double ridge);

/// Wiener: ε = mean_k|B_k|² / SNR, the least-squares estimate when SNR = E‖B ⊛ F‖² / E‖N‖² (a plain
/// ratio, 10 for 10 dB). The mean makes the answer the same for c·B and 1/c. For a Gaussian key the
/// expected cosine of F̂ and F is √(1 − e·E₁(ε')·ε'), e = exp(ε'), ε' = 1/SNR: 0.9996, 0.979 and
/// 0.894 at 40, 20 and 10 dB.
Result<Spectrum> unbind_wiener(const Spectrum& key, const Spectrum& trace, double snr);

}  // namespace soma::math
