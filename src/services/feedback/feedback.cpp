#include "services/feedback/feedback.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kCreatedStatus = 201;

Error another_verdict() {
    return Error(ErrorKind::conflict, "has other feedback already: one for each evaluation")
        .at("/evaluation_id");
}

/// Throws Error invalid_argument for memories that the evaluation cannot owe anything to.
std::vector<Uuid> credited(const domain::EvaluationRecord& evaluation,
                           const FeedbackRequest& request) {
    std::vector<Uuid> used;
    for (const auto& id : request.used_memory_ids()) {
        used.push_back(*Uuid::parse(id));
    }
    if (const auto wrong = domain::wrong_credit(evaluation, used)) {
        const bool repeated = wrong->reason == domain::WrongCredit::Reason::repeated;
        throw invalid("/used_memory_ids/" + std::to_string(wrong->at),
                      repeated ? "is named twice" : "is no memory that the evaluation returned");
    }
    return used;
}

domain::FeedbackRecord record_of(const domain::EvaluationRecord& evaluation,
                                 const FeedbackRequest& request) {
    domain::FeedbackRecord record{.reward = request.reward(),
                                  .used = credited(evaluation, request),
                                  .response = request.response_text(),
                                  .model = request.model(),
                                  .metadata = request.metadata(),
                                  .tokens = {}};
    if (request.has_tokens()) {
        record.tokens = request.tokens();
    }
    return record;
}

/// What working memory hears of a response, if there is one and a session to remember it.
std::vector<SessionTurn> turns_of(const domain::StoredEvaluation& evaluation, const Uuid& id,
                                  const std::string& response, Time now) {
    if (response.empty() || !evaluation.session_hmac) {
        return {};
    }
    return {{.change = 0,
             .session_hmac = *evaluation.session_hmac,
             .entry = {.log_index = 0,
                       .question_index = evaluation.log_index,
                       .ends_at = evaluation.expires_at,
                       .subject_hmac = evaluation.subject_hmac,
                       .item = {.kind = domain::WorkingMemory::Kind::response,
                                .id = id,
                                .text = response,
                                .speaker = "",
                                .time = now}}}};
}

/// What the verdict says of the weights that the evaluation was served with.
domain::Teaching teaching_of(const Admission& admission, const domain::EvaluationRecord& evaluation,
                             const domain::FeedbackRecord& feedback) {
    domain::Teaching teaching;
    auto& signal = teaching.signal;
    signal.reward = feedback.reward;
    for (const auto& memory : evaluation.memories) {
        signal.memories.push_back(memory.values);
        signal.used.push_back(std::find(feedback.used.begin(), feedback.used.end(),
                                        memory.memory) != feedback.used.end());
    }
    if (evaluation.answered) {
        const auto& utility = evaluation.answered->utility;
        signal.probability = utility.probability;
        signal.cost = utility.cost;
        signal.latency_seconds = utility.latency_seconds;
        signal.features = evaluation.answered->features;
    }
    teaching.law = {admission.law, &admission.law->law};
    return teaching;
}

/// What the memory graph hears of it: nothing where its module is off, or nothing was of use.
std::optional<domain::CoUse> co_use_of(const Admission& admission,
                                       const domain::EvaluationRecord& evaluation,
                                       const domain::FeedbackRecord& feedback) {
    const bool is_heard = admission.tenant.modules.has(domain::Module::conductance);
    if (!is_heard || !(feedback.reward > 0) || feedback.used.empty()) {
        return std::nullopt;
    }
    return domain::CoUse{feedback.reward, evaluation.memories.front().memory, feedback.used};
}

FeedbackResponse response_of(const Uuid& id, const Uuid& evaluation, std::uint64_t epoch,
                             std::uint64_t sequence, Time created_at) {
    FeedbackResponse response;
    response.set_feedback_id(id.to_string());
    response.set_evaluation_id(evaluation.to_string());
    response.set_sequence(sequence);
    response.set_state_token(domain::StateToken{epoch, sequence}.to_string());
    response.set_created_at(format_rfc3339(created_at));
    return response;
}

}  // namespace

/// The evaluation that feedback is about.
struct Feedback::Evaluated : OpenedEvaluation {
    std::string request_digest;  ///< of the feedback, under the evaluation's subject
};

Feedback::Evaluated Feedback::load(const RequestContext& context, const Admission& admission,
                                   const FeedbackRequest& request) {
    auto evaluation =
        open_evaluation(evaluations_, keyring_, context, admission.tenant.id,
                        *Uuid::parse(request.evaluation_id()), context.deadline, "/evaluation_id");
    if (!request.session_id().empty() && request.session_id() != evaluation.record.session_id) {
        throw invalid("/session_id", "is not the evaluation's");
    }
    auto digest = evaluation.key->digest(request.SerializeAsString());
    return {std::move(evaluation), std::move(digest)};
}

FeedbackResponse Feedback::add(const RequestContext& context, const Admission& admission,
                               const FeedbackRequest& request) {
    const auto evaluated = load(context, admission, request);
    const auto earlier = events_.of(admission.tenant.id, evaluated.row.id, context.deadline);
    if (!earlier) {
        return commit(context, admission, request, evaluated);
    }
    if (earlier->request_digest != evaluated.request_digest) {
        throw another_verdict();
    }
    writer_.record_replay(context, admission, kCreatedStatus);
    return response_of(earlier->id, earlier->evaluation, admission.tenant.epoch, earlier->sequence,
                       earlier->created_at);
}

FeedbackResponse Feedback::commit(const RequestContext& context, const Admission& admission,
                                  const FeedbackRequest& request, const Evaluated& evaluated) {
    const auto& tenant = admission.tenant;
    const auto& evaluation = evaluated.row;
    const auto keys = keyring_.tenant(tenant.id, context.deadline);
    const auto record = record_of(evaluated.record, request);
    domain::StoredFeedback row;
    row.id = ids_.next(context.now);
    row.evaluation = evaluation.id;
    row.subject_hmac = evaluation.subject_hmac;
    row.created_at = context.now;
    row.expires_at = evaluation.expires_at;
    row.request_digest = evaluated.request_digest;
    row.sealed = domain::seal_feedback(evaluated.key->data_key, tenant.id, row.id, record);
    row.tokens = record.tokens;
    if (!record.model.empty()) {
        row.model_hmac = keys->model_hmac(record.model);
    }
    const auto turns = turns_of(evaluation, row.id, record.response, context.now);
    if (!turns.empty()) {
        row.session_hmac = evaluation.session_hmac;
    }
    auto event = writer_.event(context, admission, kCreatedStatus);
    event.request_digest = to_hex(evaluated.request_digest);
    event.details["evaluation_id"] = evaluation.id.to_string();
    event.details["feedback_id"] = row.id.to_string();
    auto intent = Writer::intent(context, admission);
    // Of two at the same time, the claim lets one through; later ones find its row.
    intent.claim = domain::IdempotencyClaim{keys->feedback_hmac(evaluation.id.view()),
                                            evaluated.request_digest};
    Reply reply{.status = kCreatedStatus,
                .body = [id = row.id, about = evaluation.id, epoch = tenant.epoch,
                         now = context.now](const auto& assigned) {
                    return response_of(id, about, epoch, assigned.front().sequence, now)
                        .SerializeAsString();
                }};
    intent.sealed_under.emplace(evaluated.key->key_id, row.subject_hmac);
    intent.changes.emplace_back(domain::AddFeedback{
        std::move(row), std::move(event), teaching_of(admission, evaluated.record, record),
        co_use_of(admission, evaluated.record, record)});
    try {
        return writer_.commit<FeedbackResponse>(context, admission, std::move(intent),
                                                std::move(reply), turns);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::idempotency_reused) {
            throw another_verdict();
        }
        throw;
    }
}

}  // namespace soma::services
