#include "services/remember/remember.h"

#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/wait.h"
#include "services/gate/gate.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kCreatedStatus = 201;
constexpr int kOkStatus = 200;

RememberResponse response_of(const Uuid& id, const domain::Assigned& assigned, std::uint64_t epoch,
                             Time now) {
    RememberResponse response;
    response.set_id(id.to_string());
    response.set_sequence(assigned.sequence);
    response.set_state_token(domain::StateToken{epoch, assigned.sequence}.to_string());
    response.set_created_at(format_rfc3339(now));
    return response;
}

/// What working memory must hear of, taken before the committer becomes the owner of the memory.
std::vector<SessionTurn> turns_of(const std::vector<Prepared>& prepared) {
    std::vector<SessionTurn> turns;
    for (std::size_t i = 0; i < prepared.size(); ++i) {
        const auto& memory = *prepared[i].plain;
        if (prepared[i].row.session_hmac) {
            turns.push_back({.change = i,
                             .session_hmac = *prepared[i].row.session_hmac,
                             .entry = {.log_index = 0,
                                       .expires_at = memory.facts.expires_at,
                                       .subject_hmac = prepared[i].row.subject_hmac,
                                       .item = {.kind = domain::WorkingMemory::Kind::turn,
                                                .id = memory.facts.id,
                                                .text = memory.content.text,
                                                .speaker = memory.content.speaker,
                                                .time = memory.facts.created_at}}});
        }
    }
    return turns;
}

}  // namespace

std::optional<domain::IdempotencyClaim> Remember::claim(const RequestContext& context,
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

domain::Intent Remember::intent_of(const RequestContext& context, const Admission& admission,
                                   std::vector<Prepared> prepared) {
    domain::Intent intent{.tenant = admission.tenant.streams(),
                          .now = context.now,
                          .deadline = context.deadline,
                          .claim = {},
                          .changes = {},
                          .access = {},
                          .answer = {}};
    for (auto& one : prepared) {
        auto event = draft_event(context, admission, domain::Stream::state, ids_.next(context.now));
        event.status = kCreatedStatus;
        event.request_digest = std::move(one.request_digest);
        event.targets = {one.row.facts.id};
        intent.changes.emplace_back(domain::Insert{std::move(one.row), std::move(one.plain),
                                                   one.assign_turn, std::move(event)});
    }
    return intent;
}

void Remember::record_replay(const RequestContext& context, const Admission& admission,
                             int status) {
    auto intent = intent_of(context, admission, {});
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = status;
    event.details["replayed"] = true;
    intent.access = domain::AccessRecord{std::move(event), {}};
    wait_for(committer_.submit(std::move(intent)), context.deadline);
}

template <class Response>
Response Remember::commit(const RequestContext& context, const Admission& admission,
                          domain::Intent intent, const std::vector<SessionTurn>& turns,
                          int status) {
    const Uuid tenant = intent.tenant.tenant;
    auto response = std::make_shared<Response>();
    intent.answer = [response, build = std::move(intent.answer),
                     own = keyring_.subject(tenant, "", Keyring::IfAbsent::create,
                                            context.deadline)](const auto& assigned) {
        auto answer = build(assigned);
        answer.digest = to_hex(own->digest(answer.body));
        response->ParseFromString(answer.body);
        return answer;
    };
    try {
        const auto outcome = wait_for(committer_.submit(std::move(intent)), context.deadline);
        if (const auto* committed = std::get_if<domain::Committed>(&outcome)) {
            working_memory_.append(tenant, turns, committed->changes);
            return *response;
        }
        if (const auto* replayed = std::get_if<domain::Replayed>(&outcome)) {
            Response again;
            again.ParseFromString(replayed->answer);
            record_replay(context, admission, status);
            return again;
        }
        if (std::holds_alternative<domain::TargetMissing>(outcome)) {
            throw Error(ErrorKind::not_found, "no such memory").at("/id");
        }
        throw Error(ErrorKind::idempotency_reused,
                    "the Idempotency-Key was used with another request")
            .at("Idempotency-Key");
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::unavailable) {
            // The commit may have happened after all: projections must not miss its turns.
            working_memory_.distrust();
        }
        throw;
    }
}

RememberResponse Remember::one(const RequestContext& given, const Admission& admission,
                               const RememberRequest& request) {
    const RememberRequest* item = &request;
    const auto context = with_time_to_embed(given, {&item, 1});
    auto prepared = preparer_.prepare(context, admission, {&item, 1}, "");
    const auto turns = turns_of(prepared);
    const Uuid id = prepared.front().row.facts.id;
    auto intent = intent_of(context, admission, std::move(prepared));
    intent.claim = claim(context, admission, request);
    intent.answer = [id, epoch = admission.tenant.epoch, now = context.now](const auto& assigned) {
        return domain::Answer{response_of(id, assigned.front(), epoch, now).SerializeAsString(),
                              {}};
    };
    return commit<RememberResponse>(context, admission, std::move(intent), turns, kCreatedStatus);
}

RememberBatchResponse Remember::batch(const RequestContext& given, const Admission& admission,
                                      const RememberBatchRequest& request) {
    const std::vector<const RememberRequest*> items(request.items().pointer_begin(),
                                                    request.items().pointer_end());
    const auto context = with_time_to_embed(given, items);
    auto prepared = preparer_.prepare(context, admission, items, "/items");
    const auto turns = turns_of(prepared);
    std::vector<Uuid> ids;
    for (const auto& one : prepared) {
        ids.push_back(one.row.facts.id);
    }
    auto intent = intent_of(context, admission, std::move(prepared));
    intent.claim = claim(context, admission, request);
    intent.answer = [ids = std::move(ids), epoch = admission.tenant.epoch,
                     now = context.now](const auto& assigned) {
        RememberBatchResponse response;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            *response.add_results() = response_of(ids[i], assigned[i], epoch, now);
        }
        return domain::Answer{response.SerializeAsString(), {}};
    };
    return commit<RememberBatchResponse>(context, admission, std::move(intent), turns,
                                         kCreatedStatus);
}

DeleteMemoryResponse Remember::forget(const RequestContext& context, const Admission& admission,
                                      const DeleteMemoryRequest& request) {
    const Uuid id = *Uuid::parse(request.id());
    auto intent = intent_of(context, admission, {});
    auto event = draft_event(context, admission, domain::Stream::state, ids_.next(context.now));
    event.status = kOkStatus;
    event.targets = {id};
    intent.changes.emplace_back(domain::Remove{id, std::move(event)});
    intent.claim = claim(context, admission, request);
    intent.answer = [id, epoch = admission.tenant.epoch](const auto& assigned) {
        DeleteMemoryResponse response;
        response.set_id(id.to_string());
        response.set_sequence(assigned.front().sequence);
        response.set_state_token(domain::StateToken{epoch, assigned.front().sequence}.to_string());
        return domain::Answer{response.SerializeAsString(), {}};
    };
    const auto response =
        commit<DeleteMemoryResponse>(context, admission, std::move(intent), {}, kOkStatus);
    // It may have been a turn of some session: no copy of it may stay anywhere.
    working_memory_.distrust();
    return response;
}

}  // namespace soma::services
