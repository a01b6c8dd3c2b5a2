#include "services/erasure/erasure.h"

#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/wait.h"

namespace soma::services {
namespace {

using domain::ErasureState;

constexpr int kOkStatus = 200;
/// By then the service has most likely gone on with it by itself.
constexpr int kRetryAfterSeconds = 5;

somabrain::v1::Erasure response_of(const domain::Erasure& erasure, std::uint64_t epoch) {
    somabrain::v1::Erasure response;
    response.set_id(erasure.id.to_string());
    response.set_state(std::string(to_string(erasure.state)));
    response.set_requested_at(format_rfc3339(erasure.requested_at));
    if (erasure.completed_at) {
        response.set_completed_at(format_rfc3339(*erasure.completed_at));
    }
    response.set_sequence(erasure.sequence);
    response.set_state_token(domain::StateToken{epoch, erasure.sequence}.to_string());
    response.set_receipt(erasure.receipt);
    return response;
}

}  // namespace

somabrain::v1::Erasure Erasure::erase(const RequestContext& context, const Admission& admission,
                                      const somabrain::v1::EraseSubjectRequest& request) {
    const auto& tenant = admission.tenant;
    const Begun begun = begin(context, admission, request);
    const ErasureStep step{.now = context.now,
                           .actor = admission.principal.actor,
                           .request_id = context.request_id,
                           .trace_id = context.trace_id,
                           .telemetry_ref = context.telemetry_ref,
                           .law = admission.law};
    try {
        const auto erasure = eraser_.finish(tenant, begun.id, step, context.deadline);
        if (!begun.now) {
            writer_.record_replay(context, admission, kOkStatus);
        }
        return response_of(erasure, tenant.epoch);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable) {
            throw;
        }
        throw Error(ErrorKind::unavailable,
                    "the erasure has begun and goes on by itself: repeat for its receipt",
                    error.public_message() + ": " + error.detail())
            .retry_after(kRetryAfterSeconds);
    }
}

/// Which erasure this request is about, after its first step at least.
Erasure::Begun Erasure::begin(const RequestContext& context, const Admission& admission,
                              const somabrain::v1::EraseSubjectRequest& request) {
    const Uuid& tenant = admission.tenant.id;
    const auto subject = keyring_.subject_hmac(tenant, request.id(), context.deadline);
    const auto key = keyring_.stored_subject(tenant, subject, context.deadline);
    const auto last = erasures_.last_of(tenant, subject, context.deadline);
    if (key && !(last && last->key_id == key->key_id)) {
        return commit(context, admission, subject, key->key_id);
    }
    if (!last) {
        throw Error(ErrorKind::not_found, "no such subject").at("/id");
    }
    if (key && last->state == ErasureState::done) {
        eraser_.destroy_again(tenant, *last, context.deadline);
    }
    return {last->id, false};
}

/// The first step, with the Idempotency-Key's claim: repeated late, the request must not erase what
/// has been remembered since.
Erasure::Begun Erasure::commit(const RequestContext& context, const Admission& admission,
                               const std::string& subject_hmac, const std::string& key_id) {
    const Uuid& tenant = admission.tenant.id;
    const Uuid id = ids_.next(context.now);
    auto event = writer_.event(context, admission, kOkStatus);
    event.details["erasure_id"] = id.to_string();
    auto intent = Writer::intent(context, admission);
    if (!context.idempotency_key.empty()) {
        // Not under the tenant's own key as elsewhere: that may be what is erased.
        intent.claim = domain::IdempotencyClaim{
            keyring_.tenant(tenant, context.deadline)->idempotency_hmac(context.idempotency_key),
            subject_hmac};
    }
    intent.answer = [id](const auto&) { return domain::Answer{id.to_string(), ""}; };
    intent.changes.emplace_back(domain::EraseSubject{id, subject_hmac, key_id, std::move(event)});
    const auto outcome = wait_for(committer_.submit(std::move(intent)), context.deadline);
    if (const auto* known = std::get_if<domain::ErasureKnown>(&outcome)) {
        return {known->erasure, false};
    }
    if (const auto* replayed = std::get_if<domain::Replayed>(&outcome)) {
        return {Uuid::parse(replayed->answer).value(), false};
    }
    if (!std::holds_alternative<domain::Committed>(outcome)) {
        throw idempotency_reused();
    }
    eraser_.forget(tenant, subject_hmac);
    return {id, true};
}

somabrain::v1::Erasure Erasure::get(const RequestContext& context, const Admission& admission,
                                    const somabrain::v1::GetErasureRequest& request) {
    const auto& tenant = admission.tenant;
    const auto erasure = erasures_.get(tenant.id, *Uuid::parse(request.id()), context.deadline);
    if (!erasure) {
        throw Error(ErrorKind::not_found, "no such erasure").at("/id");
    }
    auto response = response_of(*erasure, tenant.epoch);
    writer_.record_read(context, admission, request, response, {});
    return response;
}

}  // namespace soma::services
