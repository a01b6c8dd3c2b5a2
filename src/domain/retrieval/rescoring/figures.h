#pragma once
#include <algorithm>
#include <optional>
#include <vector>

namespace soma::domain {

/// How far what a search computed is from the laws of the mathematics (docs/math.md). Absent: it
/// was not computed. Infinity: there was no answer.
struct ModuleFigures {
    std::optional<double> density_trace;     ///< |tr ρ − 1|
    std::optional<double> density_negative;  ///< ρ's least eigenvalue below 0
    std::optional<double> pagerank_residual;
    std::optional<double> pagerank_sum;  ///< |Σπ − 1|
    std::optional<double> bridge_margin;  ///< ‖marginals of the coupling − what they must be‖₁
};

/// Values ≥ 0 as shares of the greatest; where that is 0, as they are.
inline std::vector<double> shares_of_greatest(std::vector<double> values) {
    const auto greatest = std::max_element(values.begin(), values.end());
    if (greatest != values.end() && *greatest > 0) {
        const double most = *greatest;
        for (double& value : values) {
            value = std::clamp(value / most, 0.0, 1.0);
        }
    }
    return values;
}

}  // namespace soma::domain
