#include "math/hrr/cleanup.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace soma::math {
namespace {

constexpr std::size_t kLargestMemory = std::size_t{1} << 31;

/// Columns are hypervectors: Eigen's default order.
using Columns = Eigen::Map<const Eigen::MatrixXf>;

double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

}  // namespace

Result<CleanUp> CleanUp::make(std::size_t dimension) {
    if (!valid_dimension(dimension)) {
        return MathError{MathFault::wrong_shape, "D is even, from 2 to 65536", "dimension"};
    }
    return CleanUp(dimension);
}

Result<> CleanUp::append_unit(const Spectrum& item, std::vector<float>& to) const {
    if (item.dimension() != dimension_) {
        return MathError{MathFault::wrong_shape, "the memory has another dimension", "item"};
    }
    Spectrum unit = item;
    if (auto done = normalise(unit); !done) {
        return done;
    }
    // Every slot but the first stands for two conjugate bins.
    const double end = 1 / std::sqrt(static_cast<double>(dimension_));
    const double pair = end * std::numbers::sqrt2;
    for (const auto half : {unit.re(), unit.im()}) {
        to.push_back(static_cast<float>(half[0] * end));
        for (std::size_t k = 1; k < half.size(); ++k) {
            to.push_back(static_cast<float>(half[k] * pair));
        }
    }
    return {};
}

Result<std::size_t> CleanUp::add(const Spectrum& item) {
    if ((count_ + 1) * dimension_ > kLargestMemory) {
        return MathError{MathFault::wrong_shape, "a clean-up memory holds 2^31 numbers", "item"};
    }
    if (auto done = append_unit(item, items_); !done) {
        return done.error();
    }
    return count_++;
}

Result<std::vector<CleanUpMatch>> CleanUp::nearest(std::span<const Spectrum> queries) const {
    if (count_ == 0) {
        return MathError{MathFault::empty, "the memory holds no items", "items"};
    }
    std::vector<float> units;
    units.reserve(queries.size() * dimension_);
    for (const Spectrum& query : queries) {
        if (auto done = append_unit(query, units); !done) {
            return done.error();
        }
    }
    const auto d = static_cast<Eigen::Index>(dimension_);
    const auto n = static_cast<Eigen::Index>(queries.size());
    std::vector<CleanUpMatch> best(queries.size(), CleanUpMatch{0, -2});
    const Columns asked(units.data(), d, n);
    constexpr Eigen::Index kBlock = 64;  // items a block: scores stay in the nearest cache
    Eigen::MatrixXf scores;
    for (Eigen::Index from = 0; from < static_cast<Eigen::Index>(count_); from += kBlock) {
        const Eigen::Index count = std::min(kBlock, static_cast<Eigen::Index>(count_) - from);
        const Columns block(items_.data() + from * d, d, count);
        scores.noalias() = block.transpose() * asked;
        for (Eigen::Index q = 0; q < n; ++q) {
            Eigen::Index row = 0;
            const double score = scores.col(q).maxCoeff(&row);
            auto& match = best[static_cast<std::size_t>(q)];
            if (score > match.cosine) {
                match = {static_cast<std::size_t>(from + row), score};
            }
        }
    }
    for (auto& match : best) {
        match.cosine = std::clamp(match.cosine, -1.0, 1.0);
    }
    return best;
}

Result<CleanUpMatch> CleanUp::nearest(const Spectrum& query) const {
    auto all = nearest(std::span(&query, 1));
    if (!all) {
        return all.error();
    }
    return all->front();
}

Result<double> predicted_cleanup_accuracy(std::size_t k, std::size_t items, std::size_t dimension) {
    if (k == 0 || items == 0 || dimension == 0) {
        return MathError{MathFault::out_of_range, "k, items and dimension are at least 1", "k"};
    }
    const double d = static_cast<double>(dimension);
    const double own_sd = std::sqrt(static_cast<double>(k - 1) / d);
    const double other_sd = std::sqrt(static_cast<double>(k) / d);
    // Composite midpoint on ±8 standard deviations: the integrand is smooth and vanishes at both
    // ends.
    constexpr int kSteps = 2000;
    constexpr double kStep = 16.0 / kSteps;
    double total = 0;
    for (int i = 0; i < kSteps; ++i) {
        const double z = -8 + (i + 0.5) * kStep;
        const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
        const double wins =
            std::pow(normal_cdf((1 + z * own_sd) / other_sd), static_cast<double>(items - 1));
        total += density * wins * kStep;
    }
    return std::clamp(total, 0.0, 1.0);
}

}  // namespace soma::math
