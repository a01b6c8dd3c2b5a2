#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "math/hrr/spectrum.h"

namespace soma::math {

/// Role keys: unitary hypervectors, |H_k| = 1 in every bin, so that binding with one is an isometry
/// and unbinding exact. A key is a function of (token, D, seed) alone; nothing needs to be stored.

/// The key as integers: phase k of slot k is 2π · p_k / 2³². Slot 0 holds signs, bit 0 that of the
/// DC bin and bit 1 that of the Nyquist bin. Block i of 16 big-endian 32-bit phases is BLAKE2b-512
/// of
///   "soma.hrr.role.v1" ‖ 0x00 ‖ u32be(D) ‖ u64be(seed) ‖ u64be(i) ‖ token,
/// so the integers are the same bytes on every machine, today and in ten years.
/// Errors: wrong_shape. O(D), about 60 µs for D = 8,192.
Result<std::vector<std::uint32_t>> role_phases(std::string_view token, std::size_t dimension,
                                               std::uint64_t seed);

/// cos and sin of the phases, each within 1 ulp of the true value (computed in extended precision).
/// About 0.5 ms for D = 8,192: callers keep the roles they use. Errors: wrong_shape.
Result<Spectrum> role_key(std::string_view token, std::size_t dimension, std::uint64_t seed);

/// A bijection of hypervectors that keeps norms and cosines and is undone exactly: it permutes the
/// slots 1 … D/2−1 (which keeps the signal real). It distributes over bind and superposition and,
/// unlike binding, does not commute with it: P(a) ⊛ b ≠ P(b) ⊛ a, which is what marks order.
class Permutation {
  public:
    /// A uniform permutation from (token, D, seed), by Fisher–Yates on a BLAKE2b stream as above
    /// with the name "soma.hrr.permutation.v1". Errors: wrong_shape.
    static Result<Permutation> make(std::string_view token, std::size_t dimension,
                                    std::uint64_t seed);

    /// slot k of the result is slot forward[k] of x. Errors: wrong_shape.
    Result<Spectrum> apply(const Spectrum& x) const;
    Result<Spectrum> invert(const Spectrum& x) const;

  private:
    explicit Permutation(std::vector<std::uint32_t> forward) : forward_(std::move(forward)) {}
    std::vector<std::uint32_t> forward_;
};

}  // namespace soma::math
