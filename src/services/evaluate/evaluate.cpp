#include "services/evaluate/evaluate.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/adaptation/calibration.h"
#include "domain/planner/memory_law.h"
#include "services/commit/wait.h"
#include "services/gate/gate.h"
#include "services/gate/request_reader.h"
#include "services/gate/utility_gate.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;

/// A view that weighs nothing can only be learnt from what it says; the law bounds what `graph` may
/// come to weigh by name.
domain::Modules modules_to_learn(const Admission& admission) {
    domain::Modules modules{domain::Module::density, domain::Module::bridge};
    const auto beta = static_cast<std::size_t>(domain::AdaptiveParameter::beta);
    if (admission.law->law.bounds.parameters[beta].max > 0) {
        modules.add(domain::Module::pagerank);
    }
    return modules;
}

/// What the request and the law say of the answer; what memory says is still to be found.
Evaluated asked(const Admission& admission, const EvaluateRequest& request,
                const domain::Theta& theta) {
    Evaluated parts;
    parts.constitution_version = admission.law->version;
    for (const auto& [article, text] : admission.policy) {
        parts.policy.push_back({std::string(article), std::string(text)});
    }
    parts.utility = admitted_utility(admission, theta, planned_action(request));
    parts.temperature = theta.temperature;
    parts.situation = request.query();
    if (request.has_token_budget()) {
        parts.token_budget = static_cast<std::size_t>(request.token_budget());
    }
    if (!request.render().empty()) {
        parts.form = domain::parse_form(request.render()).value();
    }
    return parts;
}

/// Where the request states no p: the one that feedback gives answers with such coverage. What was
/// assumed before is above it, so only now it may be too little. Throws domain::UtilityRefusal.
void estimate(const Admission& admission, const EvaluateRequest& request,
              const domain::Theta& theta, Evaluated& parts) {
    if (!parts.found.coverage) {
        return;
    }
    std::vector<domain::ViewValues> values;
    for (const auto& memory : parts.found.memories) {
        values.push_back(memory.hit.values);
    }
    parts.features = domain::coverage_features(*parts.found.coverage, values);
    auto action = planned_action(request);
    action.estimate = domain::calibrated_probability(theta, *parts.features);
    parts.utility = admitted_utility(admission, theta, action);
}

/// The line that quotes it, but for its rank: all ranks of an answer have two digits at most.
std::string line_of(const FoundMemory& memory, domain::PromptForm form) {
    return domain::memory_line(domain::kMaxBundleMemories,
                               {.text = memory.content.text,
                                .speaker = memory.content.speaker,
                                .occurred_at = memory.facts.occurred_at,
                                .id = memory.hit.id,
                                .kind = memory.facts.kind},
                               form);
}

/// What the token budget leaves for memories; absent where they fit whatever their order is: a
/// token is a byte at least.
std::optional<std::size_t> tight_budget(const Evaluated& parts, const domain::TokenCounter& count) {
    if (!parts.token_budget) {
        return std::nullopt;
    }
    const std::size_t left = domain::tokens_for_memories(parts.policy, parts.situation,
                                                         *parts.token_budget, count, parts.form);
    std::size_t most = 0;
    for (const auto& memory : parts.found.memories) {
        most += line_of(memory, parts.form).size();
    }
    return most <= left ? std::nullopt : std::optional(left);
}

/// The candidates as answers show them, by the ids of their memories.
std::vector<domain::EvaluationRecord::Compared> compared(const domain::Choice& choice,
                                                         const std::vector<FoundMemory>& found) {
    std::vector<domain::EvaluationRecord::Compared> out;
    for (std::size_t i = 0; i < choice.candidates.size(); ++i) {
        auto& shown = out.emplace_back();
        shown.candidate = choice.candidates[i];
        shown.is_chosen = i == choice.best;
        for (const std::size_t place : std::exchange(shown.candidate.memories, {})) {
            shown.memories.push_back(found[place].hit.id);
        }
    }
    return out;
}

domain::EvaluationRecord record_of(const EvaluateRequest& request, const Evaluated& parts,
                                   const domain::Theta& theta, const std::string& digest,
                                   Time now) {
    domain::EvaluationRecord record;
    record.query = request.query();
    record.session_id = request.session_id();
    record.subject = request.subject();
    if (parts.token_budget) {
        record.token_budget = static_cast<std::uint32_t>(*parts.token_budget);
    }
    record.now = now;
    record.state_sequence = parts.found.state.sequence;
    record.weights_version = theta.version;
    record.weights = parts.found.weights;
    record.temperature = parts.temperature;
    record.constitution_version = parts.constitution_version;
    record.policy = parts.policy;
    record.vector = parts.found.query;
    for (const auto& memory : parts.found.memories) {
        record.memories.push_back({memory.hit.id, memory.hit.passage, memory.hit.values});
    }
    for (const auto& entry : parts.session) {
        record.working_memory.push_back({entry.kind, entry.id});
    }
    record.answered = domain::EvaluationRecord::Answered{.epoch = parts.found.state.epoch,
                                                         .memories_capped = parts.memories_capped,
                                                         .coverage = parts.found.coverage,
                                                         .form = parts.form,
                                                         .utility = parts.utility,
                                                         .digest = digest,
                                                         .candidates = parts.candidates,
                                                         .features = parts.features};
    return record;
}

}  // namespace

/// An evaluation before it is recorded.
struct Evaluate::Situation {
    std::string session_hmac;  ///< empty without a session
    domain::Theta theta;
    Evaluated parts;
};

Evaluate::Situation Evaluate::load(const RequestContext& context, const Admission& admission,
                                   const EvaluateRequest& request) {
    Situation situation;
    // First, because what is not worth its cost should not cost a search.
    situation.theta = weights_.of(admission, context.deadline);
    situation.parts = asked(admission, request, situation.theta);
    auto& parts = situation.parts;
    const auto& tenant = admission.tenant;
    if (!request.session_id().empty()) {
        situation.session_hmac =
            keyring_.tenant(tenant.id, context.deadline)->session_hmac(request.session_id());
        parts.session = working_memory_.entries(tenant.id, situation.session_hmac, context.now,
                                                context.deadline);
    }
    const auto top_k =
        static_cast<std::size_t>(request.has_top_k() ? request.top_k() : kDefaultTopK);
    parts.memories_capped = top_k > domain::kMaxBundleMemories;
    parts.found =
        searcher_.search(tenant,
                         {.text = request.query(),
                          .embedding = {request.embedding().data(),
                                        static_cast<std::size_t>(request.embedding_size())},
                          .views = {},
                          .weights = situation.theta.weights,
                          .top_k = std::min(top_k, domain::kMaxBundleMemories),
                          .scope = {.at_least = request.at_least()},
                          .explained = modules_to_learn(admission)},
                         context.now, context.deadline);
    estimate(admission, request, situation.theta, parts);
    choose(admission, request, parts);
    return situation;
}

/// Compares prompts where there is something to weigh: a price of tokens, a budget that not all of
/// them may fit, rules that tell memories apart by their tags, or a caller who wants to see. Keeps
/// the memories of the best, in its order.
void Evaluate::choose(const Admission& admission, const EvaluateRequest& request,
                      Evaluated& parts) {
    auto& memories = parts.found.memories;
    const domain::MemoryLaw law(admission.law->rules, facts_of(admission));
    const auto count = [this](std::string_view text) { return embedder_.count_pieces(text); };
    const domain::TokenTerms terms{.price = request.price(), .budget = tight_budget(parts, count)};
    const bool are_counted = request.explain() || terms.price > 0 || terms.budget;
    if (!are_counted && !law.tells_apart()) {
        return;
    }
    std::vector<double> scores;
    std::vector<domain::CandidateMemory> candidates;
    for (const auto& memory : memories) {
        const auto verdict = law.judge(memory.content.tags);
        scores.push_back(memory.hit.score);
        candidates.push_back(
            {.tokens = are_counted ? count(line_of(memory, parts.form)) : 0,
             .penalty = verdict.penalty,
             .vetoed_by = std::string(verdict.vetoed_by ? verdict.vetoed_by->article : "")});
    }
    const auto shares = domain::memory_weights(scores, parts.temperature);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        candidates[i].share = shares[i];
    }
    const auto choice = domain::choose_candidate(parts.utility, terms, candidates);
    if (request.explain()) {
        parts.candidates = compared(choice, memories);
    }
    std::vector<FoundMemory> kept;
    for (const std::size_t place : choice.candidates[choice.best].memories) {
        kept.push_back(std::move(memories[place]));
    }
    memories = std::move(kept);
}

EvaluateResponse Evaluate::evaluate(const RequestContext& context, const Admission& admission,
                                    const EvaluateRequest& request) {
    const auto situation = load(context, admission, request);
    auto response = answer_of(
        situation.parts, [this](std::string_view text) { return embedder_.count_pieces(text); });
    const Uuid id = ids_.next(context.now);
    response.set_evaluation_id(id.to_string());
    record(context, admission, request, situation, id, response);
    return response;
}

void Evaluate::record(const RequestContext& context, const Admission& admission,
                      const EvaluateRequest& request, const Situation& situation, const Uuid& id,
                      const EvaluateResponse& response) {
    const auto& tenant = admission.tenant;
    const auto key =
        keyring_.subject(tenant.id, request.subject(), Keyring::IfAbsent::create, context.deadline);
    const auto subject_hmac = from_hex(key->subject_id_hex).value();
    domain::StoredEvaluation row;
    row.id = id;
    row.subject_hmac = subject_hmac;
    row.created_at = context.now;
    row.expires_at = context.now + record_lifetime_;
    row.sealed = domain::seal_record(
        key->data_key, tenant.id, id,
        record_of(request, situation.parts, situation.theta, response.digest(), context.now));
    if (!situation.session_hmac.empty()) {
        row.session_hmac = situation.session_hmac;
    }
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    event.request_digest = to_hex(key->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(key->digest(response.SerializeAsString()));
    event.details["evaluation_id"] = id.to_string();
    event.details["weights_version"] = situation.theta.version;
    event.details["utility"] = situation.parts.utility.utility;
    for (const auto& memory : situation.parts.found.memories) {
        event.targets.push_back(memory.hit.id);
    }
    domain::Intent intent{.tenant = tenant.streams(),
                          .now = context.now,
                          .deadline = context.deadline,
                          .access = domain::AccessRecord{std::move(event), std::move(row)}};
    intent.sealed_under.emplace(key->key_id, subject_hmac);
    const auto outcome = [&] {
        const auto timer = parts_.time(telemetry::Part::commit);
        return wait_for_record(committer_.submit(std::move(intent)), context.deadline);
    }();
    if (const auto* erased = std::get_if<domain::SubjectErased>(&outcome)) {
        throw keyring_.erased_meanwhile(tenant.id, erased->subject_hmac);
    }
    if (!situation.session_hmac.empty()) {
        const auto& assigned = std::get<domain::Committed>(outcome).access;
        working_memory_.append(
            tenant.id, situation.session_hmac,
            {.log_index = assigned->log_index,
             .question_index = {},
             .ends_at = context.now + record_lifetime_,
             .subject_hmac = subject_hmac,
             .item = {domain::WorkingMemory::Kind::query, id, request.query(), "", context.now}});
    }
}

}  // namespace soma::services
