#include "math/hrr/spectrum.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <complex>
#include <map>

#include "math/hrr/product.h"
#include "math/numerics/real_fft.h"

namespace soma::math {
namespace {

template <typename Scalar>
using Array = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
template <typename Scalar>
using ConstArray = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

template <typename Scalar>
ConstArray<Scalar> array(std::span<const Scalar> x) {
    return {x.data(), static_cast<Eigen::Index>(x.size())};
}
template <typename Scalar>
Array<Scalar> array(std::span<Scalar> x) {
    return {x.data(), static_cast<Eigen::Index>(x.size())};
}

MathError unequal() {
    return {MathFault::wrong_shape, "both hypervectors need the same dimension", "y"};
}

template <typename Scalar>
Result<> require_in_range(const BasicSpectrum<Scalar>& x) {
    if ((array(x.values()) * Scalar(0)).sum() == 0) {  // NaN as soon as one is not finite
        return {};
    }
    return MathError{MathFault::overflow, "the result exceeds the range of its type", "result"};
}

/// A plan per dimension and thread: a cache of constants, without effect on any result.
Result<RealFft*> plan_for(std::size_t dimension) {
    if (!valid_dimension(dimension)) {
        return MathError{MathFault::wrong_shape, "D is even, from 2 to 65536", "dimension"};
    }
    thread_local std::map<std::size_t, RealFft> plans;
    auto found = plans.find(dimension);
    if (found == plans.end()) {
        found = plans.emplace(dimension, RealFft::make(dimension).value()).first;
    }
    return &found->second;
}

/// Z = X·Y, or conj(X)·Y. The two real bins of slot 0 are put right afterwards, so that the loop
/// has no branch; what the loop itself makes of slot 0 could overflow where they do not.
template <typename Scalar>
Result<> multiply(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y,
                  BasicSpectrum<Scalar>& out, bool conjugate_x) {
    const Scalar dc = x.re()[0] * y.re()[0];
    const Scalar nyquist = x.im()[0] * y.im()[0];
    const bool finite =
        complex_product<Scalar>({x.re().data(), x.im().data()}, {y.re().data(), y.im().data()},
                                {out.re().data(), out.im().data()}, x.slots(), conjugate_x);
    out.re()[0] = dc;
    out.im()[0] = nyquist;
    return finite ? Result<>() : require_in_range(out);
}

}  // namespace

template <typename Scalar>
BasicSpectrum<Scalar>::BasicSpectrum(std::size_t dimension) : values_(dimension) {
    SOMA_ASSERT(valid_dimension(dimension), "callers check the dimension");
}

Result<Spectrum> to_spectrum(std::span<const double> x) {
    auto plan = plan_for(x.size());
    if (!plan) {
        return plan.error();
    }
    std::vector<std::complex<double>> bins((*plan)->bins());
    if (auto done = (*plan)->forward(x, bins); !done) {
        return done.error();
    }
    Spectrum result(x.size());
    const double root = std::sqrt(static_cast<double>(x.size()));
    for (std::size_t k = 1; k < result.slots(); ++k) {
        result.re()[k] = bins[k].real() * root;
        result.im()[k] = bins[k].imag() * root;
    }
    result.re()[0] = bins.front().real() * root;
    result.im()[0] = bins.back().real() * root;
    if (auto done = require_in_range(result); !done) {
        return done.error();
    }
    return result;
}

Result<std::vector<double>> from_spectrum(const Spectrum& spectrum) {
    auto plan = plan_for(spectrum.dimension());
    if (!plan) {
        return plan.error();
    }
    std::vector<std::complex<double>> bins((*plan)->bins());
    const double root = std::sqrt(static_cast<double>(spectrum.dimension()));
    for (std::size_t k = 1; k < spectrum.slots(); ++k) {
        bins[k] = {spectrum.re()[k] / root, spectrum.im()[k] / root};
    }
    bins.front() = spectrum.re()[0] / root;
    bins.back() = spectrum.im()[0] / root;
    std::vector<double> x(spectrum.dimension());
    if (auto done = (*plan)->inverse(bins, x); !done) {
        return done.error();
    }
    return x;
}

SpectrumF to_float(const Spectrum& spectrum) {
    SpectrumF result(spectrum.dimension());
    array(result.re()) = array(spectrum.re()).cast<float>();
    array(result.im()) = array(spectrum.im()).cast<float>();
    return result;
}

Spectrum to_double(const SpectrumF& spectrum) {
    Spectrum result(spectrum.dimension());
    array(result.re()) = array(spectrum.re()).cast<double>();
    array(result.im()) = array(spectrum.im()).cast<double>();
    return result;
}

template <typename Scalar>
Result<> bind_into(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y,
                   BasicSpectrum<Scalar>& out) {
    if (x.dimension() != y.dimension() || out.dimension() != x.dimension()) {
        return unequal();
    }
    return multiply(x, y, out, false);
}

template <typename Scalar>
Result<BasicSpectrum<Scalar>> bind(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y) {
    BasicSpectrum<Scalar> result(x.dimension());
    if (auto done = bind_into(x, y, result); !done) {
        return done.error();
    }
    return result;
}

template <typename Scalar>
Result<BasicSpectrum<Scalar>> unbind_unitary(const BasicSpectrum<Scalar>& key,
                                             const BasicSpectrum<Scalar>& x) {
    if (key.dimension() != x.dimension()) {
        return unequal();
    }
    BasicSpectrum<Scalar> result(x.dimension());
    if (auto done = multiply(key, x, result, true); !done) {
        return done.error();
    }
    return result;
}

template <typename Scalar>
Result<> superpose(BasicSpectrum<Scalar>& into, Scalar weight, const BasicSpectrum<Scalar>& x) {
    if (into.dimension() != x.dimension()) {
        return unequal();
    }
    if (!std::isfinite(weight)) {
        return MathError{MathFault::not_finite, "a weight is NaN or infinite", "weight"};
    }
    BasicSpectrum<Scalar> sum = into;
    array(sum.re()) += weight * array(x.re());
    array(sum.im()) += weight * array(x.im());
    if (auto done = require_in_range(sum); !done) {
        return done;
    }
    into = std::move(sum);
    return {};
}

template <typename Scalar>
Scalar inner(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y) {
    SOMA_ASSERT(x.dimension() == y.dimension(), "an inner product needs equal dimensions");
    const Scalar all = array(x.values()).matrix().dot(array(y.values()).matrix());
    const Scalar ends = x.re()[0] * y.re()[0] + x.im()[0] * y.im()[0];
    return (2 * all - ends) / static_cast<Scalar>(x.dimension());
}

template <typename Scalar>
Scalar norm(const BasicSpectrum<Scalar>& x) {
    return std::sqrt(inner(x, x));
}

template <typename Scalar>
Result<Scalar> cosine(const BasicSpectrum<Scalar>& x, const BasicSpectrum<Scalar>& y) {
    if (x.dimension() != y.dimension()) {
        return unequal();
    }
    BasicSpectrum<Scalar> u = x;
    BasicSpectrum<Scalar> v = y;
    for (auto* vector : {&u, &v}) {
        if (auto done = normalise(*vector); !done) {
            return done.error();
        }
    }
    return std::clamp(inner(u, v), Scalar(-1), Scalar(1));
}

template <typename Scalar>
Result<Scalar> length_of(const BasicSpectrum<Scalar>& x) {
    const Scalar square = inner(x, x);
    if (!std::isfinite(square)) {
        return MathError{MathFault::overflow, "the norm exceeds the range of its type", "x"};
    }
    if (square < std::numeric_limits<Scalar>::min()) {
        return MathError{MathFault::zero_vector, "the zero vector has no direction", "x"};
    }
    return std::sqrt(square);
}

template <typename Scalar>
Result<> normalise(BasicSpectrum<Scalar>& x) {
    const auto length = length_of(x);
    if (!length) {
        return length.error();
    }
    array(x.re()) /= *length;
    array(x.im()) /= *length;
    return {};
}

#define SOMA_INSTANTIATE(Scalar)                                                                \
    template class BasicSpectrum<Scalar>;                                                       \
    template Result<BasicSpectrum<Scalar>> bind(const BasicSpectrum<Scalar>&,                   \
                                                const BasicSpectrum<Scalar>&);                  \
    template Result<> bind_into(const BasicSpectrum<Scalar>&, const BasicSpectrum<Scalar>&,     \
                                BasicSpectrum<Scalar>&);                                        \
    template Result<BasicSpectrum<Scalar>> unbind_unitary(const BasicSpectrum<Scalar>&,         \
                                                          const BasicSpectrum<Scalar>&);        \
    template Result<> superpose(BasicSpectrum<Scalar>&, Scalar, const BasicSpectrum<Scalar>&);  \
    template Scalar inner(const BasicSpectrum<Scalar>&, const BasicSpectrum<Scalar>&);          \
    template Scalar norm(const BasicSpectrum<Scalar>&);                                         \
    template Result<Scalar> cosine(const BasicSpectrum<Scalar>&, const BasicSpectrum<Scalar>&); \
    template Result<Scalar> length_of(const BasicSpectrum<Scalar>&);                            \
    template Result<> normalise(BasicSpectrum<Scalar>&);
SOMA_INSTANTIATE(double)
SOMA_INSTANTIATE(float)
#undef SOMA_INSTANTIATE

}  // namespace soma::math
