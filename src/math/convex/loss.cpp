#include "math/convex/loss.h"

#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr std::size_t kMostMemories = 100;

Result<LossGradient> finite_or_error(LossGradient result) {
    if (!std::isfinite(result.loss) || !all_finite(result.gradient)) {
        return MathError{MathFault::overflow, "the loss or its gradient exceeds a double", "theta"};
    }
    return result;
}

Result<> check_credits(std::span<const double> credits) {
    for (std::size_t i = 0; i < credits.size(); ++i) {
        if (!(credits[i] >= 0)) {
            return MathError{MathFault::out_of_range, "a credit is not negative",
                             at_index("credits", i)};
        }
    }
    if (std::fabs(sum_compensated(credits) - 1) > 1e-9) {
        return MathError{MathFault::out_of_range, "the credits sum to 1", "credits"};
    }
    return {};
}

/// Of a loss of one linear prediction θᵀz.
Result<> check_prediction(std::span<const double> theta, std::span<const double> z, double y) {
    if (theta.empty()) {
        return MathError{MathFault::empty, "theta has at least one coordinate", "theta"};
    }
    if (theta.size() != z.size()) {
        return MathError{MathFault::wrong_shape, "theta and z need equal lengths", "z"};
    }
    for (const auto& [values, name] : {std::pair{theta, "theta"}, std::pair{z, "z"}}) {
        if (auto finite = require_finite(values, name); !finite) {
            return finite.error();
        }
    }
    if (!std::isfinite(y)) {
        return MathError{MathFault::not_finite, "the target is NaN or infinite", "y"};
    }
    return {};
}

}  // namespace

Result<LossGradient> squared_loss(std::span<const double> theta, std::span<const double> z,
                                  double y) {
    if (auto good = check_prediction(theta, z, y); !good) {
        return good.error();
    }
    const double error = dot(theta, z) - y;
    LossGradient result{0.5 * error * error, std::vector<double>(z.begin(), z.end())};
    for (double& value : result.gradient) {
        value *= error;
    }
    return finite_or_error(std::move(result));
}

Result<LossGradient> softmax_loss(std::span<const double> omega, std::span<const double> views,
                                  std::span<const double> credits) {
    if (omega.empty() || credits.empty()) {
        return MathError{MathFault::empty, "needs a view and a memory", "omega"};
    }
    if (credits.size() > kMostMemories || views.size() != credits.size() * omega.size()) {
        return MathError{MathFault::wrong_shape,
                         "V has a row of k views for each of ≤ 100 memories", "views"};
    }
    for (const auto& [values, name] :
         {std::pair{omega, "omega"}, std::pair{views, "views"}, std::pair{credits, "credits"}}) {
        if (auto finite = require_finite(values, name); !finite) {
            return finite.error();
        }
    }
    if (auto good = check_credits(credits); !good) {
        return good.error();
    }
    const std::size_t k = omega.size();
    std::vector<double> scores(credits.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        scores[i] = dot(views.subspan(i * k, k), omega);
    }
    const double top = *std::max_element(scores.begin(), scores.end());
    double mass = 0;
    for (const double score : scores) {
        mass += std::exp(score - top);
    }
    LossGradient result{0, std::vector<double>(k, 0.0)};
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const double log_weight = scores[i] - top - std::log(mass);
        result.loss -= credits[i] > 0 ? credits[i] * log_weight : 0;
        const double pull = std::exp(log_weight) - credits[i];
        for (std::size_t j = 0; j < k; ++j) {
            result.gradient[j] += pull * views[i * k + j];
        }
    }
    return finite_or_error(std::move(result));
}

double logistic(double x) {
    // e^x of a great x would overflow.
    return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

Result<LossGradient> logistic_loss(std::span<const double> theta, std::span<const double> z,
                                   double y) {
    if (auto good = check_prediction(theta, z, y); !good) {
        return good.error();
    }
    if (y < 0 || y > 1) {
        return MathError{MathFault::out_of_range, "what came to pass is from 0 to 1", "y"};
    }
    const double x = dot(theta, z);
    // ln(1 + e^x) without overflow.
    const double loss = std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))) - y * x;
    LossGradient result{loss, std::vector<double>(z.begin(), z.end())};
    const double pull = logistic(x) - y;
    for (double& value : result.gradient) {
        value *= pull;
    }
    return finite_or_error(std::move(result));
}

}  // namespace soma::math
