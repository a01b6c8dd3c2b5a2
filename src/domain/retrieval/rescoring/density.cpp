#include "domain/retrieval/rescoring/density.h"

#include <algorithm>
#include <cmath>

#include "math/density/density_matrix.h"
#include "math/numerics/vector.h"
#include "math/weights.h"

namespace soma::domain {
namespace {

constexpr double kTemperature = 0.1;

}  // namespace

double DensityLook::value(std::span<const double> memory) const {
    const double length = math::norm(memory);
    return length > 0 ? std::max(0.0, math::dot(direction, memory) / length) : 0;
}

std::optional<DensityLook> look_by_density(std::span<const double> query,
                                           std::span<const double> memories,
                                           std::span<const double> scores, ModuleFigures& figures) {
    const std::size_t dimension = query.size();
    std::vector<double> fillers;
    std::vector<double> kept;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto vector = memories.subspan(i * dimension, dimension);
        if (math::norm(vector) > 0) {
            fillers.insert(fillers.end(), vector.begin(), vector.end());
            kept.push_back(scores[i]);
        }
    }
    const double length = math::norm(query);
    if (kept.empty() || !(length > 0)) {
        return std::nullopt;
    }
    auto rho = math::DensityMatrix::make(dimension, std::min(kDensityHits, dimension)).value();
    rho.update(1, fillers, math::softmax(kept, kTemperature).value()).value();
    figures.density_trace = std::fabs(rho.trace() - 1);
    figures.density_negative = std::max(0.0, -rho.eigenvalues().back());
    std::vector<double> unit(query.begin(), query.end());
    for (double& number : unit) {
        number /= length;
    }
    return DensityLook{rho.apply(unit).value()};
}

}  // namespace soma::domain
