#include "math/charts/chi_squared.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr int kMostTerms = 20'000;
constexpr double kPrecision = 1e-16;

/// x^a e^{−x} / Γ(a+1), through Loader's saddle-point form (2000) for large a: the direct logarithm
/// would lose a digit for each power of ten in a.
double gamma_weight(double a, double x) {
    if (a < 10) {
        return std::exp(a * std::log(x) - x - std::lgamma(a + 1));
    }
    // Stirling's remainder of ln Γ(a+1), and the deviance a·φ((x−a)/a), φ(u) = ln(1+u) − u.
    const double b = a * a;
    const double remainder =
        (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / b) / b) / b) / b) / a;
    const double u = (x - a) / a;
    double phi = std::log1p(u) - u;
    if (std::fabs(u) < 0.1) {  // the difference above cancels: sum the series instead
        double power = -u * u;
        phi = 0;
        for (int n = 2; n < 40; ++n) {
            phi += power / n;
            power *= -u;
        }
    }
    return std::exp(a * phi - remainder) / std::sqrt(2 * M_PI * a);
}

/// P(a, x) by the series, for x < a + 1.
Result<double> lower_series(double a, double x) {
    double term = 1;
    double sum = 1;
    for (int n = 1; n < kMostTerms; ++n) {
        term *= x / (a + n);
        sum += term;
        if (term < sum * kPrecision) {
            return sum * gamma_weight(a, x);
        }
    }
    return MathError{MathFault::not_converged, "the incomplete gamma series did not end", "x"};
}

/// Q(a, x) by the continued fraction, for x ≥ a + 1.
Result<double> upper_fraction(double a, double x) {
    constexpr double kTiny = 1e-300;
    double b = x + 1 - a;
    double c = 1 / kTiny;
    double d = 1 / b;
    double h = d;
    for (int n = 1; n < kMostTerms; ++n) {
        const double an = -n * (n - a);
        b += 2;
        d = an * d + b;
        d = 1 / (std::fabs(d) < kTiny ? kTiny : d);
        c = b + an / c;
        c = std::fabs(c) < kTiny ? kTiny : c;
        h *= d * c;
        if (std::fabs(d * c - 1) < 2 * kPrecision) {
            return h * a * gamma_weight(a, x);
        }
    }
    return MathError{MathFault::not_converged, "the incomplete gamma fraction did not end", "x"};
}

}  // namespace

Result<double> chi_squared_upper(double x, std::size_t degrees) {
    if (degrees == 0 || degrees > 8192) {
        return MathError{MathFault::out_of_range, "1 to 8192 degrees of freedom", "degrees"};
    }
    if (!(x >= 0) || !std::isfinite(x)) {
        return MathError{MathFault::out_of_range, "x is finite and not negative", "x"};
    }
    if (x == 0) {
        return 1.0;
    }
    const double a = static_cast<double>(degrees) / 2;
    if (x / 2 < a + 1) {
        const auto lower = lower_series(a, x / 2);
        return lower ? Result<double>(1 - *lower) : lower;
    }
    return upper_fraction(a, x / 2);
}

Result<double> chi_squared_limit(double rate, std::size_t degrees) {
    if (!(rate >= 1e-300 && rate < 1)) {
        return MathError{MathFault::out_of_range, "a rate is in [1e-300, 1)", "rate"};
    }
    // Bisection on a bracket that grows until it holds the root: monotone, so it cannot fail. It
    // runs on logarithms because for one degree of freedom the root may be tiny.
    double low = 1e-320;
    double high = static_cast<double>(degrees) + 10;
    while (true) {
        const auto tail = chi_squared_upper(high, degrees);
        if (!tail) {
            return tail;
        }
        if (*tail < rate) {
            break;
        }
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 200 && high > low * (1 + 1e-14); ++i) {
        const double middle = high < 4 * low ? low + (high - low) / 2
                                             : std::exp((std::log(low) + std::log(high)) / 2);
        const auto tail = chi_squared_upper(middle, degrees);
        if (!tail) {
            return tail;
        }
        (*tail < rate ? high : low) = middle;
    }
    return high;
}

Result<DriftDetector> DriftDetector::make(std::span<const double> mean,
                                          std::span<const double> covariance, double rate) {
    const std::size_t d = mean.size();
    if (d == 0) {
        return MathError{MathFault::empty, "a detector watches at least one number", "mean"};
    }
    if (d > kLargestDimension || covariance.size() != d * d) {
        return MathError{MathFault::wrong_shape, "the covariance is D × D, D ≤ 1024", "covariance"};
    }
    for (const auto& [values, name] :
         {std::pair{mean, "mean"}, std::pair{covariance, "covariance"}}) {
        if (auto finite = require_finite(values, name); !finite) {
            return finite.error();
        }
    }
    const auto n = static_cast<Eigen::Index>(d);
    const Eigen::Map<const Eigen::MatrixXd> sigma(covariance.data(), n, n);
    const double largest = sigma.cwiseAbs().maxCoeff();
    if ((sigma - sigma.transpose()).cwiseAbs().maxCoeff() > 1e-9 * largest) {
        return MathError{MathFault::out_of_range, "the covariance is not symmetric", "covariance"};
    }
    const Eigen::LLT<Eigen::MatrixXd> cholesky(sigma);
    const Eigen::MatrixXd lower = cholesky.matrixL();
    if (cholesky.info() != Eigen::Success || !lower.allFinite() ||
        lower.diagonal().minCoeff() <= 1e-14 * std::sqrt(largest)) {
        return MathError{MathFault::out_of_range, "the covariance is not positive definite",
                         "covariance"};
    }
    const auto limit = chi_squared_limit(rate, d);
    if (!limit) {
        return limit.error();
    }
    DriftDetector detector;
    detector.mean_.assign(mean.begin(), mean.end());
    detector.factor_.assign(lower.data(), lower.data() + lower.size());
    detector.limit_ = *limit;
    return detector;
}

Result<DriftPoint> DriftDetector::check(std::span<const double> x) const {
    if (x.size() != mean_.size()) {
        return MathError{MathFault::wrong_shape, "an observation has D numbers", "x"};
    }
    if (auto finite = require_finite(x, "x"); !finite) {
        return finite.error();
    }
    const auto n = static_cast<Eigen::Index>(x.size());
    const Eigen::Map<const Eigen::MatrixXd> lower(factor_.data(), n, n);
    Eigen::VectorXd offset = Eigen::Map<const Eigen::VectorXd>(x.data(), n) -
                             Eigen::Map<const Eigen::VectorXd>(mean_.data(), n);
    lower.triangularView<Eigen::Lower>().solveInPlace(offset);
    const double squared = offset.squaredNorm();
    if (!std::isfinite(squared)) {
        return MathError{MathFault::overflow, "the distance exceeds a double", "x"};
    }
    return DriftPoint{squared, squared > limit_};
}

}  // namespace soma::math
