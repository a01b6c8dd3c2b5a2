#include "domain/context/bundle.h"

#include <utility>

#include "base/error.h"
#include "math/hebbian/ring.h"
#include "math/weights.h"

namespace soma::domain {
namespace {

std::vector<double> weights_of(const BundleInput& input) {
    std::vector<double> scores;
    for (const auto& memory : input.memories) {
        scores.push_back(memory.score);
    }
    return memory_weights(scores, input.temperature);
}

std::vector<double> fuse(const BundleInput& input, const std::vector<double>& weights) {
    std::vector<double> fused(input.query.dimension(), 0.0);
    for (std::size_t i = 0; i < input.memories.size(); ++i) {
        const auto& vector = input.memories[i].vector;
        SOMA_ASSERT(vector.dimension() == fused.size(), "one tenant has one dimension");
        const double factor = weights[i] * static_cast<double>(vector.scale);
        for (std::size_t d = 0; d < fused.size(); ++d) {
            fused[d] += factor * vector.values[d];
        }
    }
    return fused;
}

}  // namespace

std::vector<double> memory_weights(std::span<const double> scores, double temperature) {
    auto weights = math::softmax(scores, temperature);
    SOMA_ASSERT(weights.has_value(), "scores and temperature are finite");
    return std::move(*weights);
}

Bundle make_bundle(const BundleInput& input, const TokenCounter& count_tokens) {
    Bundle bundle;
    bundle.weights = weights_of(input);
    const auto fused = fuse(input, bundle.weights);
    for (std::size_t d = 0; d < fused.size(); ++d) {
        const double query =
            static_cast<double>(input.query.scale) * static_cast<double>(input.query.values[d]);
        bundle.fused.push_back(static_cast<float>(fused[d]));
        bundle.residual.push_back(static_cast<float>(query - fused[d]));
    }
    bundle.session_weights = math::ewma_weights(input.working_memory.size(), kSessionDecay).value();
    std::vector<QuotedMemory> quoted;
    for (const auto& memory : input.memories) {
        quoted.push_back({memory.text, memory.speaker, memory.occurred_at, memory.id, memory.kind});
    }
    bundle.prompt = render_prompt(input.policy, input.situation, quoted, input.working_memory,
                                  input.token_budget, count_tokens, input.form);
    return bundle;
}

}  // namespace soma::domain
