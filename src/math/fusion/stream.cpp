#include "math/fusion/stream.h"

#include <Eigen/Core>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

Result<> check(std::span<const double> weights, std::span<const double> memories,
               std::span<const double> query) {
    if (weights.empty() || query.empty()) {
        return MathError{MathFault::empty, "a stream needs a memory and a query",
                         weights.empty() ? "weights" : "query"};
    }
    if (memories.size() != weights.size() * query.size()) {
        return MathError{MathFault::wrong_shape, "every memory has the query's dimension",
                         "memories"};
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!(weights[i] >= 0) || !std::isfinite(weights[i])) {
            return MathError{MathFault::out_of_range, "a weight is finite and not negative",
                             at_index("weights", i)};
        }
    }
    if (std::fabs(sum_compensated(weights) - 1) > 1e-9) {
        return MathError{MathFault::out_of_range, "the weights sum to 1", "weights"};
    }
    if (auto finite = require_finite(memories, "memories"); !finite) {
        return finite;
    }
    return require_finite(query, "query");
}

}  // namespace

Result<Stream> fuse_stream(std::span<const double> weights, std::span<const double> memories,
                           std::span<const double> query) {
    if (auto good = check(weights, memories, query); !good) {
        return good.error();
    }
    const auto d = static_cast<Eigen::Index>(query.size());
    const auto n = static_cast<Eigen::Index>(weights.size());
    Stream stream{std::vector<double>(query.size()), std::vector<double>(query.size())};
    Eigen::Map<Eigen::VectorXd> fused(stream.fused.data(), d);
    fused.noalias() = Eigen::Map<const Eigen::MatrixXd>(memories.data(), d, n) *
                      Eigen::Map<const Eigen::VectorXd>(weights.data(), n);
    Eigen::Map<Eigen::VectorXd>(stream.residual.data(), d) =
        Eigen::Map<const Eigen::VectorXd>(query.data(), d) - fused;
    if (!all_finite(stream.fused) || !all_finite(stream.residual)) {
        return MathError{MathFault::overflow, "the stream exceeds a double", "memories"};
    }
    return stream;
}

}  // namespace soma::math
