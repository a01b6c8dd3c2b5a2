#include "services/remember/remember.h"

#include <algorithm>
#include <utility>

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

/// When a turn leaves its session by itself.
std::optional<Time> end_of(const domain::MemoryFacts& facts) {
    if (facts.expires_at && facts.valid_to) {
        return std::min(*facts.expires_at, *facts.valid_to);
    }
    return facts.expires_at ? facts.expires_at : facts.valid_to;
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
                                       .question_index = {},
                                       .ends_at = end_of(memory.facts),
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

domain::Intent Remember::intent_of(const RequestContext& context, const Admission& admission,
                                   std::vector<Prepared> prepared) {
    auto intent = Writer::intent(context, admission);
    for (auto& one : prepared) {
        auto event = writer_.event(context, admission, kCreatedStatus);
        event.request_digest = std::move(one.request_digest);
        event.targets = {one.row.facts.id};
        intent.sealed_under.emplace(std::move(one.key_id), one.row.subject_hmac);
        intent.changes.emplace_back(domain::Insert{std::move(one.row), std::move(one.plain),
                                                   one.assign_turn, std::move(event)});
    }
    return intent;
}

RememberResponse Remember::one(const RequestContext& given, const Admission& admission,
                               const RememberRequest& request) {
    const RememberRequest* item = &request;
    const auto context = with_time_to_embed(given, {&item, 1});
    auto prepared = preparer_.prepare(context, admission, {&item, 1}, "");
    const auto turns = turns_of(prepared);
    Reply reply{.status = kCreatedStatus,
                .body = [id = prepared.front().row.facts.id, epoch = admission.tenant.epoch,
                         now = context.now](const auto& assigned) {
                    return response_of(id, assigned.front(), epoch, now).SerializeAsString();
                }};
    auto intent = intent_of(context, admission, std::move(prepared));
    intent.claim = writer_.claim(context, admission, request);
    return writer_.commit<RememberResponse>(context, admission, std::move(intent), std::move(reply),
                                            turns);
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
    intent.claim = writer_.claim(context, admission, request);
    Reply reply{.status = kCreatedStatus,
                .body = [ids = std::move(ids), epoch = admission.tenant.epoch,
                         now = context.now](const auto& assigned) {
                    RememberBatchResponse response;
                    for (std::size_t i = 0; i < ids.size(); ++i) {
                        *response.add_results() = response_of(ids[i], assigned[i], epoch, now);
                    }
                    return response.SerializeAsString();
                }};
    return writer_.commit<RememberBatchResponse>(context, admission, std::move(intent),
                                                 std::move(reply), turns);
}

DeleteMemoryResponse Remember::forget(const RequestContext& context, const Admission& admission,
                                      const DeleteMemoryRequest& request) {
    const Uuid id = *Uuid::parse(request.id());
    auto event = writer_.event(context, admission, kOkStatus);
    event.targets = {id};
    auto intent = Writer::intent(context, admission);
    intent.changes.emplace_back(domain::Remove{id, std::move(event)});
    intent.claim = writer_.claim(context, admission, request);
    Reply reply{.status = kOkStatus,
                .body = [id, epoch = admission.tenant.epoch](const auto& assigned) {
                    const std::uint64_t sequence = assigned.front().sequence;
                    DeleteMemoryResponse response;
                    response.set_id(id.to_string());
                    response.set_sequence(sequence);
                    response.set_state_token(domain::StateToken{epoch, sequence}.to_string());
                    return response.SerializeAsString();
                }};
    const auto response = writer_.commit<DeleteMemoryResponse>(context, admission,
                                                               std::move(intent), std::move(reply));
    // It may have been a turn of some session: no copy of it may stay anywhere.
    working_memory_.distrust(admission.tenant.id);
    return response;
}

}  // namespace soma::services
