#pragma once
#include <span>
#include <string>
#include <vector>

#include "domain/context/prompt.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// Limits of an evaluation's answer (bytes are UTF-8).
inline constexpr std::size_t kMaxBundleMemories = 20;
inline constexpr std::size_t kMaxWorkingMemoryItems = 10;
inline constexpr std::size_t kMaxItemTextBytes = 2048;

/// Temperature of the weights over the returned memories (retrieval.md: τ).
inline constexpr double kDefaultTemperature = 0.1;

/// How fast a session's past fades: γ of the weights (1−γ)γ^{n−i} over its entries.
inline constexpr double kSessionDecay = 0.8;

struct ScoredMemory {
    std::string text;  ///< the best passage
    std::string speaker;
    std::optional<Time> occurred_at;
    double score = 0;              ///< rounded to 1e-6
    math::QuantizedVector vector;  ///< of the best passage
    Uuid id = {};
    std::string kind = {};  ///< may be empty
};

struct BundleInput {
    std::vector<PolicyDirective> policy = {};  ///< by the rules' ids
    std::string situation;
    math::QuantizedVector query;
    std::vector<ScoredMemory> memories;         ///< best first
    std::vector<WorkingMemory> working_memory;  ///< oldest first
    std::optional<std::size_t> token_budget;
    double temperature = kDefaultTemperature;
    PromptForm form = PromptForm::plain;
};

/// What an evaluation computes from what it found. Every number here is a function of the input
/// alone, so a replay from the sealed record gives the same bytes.
struct Bundle {
    std::vector<double> weights;          ///< w = softmax(s/τ), sums to 1
    std::vector<double> session_weights;  ///< of working memory, the newest entry's the largest
    std::vector<float> fused;             ///< f = Σ wᵢ mᵢ, dimension D
    std::vector<float> residual;          ///< r = q − f: what memory does not explain
    Prompt prompt;
};

/// w = softmax(s/τ), aligned with the scores; sums to 1. Both must be finite, and τ above 0
/// (SOMA_ASSERT). Pure.
std::vector<double> memory_weights(std::span<const double> scores, double temperature);

/// Pure. Sums in double, in rank order. Without memories f = 0 and r = q.
Bundle make_bundle(const BundleInput& input, const TokenCounter& count_tokens);

}  // namespace soma::domain
