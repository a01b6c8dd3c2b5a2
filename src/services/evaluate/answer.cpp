#include "services/evaluate/answer.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "domain/retrieval/coverage.h"
#include "services/recall/answer.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using domain::PromptForm;

/// evaluate's answer is at most 128 KiB of JSON. Of 2,048 dimensions the vectors take up to 64 KiB,
/// the prompt 16, working memory 24, policy 6: the memories have what is left, at least 16.
constexpr std::size_t kMaxAnswerBytes = 128 * 1024;
constexpr std::size_t kMaxSessionBytes = 24 * 1024;
constexpr std::size_t kFloatBytes = 16;  ///< "-1.17549435e-38" and its comma
constexpr std::size_t kItemBytes = 192;  ///< of a working-memory item beside its strings
/// Ids, tokens, digest, figures, names of members; and seven candidates of 20 ids and an article.
constexpr std::size_t kOtherBytes = 9216;
constexpr std::size_t kDirectiveBytes = 32;  ///< of a directive beside its strings

domain::BundleInput bundle_input(const Evaluated& parts) {
    domain::BundleInput input{.policy = parts.policy,
                              .situation = parts.situation,
                              .query = parts.found.query,
                              .memories = {},
                              .working_memory = parts.session,
                              .token_budget = parts.token_budget,
                              .temperature = parts.temperature,
                              .form = parts.form};
    for (const auto& memory : parts.found.memories) {
        input.memories.push_back({.text = memory.content.text,
                                  .speaker = memory.content.speaker,
                                  .occurred_at = memory.facts.occurred_at,
                                  .score = memory.hit.score,
                                  .vector = memory.vector,
                                  .id = memory.hit.id,
                                  .kind = memory.facts.kind});
    }
    return input;
}

void add_working_memory(EvaluateResponse& response,
                        const std::vector<domain::WorkingMemory>& session,
                        const std::vector<double>& weights) {
    for (std::size_t i = 0; i < session.size(); ++i) {
        const auto& entry = session[i];
        auto& item = *response.add_working_memory();
        item.set_kind(std::string(domain::kind_name(entry.kind)));
        item.set_id(entry.id.to_string());
        item.set_text(entry.text);
        item.set_speaker(entry.speaker);
        item.set_time(format_rfc3339(entry.time));
        item.set_weight(weights[i]);
    }
}

std::size_t session_bytes(const EvaluateResponse& response) {
    std::size_t bytes = 0;
    for (const auto& item : response.working_memory()) {
        bytes += kItemBytes + json_bytes(item.text()) + json_bytes(item.speaker());
    }
    return bytes;
}

std::size_t policy_bytes(const EvaluateResponse& response) {
    std::size_t bytes = 0;
    for (const auto& directive : response.policy()) {
        bytes += kDirectiveBytes + json_bytes(directive.article()) + json_bytes(directive.text());
    }
    return bytes;
}

std::size_t prompt_bytes(const EvaluateResponse& response) {
    std::size_t bytes = json_bytes(response.prompt()) + json_bytes(response.rendering().system());
    for (const auto& message : response.rendering().messages()) {
        bytes += json_bytes(message.content());
    }
    return bytes;
}

void add_candidates(EvaluateResponse& response,
                    const std::vector<domain::EvaluationRecord::Compared>& candidates) {
    for (const auto& [candidate, memories, is_chosen] : candidates) {
        auto& shown = *response.add_candidates();
        shown.set_name(candidate.name);
        for (const Uuid& id : memories) {
            shown.add_memory_ids(id.to_string());
        }
        if (candidate.utility) {
            shown.set_utility(*candidate.utility);
        }
        shown.set_coverage(candidate.coverage);
        shown.set_quoted(static_cast<std::int32_t>(candidate.quoted));
        shown.set_tokens(static_cast<std::int64_t>(candidate.tokens));
        shown.set_penalty(candidate.penalty);
        shown.set_vetoed_by(candidate.vetoed_by);
        shown.set_chosen(is_chosen);
    }
}

/// Cuts what would take the answer over its limit: the longest texts, as JSON spells them.
void keep_limits(EvaluateResponse& response) {
    bool cut = false;
    for (std::size_t limit = kMaxSessionBytes / 2; session_bytes(response) > kMaxSessionBytes;
         limit /= 2) {
        for (auto& item : *response.mutable_working_memory()) {
            cut = cut_to_json(*item.mutable_text(), limit) || cut;
            cut_to_json(*item.mutable_speaker(), limit / 2);
        }
    }
    if (cut) {
        response.add_capped("working_memory");
    }
    const auto floats = static_cast<std::size_t>(response.fused_size() + response.residual_size());
    const std::size_t others = kOtherBytes + kFloatBytes * floats + prompt_bytes(response) +
                               session_bytes(response) + policy_bytes(response);
    SOMA_ASSERT(others < kMaxAnswerBytes,
                "dimension, prompt, session and policy have their own limits");
    fit(*response.mutable_memories(), kMaxAnswerBytes - others, *response.mutable_capped());
}

void add_message(PromptRendering& rendering, std::string_view role, const std::string& content) {
    if (content.empty()) {
        return;  // Chat APIs refuse messages without content.
    }
    auto& message = *rendering.add_messages();
    message.set_role(std::string(role));
    message.set_content(content);
}

void put_prompt(EvaluateResponse& response, PromptForm form, const domain::Prompt& prompt) {
    if (form == PromptForm::plain) {
        response.set_prompt(prompt.text);
        return;
    }
    auto& rendering = *response.mutable_rendering();
    if (form == PromptForm::anthropic_messages) {
        rendering.set_system(prompt.system);
    } else {
        add_message(rendering, "system", prompt.system);
    }
    add_message(rendering, "user", prompt.text);
}

}  // namespace

somabrain::v1::UtilityFigures message_of(const domain::UtilityFigures& figures) {
    somabrain::v1::UtilityFigures message;
    message.set_utility(figures.utility);
    message.set_minimum(figures.weights.minimum);
    message.set_probability(figures.probability);
    message.set_probability_source(std::string(domain::source_name(figures.source)));
    message.set_cost(figures.cost);
    message.set_latency_seconds(figures.latency_seconds);
    message.set_penalty(figures.penalty);
    message.set_baseline(figures.weights.baseline);
    message.set_lambda(figures.weights.confidence);
    message.set_mu(figures.weights.cost);
    message.set_nu(figures.weights.latency);
    return message;
}

EvaluateResponse answer_of(const Evaluated& parts, const domain::TokenCounter& count_tokens) {
    const auto bundle = domain::make_bundle(bundle_input(parts), count_tokens);
    EvaluateResponse response;
    response.set_constitution_version(parts.constitution_version);
    put_policy(parts.policy, *response.mutable_policy());
    if (parts.found.coverage) {
        response.set_coverage(*parts.found.coverage);
        response.set_known(*parts.found.coverage >= domain::kKnownFrom);
    }
    *response.mutable_utility() = message_of(parts.utility);
    for (std::size_t i = 0; i < parts.found.memories.size(); ++i) {
        auto& memory = *response.add_memories();
        memory = recalled(parts.found.memories[i], false);
        memory.set_weight(bundle.weights[i]);
    }
    if (parts.memories_capped) {
        response.add_capped("memories");
    }
    if (!bundle.prompt.complete) {
        response.add_capped("prompt");
    }
    response.mutable_fused()->Add(bundle.fused.begin(), bundle.fused.end());
    response.mutable_residual()->Add(bundle.residual.begin(), bundle.residual.end());
    add_working_memory(response, parts.session, bundle.session_weights);
    put_prompt(response, parts.form, bundle.prompt);
    add_candidates(response, parts.candidates);
    response.set_state_token(parts.found.state.to_string());
    keep_limits(response);
    response.set_digest(to_hex(sha256(response.SerializeAsString())));
    return response;
}

}  // namespace soma::services
