#include "math/numerics/real_fft.h"

#include <Eigen/Core>
#include <cmath>
#include <unsupported/Eigen/FFT>
#include <vector>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

using Complex = std::complex<double>;

/// The same memory as plain doubles: std::complex guarantees the layout.
std::span<const double> parts(std::span<const Complex> z) {
    return {reinterpret_cast<const double*>(z.data()), 2 * z.size()};
}
std::span<double> parts(std::span<Complex> z) {
    return {reinterpret_cast<double*>(z.data()), 2 * z.size()};
}

/// out = in · factor / scale, the division in two exact steps so that neither leaves the range
/// early.
void rescale(std::span<double> values, double factor, double scale) {
    Eigen::Map<Eigen::ArrayXd> array(values.data(), static_cast<Eigen::Index>(values.size()));
    array *= factor;
    array /= scale;
}

}  // namespace

struct RealFft::Plan {
    std::size_t dimension = 0;
    Eigen::FFT<double> fft;
    std::vector<double> scaled;     ///< input of forward, scaled
    std::vector<Complex> spectrum;  ///< input of inverse, scaled
};

RealFft::RealFft(std::unique_ptr<Plan> plan) : plan_(std::move(plan)) {}
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;
RealFft::~RealFft() = default;

Result<RealFft> RealFft::make(std::size_t dimension) {
    if (dimension == 0 || dimension > kLargest) {
        return MathError{MathFault::wrong_shape, "a transform has 1 to 2^20 points", "dimension"};
    }
    auto plan = std::make_unique<Plan>();
    plan->dimension = dimension;
    plan->fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
    plan->fft.SetFlag(Eigen::FFT<double>::Unscaled);
    plan->scaled.resize(dimension);
    plan->spectrum.resize(dimension / 2 + 1);
    return RealFft(std::move(plan));
}

std::size_t RealFft::dimension() const {
    return plan_->dimension;
}

Result<> RealFft::forward(std::span<const double> x, std::span<Complex> spectrum) {
    if (x.size() != dimension() || spectrum.size() != bins()) {
        return MathError{MathFault::wrong_shape, "the signal has D and the spectrum D/2+1 values",
                         x.size() != dimension() ? "x" : "spectrum"};
    }
    if (auto finite = require_finite(x, "x"); !finite) {
        return finite;
    }
    if (dimension() == 1) {  // Eigen's planner has no radix for a single point
        spectrum[0] = x[0];
        return {};
    }
    const double scale = scale_to_unit(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
        plan_->scaled[i] = x[i] * scale;
    }
    plan_->fft.fwd(spectrum.data(), plan_->scaled.data(), static_cast<int>(dimension()));
    rescale(parts(spectrum), 1 / std::sqrt(static_cast<double>(dimension())), scale);
    if (!all_finite(parts(std::span<const Complex>(spectrum)))) {
        return MathError{MathFault::overflow, "the spectrum exceeds the range of a double", "x"};
    }
    return {};
}

Result<> RealFft::inverse(std::span<const Complex> spectrum, std::span<double> x) {
    if (x.size() != dimension() || spectrum.size() != bins()) {
        return MathError{MathFault::wrong_shape, "the signal has D and the spectrum D/2+1 values",
                         x.size() != dimension() ? "x" : "spectrum"};
    }
    if (auto finite = require_finite(parts(spectrum), "spectrum"); !finite) {
        return finite;
    }
    if (dimension() == 1) {
        x[0] = spectrum[0].real();
        return {};
    }
    const double scale = scale_to_unit(parts(spectrum));
    auto& scaled = plan_->spectrum;
    for (std::size_t k = 0; k < spectrum.size(); ++k) {
        scaled[k] = {spectrum[k].real() * scale, spectrum[k].imag() * scale};
    }
    scaled.front() = scaled.front().real();
    if (dimension() % 2 == 0) {
        scaled.back() = scaled.back().real();
    }
    plan_->fft.inv(x.data(), scaled.data(), static_cast<int>(dimension()));
    rescale(x, 1 / std::sqrt(static_cast<double>(dimension())), scale);
    if (!all_finite(x)) {
        return MathError{MathFault::overflow, "the signal exceeds the range of a double",
                         "spectrum"};
    }
    return {};
}

}  // namespace soma::math
