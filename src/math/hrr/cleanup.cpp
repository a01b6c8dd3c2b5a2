#include "math/hrr/cleanup.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "math/hrr/similarity.h"
#include "math/quantize.h"
#include "math/scan/dot.h"

namespace soma::math {
namespace {

constexpr std::size_t kLargestMemory = std::size_t{1} << 31;
constexpr std::size_t kBlock = 4096;  ///< items a block: bounds the tables
/// So many queries keep the processor busier as a matrix product than the memory one by one.
constexpr std::size_t kManyQueries = 4;
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

Result<> CleanUp::append_unit(const Spectrum& item, Rows& to) const {
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
    return {};
}

/// Copies the last unit.
void CleanUp::append_code(Rows& to) const {
    const std::span<const float> unit = std::span<const float>(to.units).last(dimension_);
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
}

Result<std::size_t> CleanUp::add(const Spectrum& item) {
    if ((count_ + 1) * dimension_ > kLargestMemory) {
        return MathError{MathFault::wrong_shape, "a clean-up memory holds 2^31 numbers", "item"};
    }
    if (auto done = append_unit(item, items_); !done) {
        return done.error();
    }
    append_code(items_);
    return count_++;
}

/// Improves `best` by items [from, from + count).
void CleanUp::look_at(const Rows& query, std::size_t from, std::size_t count,
                      CleanUpMatch& best) const {
    const std::size_t stride = row_stride(dimension_);
    std::vector<std::int32_t> dots(count);
    dot_products(query.codes.data(), items_.codes.data() + from * stride, stride, count,
                 dots.data());
    std::vector<double> most(count);  // the cosine each item can have at most
    double least = best.cosine;       // what the best item has at least
    for (std::size_t i = 0; i < count; ++i) {
        const double error = items_.errors[from + i];
        const double bound = error + (1 + error) * query.errors[0] + kRounding;
        const double coarse = items_.scales[from + i] * query.scales[0] * dots[i];
        most[i] = coarse + bound;
        least = std::max(least, coarse - bound);
    }
    const auto row = [&](const Rows& rows, std::size_t at) {
        return Eigen::Map<const Eigen::VectorXf>(rows.units.data() + at * dimension_,
                                                 static_cast<Eigen::Index>(dimension_));
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (most[i] < least) {
            continue;
        }
        const double cosine = row(query, 0).dot(row(items_, from + i));
        if (cosine > best.cosine) {
            best = {from + i, cosine};
            least = std::max(least, cosine - kRounding);
        }
    }
}

CleanUpMatch CleanUp::nearest_of(const Rows& query) const {
    CleanUpMatch best{0, -2};
    for (std::size_t from = 0; from < count_; from += kBlock) {
        look_at(query, from, std::min(kBlock, count_ - from), best);
    }
    return best;
}

std::vector<CleanUpMatch> CleanUp::nearest_of_each(const Rows& queries) const {
    const std::size_t query_count = queries.units.size() / dimension_;
    std::vector<CleanUpMatch> best(query_count, CleanUpMatch{0, -2});
    std::vector<float> scores;
    for (std::size_t from = 0; from < count_; from += kBlock) {
        const std::size_t count = std::min(kBlock, count_ - from);
        scores.resize(count * query_count);
        dot_table(
            std::span<const float>(items_.units).subspan(from * dimension_, count * dimension_),
            queries.units, dimension_, scores);
        for (std::size_t q = 0; q < query_count; ++q) {
            const auto row = scores.begin() + static_cast<std::ptrdiff_t>(q * count);
            const auto top = std::max_element(row, row + static_cast<std::ptrdiff_t>(count));
            if (*top > best[q].cosine) {
                best[q] = {from + static_cast<std::size_t>(top - row), *top};
            }
        }
    }
    return best;
}

Result<std::vector<CleanUpMatch>> CleanUp::nearest(std::span<const Spectrum> queries) const {
    if (count_ == 0) {
        return MathError{MathFault::empty, "the memory holds no items", "items"};
    }
    const bool many = queries.size() >= kManyQueries;
    std::vector<CleanUpMatch> best;
    Rows rows;
    for (const Spectrum& query : queries) {
        if (auto done = append_unit(query, rows); !done) {
            return done.error();
        }
        if (!many) {
            append_code(rows);
            best.push_back(nearest_of(rows));
            rows = {};
        }
    }
    if (many) {
        best = nearest_of_each(rows);
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
