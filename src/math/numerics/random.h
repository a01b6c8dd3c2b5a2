#pragma once
#include <cstdint>
#include <span>

namespace soma::math {

/// A small seeded generator: xoshiro256++ (Blackman and Vigna 2019), its state filled by
/// SplitMix64. The same seed gives the same integers everywhere. For simulation, checks and random
/// keys, never for secrets. Not thread-safe: one per thread.
class Random {
  public:
    explicit Random(std::uint64_t seed);

    std::uint64_t next();
    /// In [0, 1), 53 random bits.
    double uniform();
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// In [0, bound), without modulo bias. bound ≥ 1.
    std::uint64_t below(std::uint64_t bound);
    /// Standard normal, by Marsaglia's polar method.
    double normal();
    void fill_normal(std::span<double> out);

  private:
    std::uint64_t state_[4];
    double spare_ = 0;
    bool has_spare_ = false;
};

}  // namespace soma::math
