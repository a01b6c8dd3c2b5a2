#include "domain/retrieval/score.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace soma::domain {

std::optional<View> view_of(std::string_view name) {
    const auto found = std::find(view_names.begin(), view_names.end(), name);
    if (found == view_names.end()) {
        return std::nullopt;
    }
    return static_cast<View>(found - view_names.begin());
}

ViewWeights default_weights() {
    ViewWeights weights;
    weights[View::dense] = 0.5;
    weights[View::lexical] = 0.5;
    weights[View::facet] = 0.3;
    weights[View::previous] = 0.2;
    weights[View::next] = 0.1;
    weights[View::session] = 0.4;
    return weights;
}

ViewWeights keep_views(ViewWeights weights, std::span<const std::string> names) {
    if (names.empty()) {
        return weights;
    }
    ViewWeights kept;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto view = view_of(names[i]);
        if (!view) {
            throw invalid("/views/" + std::to_string(i), "is not the name of a view");
        }
        kept[*view] = weights[*view];
    }
    return kept;
}

double rounded(double value) {
    return std::nearbyint(value * 1e6) / 1e6;
}

double score_of(const ViewValues& values, const ViewWeights& weights) {
    double sum = 0;
    for (std::size_t v = 0; v < view_count; ++v) {
        sum += weights.numbers[v] * values.numbers[v];
    }
    return rounded(sum);
}

double blend(double dense, double lexical) {
    return 0.5 * dense + 0.5 * lexical;
}

double dense_value(double cosine) {
    return std::clamp(cosine / 0.6, 0.0, 1.0);
}

}  // namespace soma::domain
