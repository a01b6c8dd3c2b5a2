#include "math/hrr/cleanup.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "math/quantize.h"
#include "math/scan/dot.h"

namespace soma::math {
namespace {

constexpr std::size_t kLargestMemory = std::size_t{1} << 31;
constexpr std::size_t kChunk = 4096;  ///< items compared at once: bounds the table of bounds
constexpr std::size_t kBlockBytes = 128 << 10;  ///< codes that stay in cache while queries pass by
/// More than the rounding of a dot product of two unit vectors in single precision.
constexpr double kRounding = 1e-5;

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

Result<> CleanUp::append(const Spectrum& item, Rows& to) const {
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
    const std::size_t at = to.units.size();
    to.units.resize(at + dimension_);
    const std::span<float> unit(to.units.data() + at, dimension_);
    const auto values = item.values();
    Eigen::Map<Eigen::ArrayXf>(unit.data(), static_cast<Eigen::Index>(dimension_)) =
        (Eigen::Map<const Eigen::ArrayXd>(values.data(), static_cast<Eigen::Index>(values.size())) *
         pair)
            .cast<float>();
    for (const std::size_t slot : {std::size_t{0}, item.slots()}) {
        unit[slot] = static_cast<float>(values[slot] * end);
    }
    const QuantizedVector code = quantize(unit);
    double squares = 0;
    for (std::size_t i = 0; i < dimension_; ++i) {
        const double left = unit[i] - static_cast<double>(code.scale) * code.values[i];
        squares += left * left;
    }
    to.codes.resize(to.codes.size() + row_stride(dimension_));
    std::copy(code.values.begin(), code.values.end(),
              to.codes.end() - static_cast<std::ptrdiff_t>(row_stride(dimension_)));
    to.scales.push_back(code.scale);
    to.errors.push_back(std::sqrt(squares));
    return {};
}

Result<std::size_t> CleanUp::add(const Spectrum& item) {
    if ((count_ + 1) * dimension_ > kLargestMemory) {
        return MathError{MathFault::wrong_shape, "a clean-up memory holds 2^31 numbers", "item"};
    }
    if (auto done = append(item, items_); !done) {
        return done.error();
    }
    return count_++;
}

double CleanUp::full_dot(const Rows& queries, std::size_t query, std::size_t item) const {
    const auto row = [&](const Rows& rows, std::size_t at) {
        return Eigen::Map<const Eigen::VectorXf>(rows.units.data() + at * dimension_,
                                                 static_cast<Eigen::Index>(dimension_));
    };
    return row(queries, query).dot(row(items_, item));
}

/// Improves `best` by items [from, from + count).
void CleanUp::compare(const Rows& queries, std::size_t from, std::size_t count,
                      std::vector<CleanUpMatch>& best) const {
    const std::size_t stride = row_stride(dimension_);
    const std::size_t block = std::max<std::size_t>(1, kBlockBytes / stride);
    std::vector<std::int32_t> dots(best.size() * count);
    for (std::size_t at = 0; at < count; at += block) {
        for (std::size_t q = 0; q < best.size(); ++q) {
            dot_products(queries.codes.data() + q * stride,
                         items_.codes.data() + (from + at) * stride, stride,
                         std::min(block, count - at), dots.data() + q * count + at);
        }
    }
    std::vector<double> most(count);  // the cosine each item can have at most
    for (std::size_t q = 0; q < best.size(); ++q) {
        double least = best[q].cosine;  // the best item has this cosine at least
        for (std::size_t i = 0; i < count; ++i) {
            const double error = items_.errors[from + i];
            const double bound = error + (1 + error) * queries.errors[q] + kRounding;
            const double coarse = items_.scales[from + i] * queries.scales[q] * dots[q * count + i];
            most[i] = coarse + bound;
            least = std::max(least, coarse - bound);
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (most[i] < least) {
                continue;
            }
            const double cosine = full_dot(queries, q, from + i);
            if (cosine > best[q].cosine) {
                best[q] = {from + i, cosine};
                least = std::max(least, cosine - kRounding);
            }
        }
    }
}

Result<std::vector<CleanUpMatch>> CleanUp::nearest(std::span<const Spectrum> queries) const {
    if (count_ == 0) {
        return MathError{MathFault::empty, "the memory holds no items", "items"};
    }
    Rows rows;
    for (const Spectrum& query : queries) {
        if (auto done = append(query, rows); !done) {
            return done.error();
        }
    }
    std::vector<CleanUpMatch> best(queries.size(), CleanUpMatch{0, -2});
    for (std::size_t from = 0; from < count_; from += kChunk) {
        compare(rows, from, std::min(kChunk, count_ - from), best);
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
