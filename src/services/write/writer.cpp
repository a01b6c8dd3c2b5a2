#include "services/write/writer.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/record_answer.h"
#include "services/commit/wait.h"
#include "services/gate/gate.h"

namespace soma::services {

Error idempotency_reused() {
    return Error(ErrorKind::idempotency_reused, "the Idempotency-Key was used with another request")
        .at("Idempotency-Key");
}

domain::Intent Writer::intent(const RequestContext& context, const Admission& admission) {
    return {.tenant = admission.tenant.streams(), .now = context.now, .deadline = context.deadline};
}

domain::EventDraft Writer::event(const RequestContext& context, const Admission& admission,
                                 int status) {
    auto event = draft_event(context, admission, domain::Stream::state, ids_.next(context.now));
    event.status = status;
    return event;
}

std::optional<domain::IdempotencyClaim> Writer::claim(const RequestContext& context,
                                                      const Admission& admission,
                                                      const google::protobuf::Message& request) {
    if (context.idempotency_key.empty()) {
        return std::nullopt;
    }
    const Uuid& tenant = admission.tenant.id;
    const auto keys = keyring_.tenant(tenant, context.deadline);
    const auto own = keyring_.subject(tenant, "", Keyring::IfAbsent::create, context.deadline);
    return domain::IdempotencyClaim{
        keys->idempotency_hmac(context.idempotency_key),
        own->digest(context.method + '\0' + request.SerializeAsString())};
}

void Writer::record(const RequestContext& context, const Admission& admission,
                    domain::EventDraft event) {
    record_answer(committer_, admission.tenant.streams(), context.now, std::move(event),
                  context.deadline);
}

void Writer::record_replay(const RequestContext& context, const Admission& admission, int status) {
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = status;
    event.details["replayed"] = true;
    record(context, admission, std::move(event));
}

void Writer::record_read(const RequestContext& context, const Admission& admission,
                         const google::protobuf::Message& request,
                         const google::protobuf::Message& answer, std::vector<Uuid> targets) {
    const auto own =
        keyring_.subject(admission.tenant.id, "", Keyring::IfAbsent::create, context.deadline);
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = 200;
    event.request_digest = to_hex(own->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(own->digest(answer.SerializeAsString()));
    event.targets = std::move(targets);
    record(context, admission, std::move(event));
}

std::string Writer::commit_serialised(const RequestContext& context, const Admission& admission,
                                      domain::Intent intent, Reply reply,
                                      const std::vector<SessionTurn>& turns) {
    const Uuid& tenant = admission.tenant.id;
    const auto body = std::make_shared<std::string>();
    intent.answer = [body, build = std::move(reply.body),
                     own = keyring_.subject(tenant, "", Keyring::IfAbsent::create,
                                            context.deadline)](const auto& assigned) {
        *body = build(assigned);
        return domain::Answer{*body, to_hex(own->digest(*body))};
    };
    try {
        const auto outcome = wait_for(committer_.submit(std::move(intent)), context.deadline);
        if (const auto* committed = std::get_if<domain::Committed>(&outcome)) {
            const auto& superseded = committed->superseded;
            if (std::any_of(superseded.begin(), superseded.end(),
                            [](const auto& old) { return old.has_value(); })) {
                working_memory_.distrust(tenant);  // It may have been a turn of some session.
            }
            working_memory_.append(tenant, turns, committed->changes);
            return *body;
        }
        if (const auto* replayed = std::get_if<domain::Replayed>(&outcome)) {
            record_replay(context, admission, reply.status);
            return replayed->answer;
        }
        if (const auto* missing = std::get_if<domain::TargetMissing>(&outcome)) {
            throw Error(ErrorKind::not_found, "no such memory").at(reply.field_of(missing->memory));
        }
        if (const auto* crowded = std::get_if<domain::TooManyLinks>(&outcome)) {
            throw invalid(reply.field_of(crowded->memory),
                          "has " + std::to_string(domain::kMaxLinksPerMemory) +
                              " links, which is the most a memory may have");
        }
        if (const auto* erased = std::get_if<domain::SubjectErased>(&outcome)) {
            throw keyring_.erased_meanwhile(tenant, erased->subject_hmac);
        }
        if (const auto* absent = std::get_if<domain::WeightsMissing>(&outcome)) {
            throw Error(ErrorKind::not_found,
                        "no such earlier version of the weights: the newest is " +
                            std::to_string(absent->newest))
                .at("/to_version");
        }
        SOMA_ASSERT(std::holds_alternative<domain::IdempotencyReused>(outcome),
                    "erasures have a story of their own");
        throw idempotency_reused();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::unavailable) {
            // The commit may have happened after all: projections must not miss its turns.
            working_memory_.distrust(tenant);
        }
        throw;
    }
}

}  // namespace soma::services
