#include "math/hrr/cleanup.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "math/hrr/similarity.h"

namespace soma::math {
namespace {

constexpr std::size_t kLargestMemory = std::size_t{1} << 31;
constexpr std::size_t kBlock = 4096;  ///< items a block: bounds the table of scores

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

Result<> CleanUp::append_unit(const Spectrum& item, AlignedVector<float>& to) const {
    if (item.dimension() != dimension_) {
        return MathError{MathFault::wrong_shape, "the memory has another dimension", "item"};
    }
    const auto length = length_of(item);
    if (!length) {
        return length.error();
    }
    // Every slot but the first stands for two conjugate bins.
    const double end = 1 / (std::sqrt(static_cast<double>(dimension_)) * *length);
    const double pair = end * std::numbers::sqrt2;
    const std::size_t at = to.size();
    to.resize(at + dimension_);
    const auto values = item.values();
    Eigen::Map<Eigen::ArrayXf>(to.data() + at, static_cast<Eigen::Index>(dimension_)) =
        (Eigen::Map<const Eigen::ArrayXd>(values.data(), static_cast<Eigen::Index>(values.size())) *
         pair)
            .cast<float>();
    for (const std::size_t slot : {std::size_t{0}, item.slots()}) {
        to[at + slot] = static_cast<float>(values[slot] * end);
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
    AlignedVector<float> units;
    units.reserve(queries.size() * dimension_);
    for (const Spectrum& query : queries) {
        if (auto done = append_unit(query, units); !done) {
            return done.error();
        }
    }
    std::vector<CleanUpMatch> best(queries.size(), CleanUpMatch{0, -2});
    std::vector<float> scores;
    for (std::size_t from = 0; from < count_; from += kBlock) {
        const std::size_t count = std::min(kBlock, count_ - from);
        scores.resize(count * queries.size());
        dot_table(std::span<const float>(items_).subspan(from * dimension_, count * dimension_),
                  units, dimension_, scores);
        for (std::size_t q = 0; q < queries.size(); ++q) {
            const auto row = scores.begin() + static_cast<std::ptrdiff_t>(q * count);
            const auto top = std::max_element(row, row + static_cast<std::ptrdiff_t>(count));
            if (*top > best[q].cosine) {
                best[q] = {from + static_cast<std::size_t>(top - row), *top};
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
