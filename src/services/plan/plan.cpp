#include "services/plan/plan.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/unicode.h"
#include "domain/context/quote.h"
#include "domain/planner/memory_law.h"
#include "services/commit/record_answer.h"
#include "services/evaluate/answer.h"
#include "services/gate/gate.h"
#include "services/gate/judge.h"
#include "services/gate/utility_gate.h"
#include "services/recall/answer.h"
#include "services/search/load.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;
constexpr std::string_view kDependsOn = "depends_on";
/// Of a step's text an answer has this much, and of JSON all in all 1 MiB: what is not text,
/// speaker or kind takes less than the rest.
constexpr std::size_t kMaxStepTextBytes = 2048;
/// A link that faded for ages is still one.
constexpr double kLeastWeight = 1e-9;
constexpr std::size_t kMaxAnswerBytes = (1u << 20) - 128 * 1024;

std::vector<Uuid> goals_of(const PlanRequest& request) {
    std::vector<Uuid> goals;
    for (int i = 0; i < request.goals_size(); ++i) {
        const Uuid goal = *Uuid::parse(request.goals(i));
        if (std::find(goals.begin(), goals.end(), goal) != goals.end()) {
            throw invalid("/goals/" + std::to_string(i), "is named twice");
        }
        goals.push_back(goal);
    }
    return goals;
}

Error too_large(const std::string& what) {
    return invalid("/goals", "depend on too much: a plan has at most " + what);
}

}  // namespace

struct Planner::Draft {
    std::vector<domain::Memory> steps;    ///< goals first, then as they were met
    std::map<Uuid, std::uint32_t> by_id;  ///< places in `steps`
    domain::StepGraph graph;
};

void Planner::add_steps(const RequestContext& context, const Admission& admission,
                        const std::vector<Uuid>& ids, Draft& draft) {
    const Uuid& tenant = admission.tenant.id;
    for (const auto& row : memories_.get_all(tenant, ids, context.deadline)) {
        auto memory = open_current(keyring_, tenant, row, context.now, context.deadline);
        if (memory) {
            draft.by_id.emplace(row.facts.id, static_cast<std::uint32_t>(draft.steps.size()));
            draft.steps.push_back(std::move(*memory));
        }
    }
}

std::vector<domain::Link> Planner::follow(const RequestContext& context, const Admission& admission,
                                          std::vector<Uuid> front, Draft& draft) {
    std::vector<domain::Link> links;
    while (!front.empty()) {
        std::vector<Uuid> next;
        for (auto& link :
             memories_.links_from(admission.tenant.id, front, context.now, context.deadline)) {
            if (link.key.type != kDependsOn) {
                continue;
            }
            const bool is_known = draft.by_id.contains(link.key.to) ||
                                  std::find(next.begin(), next.end(), link.key.to) != next.end();
            if (!is_known) {
                next.push_back(link.key.to);
            }
            links.push_back(std::move(link));
        }
        if (links.size() > domain::kMaxPlanLinks) {
            throw too_large(std::to_string(domain::kMaxPlanLinks) + " links");
        }
        if (draft.steps.size() + next.size() > domain::kMaxPlanSteps) {
            throw too_large(std::to_string(domain::kMaxPlanSteps) + " steps");
        }
        if (!next.empty()) {
            add_steps(context, admission, next, draft);
        }
        std::erase_if(next, [&](const Uuid& id) { return !draft.by_id.contains(id); });
        front = std::move(next);
    }
    return links;
}

Planner::Draft Planner::load(const RequestContext& context, const Admission& admission,
                             const PlanRequest& request) {
    const auto goals = goals_of(request);
    Draft draft;
    add_steps(context, admission, goals, draft);
    for (std::size_t i = 0; i < goals.size(); ++i) {
        if (!draft.by_id.contains(goals[i])) {
            throw Error(ErrorKind::not_found, "no such memory").at("/goals/" + std::to_string(i));
        }
        draft.graph.goals.push_back(draft.by_id.at(goals[i]));
    }
    std::sort(draft.graph.goals.begin(), draft.graph.goals.end());
    const auto links = follow(context, admission, goals, draft);
    draft.graph.count = draft.steps.size();
    for (const auto& link : links) {
        const auto to = draft.by_id.find(link.key.to);
        if (to != draft.by_id.end()) {  // else erased, and soon gone with its links
            draft.graph.dependencies.push_back(
                {draft.by_id.at(link.key.from), to->second,
                 std::max(domain::link_weight_at(link, context.now), kLeastWeight)});
        }
    }
    return draft;
}

namespace {

std::vector<domain::OrderedStep> ordered(const domain::StepGraph& graph,
                                         const std::function<std::string(std::uint32_t)>& id_of) {
    auto result = domain::order_steps(graph);
    if (const auto* cycle = std::get_if<domain::DependencyCycle>(&result)) {
        std::string ring;
        for (const std::uint32_t step : cycle->steps) {
            ring += id_of(step) + " needs ";
        }
        throw Error(ErrorKind::conflict, "depend on themselves, so nothing can come first: " +
                                             ring + id_of(cycle->steps.front()))
            .at("/goals");
    }
    return std::get<std::vector<domain::OrderedStep>>(std::move(result));
}

/// What the law takes off for the steps by their tags. Throws Error permission_denied for a veto.
Deduction deduction_of(const Admission& admission, const std::vector<domain::Memory>& steps,
                       const std::vector<domain::OrderedStep>& order) {
    const domain::MemoryLaw law(admission.law->rules, facts_of(admission));
    Deduction deduction;
    for (const auto& place : order) {
        const auto& [facts, content, passages, links] = steps[place.step];
        const auto verdict = law.judge(content.tags);
        if (verdict.vetoed_by) {
            throw refusal(*admission.law, *verdict.vetoed_by,
                          "the constitution forbids step " + facts.id.to_string() + " by its tags",
                          "/goals");
        }
        if (verdict.penalised_by && deduction.article.empty()) {
            deduction.article = verdict.penalised_by->article;
        }
        deduction.amount += verdict.penalty;
    }
    return deduction;
}

std::size_t shown_bytes(const std::string& text) {
    return floor_boundary(text, std::min(text.size(), kMaxStepTextBytes));
}

void put_step(const domain::OrderedStep& place, const domain::MemoryFacts& facts,
              const domain::MemoryContent& content, PlanStep& step) {
    step.set_id(facts.id.to_string());
    const std::size_t end = shown_bytes(content.text);
    step.set_text(content.text.substr(0, end));
    step.set_truncated(end < content.text.size());
    step.set_kind(facts.kind);
    step.set_speaker(content.speaker);
    step.set_depth(static_cast<std::int32_t>(place.depth));
    step.set_mass(place.mass);
}

std::size_t string_bytes(const PlanResponse& response) {
    std::size_t bytes = 0;
    for (const auto& step : response.steps()) {
        bytes += json_bytes(step.text()) + json_bytes(step.speaker()) + json_bytes(step.kind());
    }
    return bytes;
}

/// Cuts texts, all to the same length, until the answer keeps its limit.
void keep_limit(PlanResponse& response) {
    if (string_bytes(response) > kMaxAnswerBytes) {
        response.add_capped("text");
    }
    for (std::size_t limit = 2 * kMaxStepTextBytes; string_bytes(response) > kMaxAnswerBytes;
         limit /= 2) {
        for (auto& step : *response.mutable_steps()) {
            step.set_truncated(cut_to_json(*step.mutable_text(), limit) || step.truncated());
        }
    }
}

}  // namespace

domain::Choice Planner::choose(const PlanRequest& request, const Draft& draft,
                               const std::vector<domain::OrderedStep>& order,
                               const domain::UtilityFigures& figures) const {
    domain::TokenTerms terms{.price = request.price()};
    if (request.has_token_budget()) {
        terms.budget = static_cast<std::size_t>(request.token_budget());
    }
    const bool are_counted = request.explain() || terms.price > 0 || terms.budget;
    std::vector<std::size_t> tokens;
    for (const auto& step : draft.steps) {
        const std::string& text = step.content.text;
        const auto shown = std::string_view(text).substr(0, shown_bytes(text));
        tokens.push_back(are_counted ? embedder_.count_pieces(domain::quoted(shown)) : 0);
    }
    return domain::choose_plan(figures, terms, draft.graph, order, tokens);
}

void Planner::put_steps(const Draft& draft, const std::vector<domain::OrderedStep>& order,
                        const domain::Candidate& chosen, PlanResponse& response) const {
    std::vector<domain::OrderedStep> places(draft.graph.count);
    for (const auto& place : order) {
        places[place.step] = place;
    }
    for (std::size_t i = 0; i < chosen.quoted; ++i) {
        const auto number = static_cast<std::uint32_t>(chosen.memories[i]);
        const auto& step = draft.steps[number];
        PlanStep& shown = *response.add_steps();
        put_step(places[number], step.facts, step.content, shown);
        const auto& goals = draft.graph.goals;
        shown.set_is_goal(std::binary_search(goals.begin(), goals.end(), number));
        for (const auto& link : draft.graph.dependencies) {
            if (link.step == number) {
                shown.add_depends_on(draft.steps[link.needs].facts.id.to_string());
            }
        }
    }
    if (chosen.quoted < draft.graph.count) {
        response.add_capped("steps");
    }
    keep_limit(response);
}

namespace {

void put_candidates(const domain::Choice& choice, const std::vector<domain::Memory>& steps,
                    PlanResponse& response) {
    for (std::size_t i = 0; i < choice.candidates.size(); ++i) {
        const auto& candidate = choice.candidates[i];
        auto& shown = *response.add_candidates();
        shown.set_name(candidate.name);
        for (const std::size_t step : candidate.memories) {
            shown.add_step_ids(steps[step].facts.id.to_string());
        }
        if (candidate.utility) {
            shown.set_utility(*candidate.utility);
        }
        shown.set_coverage(candidate.coverage);
        shown.set_tokens(static_cast<std::int64_t>(candidate.tokens));
        shown.set_quoted(static_cast<std::int32_t>(candidate.quoted));
        shown.set_chosen(i == choice.best);
    }
}

}  // namespace

PlanResponse Planner::plan(const RequestContext& context, const Admission& admission,
                           const PlanRequest& request) {
    const auto action = planned_action(request);
    const auto theta = weights_.of(admission, context.deadline);
    const Draft draft = load(context, admission, request);
    const auto order = ordered(
        draft.graph, [&](std::uint32_t step) { return draft.steps[step].facts.id.to_string(); });
    const auto figures =
        admitted_utility(admission, theta, action, deduction_of(admission, draft.steps, order));
    const auto choice = choose(request, draft, order, figures);
    PlanResponse response;
    put_steps(draft, order, choice.candidates[choice.best], response);
    if (request.explain()) {
        put_candidates(choice, draft.steps, response);
    }
    *response.mutable_utility() = message_of(figures);
    response.set_constitution_version(admission.law->version);
    put_policy(admission.policy, *response.mutable_policy());
    record(context, admission, theta, request, response);
    return response;
}

void Planner::record(const RequestContext& context, const Admission& admission,
                     const domain::Theta& theta, const PlanRequest& request,
                     const PlanResponse& response) {
    const auto key = keyring_.subject(admission.tenant.id, request.subject(),
                                      Keyring::IfAbsent::create, context.deadline);
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    event.request_digest = to_hex(key->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(key->digest(response.SerializeAsString()));
    event.details["weights_version"] = theta.version;
    event.details["utility"] = response.utility().utility();
    for (const auto& step : response.steps()) {
        event.targets.push_back(*Uuid::parse(step.id()));
    }
    record_answer(committer_, admission.tenant.streams(), context.now, std::move(event),
                  context.deadline);
}

}  // namespace soma::services
