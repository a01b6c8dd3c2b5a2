#include "math/hrr/keys.h"

#include <array>
#include <numbers>
#include <numeric>

#include "base/crypto.h"
#include "base/encoding.h"

namespace soma::math {
namespace {

MathError bad_dimension() {
    return {MathFault::wrong_shape, "D is even, from 2 to 65536", "dimension"};
}

/// An endless stream of 32-bit words from (name, token, D, seed), 16 words a hash.
class WordStream {
  public:
    WordStream(std::string_view name, std::string_view token, std::size_t dimension,
               std::uint64_t seed)
        : prefix_(name), token_(token) {
        prefix_.push_back('\0');
        // The low half of a big-endian u64 is the u32 of a dimension, which is below 2^32.
        std::string word;
        append_u64be(word, dimension);
        prefix_ += word.substr(4);
        append_u64be(prefix_, seed);
    }

    std::uint32_t next() {
        if (used_ == block_.size()) {
            std::string message = prefix_;
            append_u64be(message, counter_++);
            message += token_;
            block_ = blake2b_512(message);
            used_ = 0;
        }
        std::uint32_t word = 0;
        for (int i = 0; i < 4; ++i) {
            word = word << 8 | static_cast<unsigned char>(block_[used_++]);
        }
        return word;
    }

    /// In [0, bound), without modulo bias.
    std::uint32_t below(std::uint32_t bound) {
        const std::uint32_t threshold = (0 - bound) % bound;
        while (true) {
            const std::uint32_t word = next();
            if (word >= threshold) {
                return word % bound;
            }
        }
    }

  private:
    std::string prefix_;
    std::string token_;
    std::string block_;
    std::size_t used_ = 0;
    std::uint64_t counter_ = 0;
};

struct Point {
    double cosine;
    double sine;
};

/// The ratios of neighbouring terms of the two Taylor series: 1/(2n(2n+1)) and 1/((2n−1)2n), n ≥ 1.
struct Ratio {
    long double sine;
    long double cosine;
};
constexpr std::size_t kTerms = 10;
constexpr std::array<Ratio, kTerms> kSeries = [] {
    std::array<Ratio, kTerms> series{};
    for (std::size_t i = 0; i < kTerms; ++i) {
        const auto n = static_cast<long double>(i + 1);
        series[i] = {1 / (2 * n * (2 * n + 1)), 1 / ((2 * n - 1) * 2 * n)};
    }
    return series;
}();

/// The point at 2π·phase/2³². The turn is cut to an eighth in integers, which is exact; the Taylor
/// series on |x| ≤ π/4 then run in extended precision (truncation below 1e-21), so that rounding to
/// double is the only error left, and no math library's habits show.
Point unit_circle(std::uint32_t phase) {
    const std::uint32_t quarter = (phase + (1U << 29)) >> 30;
    const auto rest = static_cast<std::int32_t>(phase - (quarter << 30));
    const long double x =
        std::numbers::pi_v<long double> / 2147483648.0L * static_cast<long double>(rest);
    const long double square = x * x;
    long double sine = 1;
    long double cosine = 1;
    for (std::size_t n = kTerms; n-- > 0;) {  // Horner's scheme from the smallest term
        sine = 1 - sine * square * kSeries[n].sine;
        cosine = 1 - cosine * square * kSeries[n].cosine;
    }
    const auto c = static_cast<double>(cosine);
    const auto s = static_cast<double>(sine * x);
    switch (quarter & 3U) {
        case 0:
            return {c, s};
        case 1:
            return {-s, c};
        case 2:
            return {-c, -s};
        default:
            return {s, -c};
    }
}

}  // namespace

Result<std::vector<std::uint32_t>> role_phases(std::string_view token, std::size_t dimension,
                                               std::uint64_t seed) {
    if (!valid_dimension(dimension)) {
        return bad_dimension();
    }
    WordStream words("soma.hrr.role.v1", token, dimension, seed);
    std::vector<std::uint32_t> phases(dimension / 2);
    for (auto& phase : phases) {
        phase = words.next();
    }
    return phases;
}

Result<Spectrum> role_key(std::string_view token, std::size_t dimension, std::uint64_t seed) {
    const auto phases = role_phases(token, dimension, seed);
    if (!phases) {
        return phases.error();
    }
    Spectrum key(dimension);
    for (std::size_t k = 1; k < key.slots(); ++k) {
        const Point point = unit_circle((*phases)[k]);
        key.re()[k] = point.cosine;
        key.im()[k] = point.sine;
    }
    key.re()[0] = ((*phases)[0] & 1) != 0 ? -1 : 1;
    key.im()[0] = ((*phases)[0] & 2) != 0 ? -1 : 1;
    return key;
}

Result<Permutation> Permutation::make(std::string_view token, std::size_t dimension,
                                      std::uint64_t seed) {
    if (!valid_dimension(dimension)) {
        return bad_dimension();
    }
    WordStream words("soma.hrr.permutation.v1", token, dimension, seed);
    std::vector<std::uint32_t> forward(dimension / 2);
    std::iota(forward.begin(), forward.end(), 0U);
    // Slot 0 holds the two real bins and stays where it is.
    for (std::size_t last = forward.size() - 1; last > 1; --last) {
        std::swap(forward[last], forward[1 + words.below(static_cast<std::uint32_t>(last))]);
    }
    return Permutation(std::move(forward));
}

Result<Spectrum> Permutation::apply(const Spectrum& x) const {
    if (x.slots() != forward_.size()) {
        return MathError{MathFault::wrong_shape, "the permutation has another dimension", "x"};
    }
    Spectrum result(x.dimension());
    for (std::size_t k = 0; k < forward_.size(); ++k) {
        result.re()[k] = x.re()[forward_[k]];
        result.im()[k] = x.im()[forward_[k]];
    }
    return result;
}

Result<Spectrum> Permutation::invert(const Spectrum& x) const {
    if (x.slots() != forward_.size()) {
        return MathError{MathFault::wrong_shape, "the permutation has another dimension", "x"};
    }
    Spectrum result(x.dimension());
    for (std::size_t k = 0; k < forward_.size(); ++k) {
        result.re()[forward_[k]] = x.re()[k];
        result.im()[forward_[k]] = x.im()[k];
    }
    return result;
}

}  // namespace soma::math
