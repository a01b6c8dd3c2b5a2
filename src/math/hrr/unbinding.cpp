#include "math/hrr/unbinding.h"

#include <cmath>

namespace soma::math {
namespace {

Result<Spectrum> regularised_division(const Spectrum& key, const Spectrum& trace, double ridge) {
    Spectrum result(trace.dimension());
    const auto br = key.re();
    const auto bi = key.im();
    const auto tr = trace.re();
    const auto ti = trace.im();
    for (std::size_t k = 1; k < trace.slots(); ++k) {
        const double weight = br[k] * br[k] + bi[k] * bi[k] + ridge;
        result.re()[k] = (br[k] * tr[k] + bi[k] * ti[k]) / weight;
        result.im()[k] = (br[k] * ti[k] - bi[k] * tr[k]) / weight;
    }
    result.re()[0] = br[0] * tr[0] / (br[0] * br[0] + ridge);
    result.im()[0] = bi[0] * ti[0] / (bi[0] * bi[0] + ridge);
    for (const double value : result.values()) {
        if (!std::isfinite(value)) {
            return MathError{MathFault::overflow, "the result exceeds a double", "trace"};
        }
    }
    return result;
}

Result<> check(const Spectrum& key, const Spectrum& trace, double parameter, const char* name) {
    if (key.dimension() != trace.dimension()) {
        return MathError{MathFault::wrong_shape, "key and trace need the same dimension", "trace"};
    }
    if (!(parameter > 0) || !std::isfinite(parameter)) {
        return MathError{MathFault::out_of_range, "must be finite and above 0", name};
    }
    return {};
}

}  // namespace

Result<Spectrum> unbind_tikhonov(const Spectrum& key, const Spectrum& trace, double ridge) {
    if (auto good = check(key, trace, ridge, "ridge"); !good) {
        return good.error();
    }
    return regularised_division(key, trace, ridge);
}

Result<Spectrum> unbind_wiener(const Spectrum& key, const Spectrum& trace, double snr) {
    if (auto good = check(key, trace, snr, "snr"); !good) {
        return good.error();
    }
    // The mean of |B_k|² over all D bins is ‖b‖², by Parseval.
    const double mean_power = inner(key, key);
    if (!(mean_power > 0) || !std::isfinite(mean_power)) {
        return MathError{MathFault::zero_vector, "the key has no usable power", "key"};
    }
    return regularised_division(key, trace, mean_power / snr);
}

}  // namespace soma::math
