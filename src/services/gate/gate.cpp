#include "services/gate/gate.h"

#include <google/protobuf/descriptor.h>

#include <utility>

#include "domain/planner/utility_refusal.h"
#include "services/commit/record_answer.h"

namespace soma::services {
namespace {

using domain::Endpoint;

constexpr std::array<std::pair<std::string_view, Endpoint>, domain::kEndpointCount> kMethods{{
    {"somabrain.v1.Memory.Remember", Endpoint::remember},
    {"somabrain.v1.Memory.RememberBatch", Endpoint::remember_batch},
    {"somabrain.v1.Memory.Recall", Endpoint::recall},
    {"somabrain.v1.Memory.GetMemory", Endpoint::get_memory},
    {"somabrain.v1.Memory.ListMemories", Endpoint::list_memories},
    {"somabrain.v1.Memory.MemoryHistory", Endpoint::memory_history},
    {"somabrain.v1.Memory.DeleteMemory", Endpoint::delete_memory},
    {"somabrain.v1.Brain.Evaluate", Endpoint::evaluate},
    {"somabrain.v1.Brain.Feedback", Endpoint::feedback},
    {"somabrain.v1.Brain.EndSession", Endpoint::end_session},
    {"somabrain.v1.Memory.Link", Endpoint::link},
    {"somabrain.v1.Memory.GetLinks", Endpoint::get_links},
    {"somabrain.v1.Subjects.EraseSubject", Endpoint::erase_subject},
    {"somabrain.v1.Subjects.GetErasure", Endpoint::get_erasure},
    {"somabrain.v1.Constitution.GetConstitution", Endpoint::get_constitution},
    {"somabrain.v1.Constitution.ListConstitutionVersions", Endpoint::list_constitution_versions},
    {"somabrain.v1.Constitution.GetConstitutionVersion", Endpoint::get_constitution_version},
    {"somabrain.v1.Constitution.DiffConstitution", Endpoint::diff_constitution},
    {"somabrain.v1.Constitution.Propose", Endpoint::propose},
    {"somabrain.v1.Constitution.ListProposals", Endpoint::list_proposals},
    {"somabrain.v1.Constitution.GetProposal", Endpoint::get_proposal},
    {"somabrain.v1.Constitution.SignProposal", Endpoint::sign_proposal},
    {"somabrain.v1.Constitution.ActivateProposal", Endpoint::activate_proposal},
    {"somabrain.v1.Audit.ListAuditEvents", Endpoint::list_audit_events},
    {"somabrain.v1.Audit.ProveAuditEvent", Endpoint::prove_audit_event},
    {"somabrain.v1.Audit.ListCheckpoints", Endpoint::list_checkpoints},
    {"somabrain.v1.Brain.Replay", Endpoint::replay},
    {"somabrain.v1.Brain.Plan", Endpoint::plan},
    {"somabrain.v1.Brain.GetWeights", Endpoint::get_weights},
    {"somabrain.v1.Brain.WeightsHistory", Endpoint::weights_history},
    {"somabrain.v1.Brain.RollBackWeights", Endpoint::roll_back_weights},
}};

constexpr int kPermissionDeniedStatus = 403;
constexpr int kUnavailableStatus = 503;
/// A refusal is recorded even when the request itself ran out of time.
constexpr std::chrono::milliseconds kRefusalTime{1000};

/// Of every governed endpoint, by its request's type in the contract.
std::vector<std::unique_ptr<const RequestReader>> make_readers() {
    std::vector<std::unique_ptr<const RequestReader>> readers(domain::kEndpointCount);
    for (const auto& [name, endpoint] : kMethods) {
        const auto* method =
            google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(std::string(name));
        SOMA_ASSERT(method != nullptr, "the contract has every method of the gate");
        if (!domain::is_constitutional(endpoint)) {
            readers[static_cast<std::size_t>(endpoint)] =
                std::make_unique<const RequestReader>(method->input_type());
        }
    }
    return readers;
}

std::string_view decision_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::unavailable:
        case ErrorKind::deadline_exceeded:
        case ErrorKind::internal:
            return "error";
        default:
            return "refused";
    }
}

}  // namespace

Endpoint endpoint_of(std::string_view method) {
    for (const auto& [name, endpoint] : kMethods) {
        if (name == method) {
            return endpoint;
        }
    }
    throw Error(ErrorKind::internal, "method without an endpoint", std::string(method));
}

domain::EventDraft draft_event(const RequestContext& context, const Admission& admission,
                               domain::Stream stream, const Uuid& id) {
    domain::EventDraft event;
    event.id = id;
    event.tenant = admission.tenant.id;
    event.stream = stream;
    event.actor = admission.principal.actor;
    event.action = domain::endpoint_name(admission.endpoint);
    event.request_id = context.request_id;
    event.trace_id = context.trace_id;
    event.telemetry_ref = context.telemetry_ref;
    stamp(event, admission.law.get());
    if (!admission.redacted.empty()) {
        event.details["redacted"] = text_class_names(admission.redacted);
    }
    return event;
}

Gate::Gate(backends::TokenVerifier& verifier, TenantDirectory& tenants, const LawInForce& laws,
           Committer& committer, UuidGenerator& ids)
    : verifier_(verifier),
      tenants_(tenants),
      laws_(laws),
      committer_(committer),
      ids_(ids),
      readers_(make_readers()) {}

std::shared_ptr<const Admission> Gate::admit(const RequestContext& context) {
    auto verdict = verifier_.verify(context.bearer_token, context.now, context.deadline);
    if (const auto* refusal = std::get_if<domain::TokenRefusal>(&verdict)) {
        refused_tokens_[static_cast<std::size_t>(*refusal)].fetch_add(1, std::memory_order_relaxed);
        // One message for every reason: a caller learns nothing about why a forgery failed.
        throw Error(ErrorKind::unauthenticated, "a valid bearer token is needed",
                    std::string(domain::refusal_name(*refusal)));
    }
    auto& principal = std::get<domain::Principal>(verdict);
    auto tenant = tenants_.find(principal.tenant, context.deadline);
    if (!tenant) {
        throw Error(ErrorKind::unauthenticated, "a valid bearer token is needed", "unknown tenant");
    }
    auto admission = std::make_shared<const Admission>(
        Admission{std::move(principal), std::move(*tenant), endpoint_of(context.method),
                  laws_.find(context.now)});
    if (!domain::may_call(admission->principal.roles, admission->endpoint)) {
        refuse(context, *admission,
               Error(ErrorKind::permission_denied, "the token's roles do not allow this"),
               kPermissionDeniedStatus);
    }
    if (!admission->law && !domain::is_constitutional(admission->endpoint)) {
        count(LawOutcome::no_law);
        refuse(context, *admission, laws_.refusal(context.now), kUnavailableStatus);
    }
    return admission;
}

std::shared_ptr<const Admission> Gate::judge(const std::shared_ptr<const Admission>& admission,
                                             google::protobuf::Message& request) {
    const auto& reader = readers_[static_cast<std::size_t>(admission->endpoint)];
    if (!reader) {
        return admission;
    }
    SOMA_ASSERT(admission->law, "a governed request was admitted under a law");
    auto judgement = services::judge(*admission->law, *reader, facts_of(*admission), request);
    count(judgement.outcome);
    if (judgement.refusal) {
        throw *judgement.refusal;
    }
    if (judgement.policy.empty() && judgement.redacted.empty() && judgement.penalty == 0) {
        return admission;
    }
    auto judged = std::make_shared<Admission>(*admission);
    judged->policy = std::move(judgement.policy);
    judged->redacted = judgement.redacted;
    judged->penalty = judgement.penalty;
    judged->penalised_by = judgement.penalised_by;
    return judged;
}

void Gate::refuse(const RequestContext& context, const Admission& admission, const Error& error,
                  int status) {
    record_refusal(context, admission, error, status);
    throw error;
}

void Gate::count(LawOutcome outcome) {
    outcomes_[static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
}

void Gate::record_refusal(const RequestContext& context, const Admission& admission,
                          const Error& error, int status) {
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.decision = decision_of(error.kind());
    event.status = status;
    if (!error.article().empty()) {
        event.article = error.article();
    }
    if (const auto* refusal = dynamic_cast<const domain::UtilityRefusal*>(&error)) {
        event.details["utility"] = domain::to_json(refusal->figures());
    }
    const Deadline deadline(std::max(context.deadline.remaining(), kRefusalTime));
    record_answer(committer_, admission.tenant.streams(), context.now, std::move(event), deadline);
}

std::uint64_t Gate::refused_tokens(domain::TokenRefusal reason) const {
    return refused_tokens_[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
}

std::uint64_t Gate::outcomes(LawOutcome outcome) const {
    return outcomes_[static_cast<std::size_t>(outcome)].load(std::memory_order_relaxed);
}

}  // namespace soma::services
