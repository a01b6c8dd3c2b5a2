#include "services/recall/recall.h"

#include "base/encoding.h"
#include "base/error.h"
#include "domain/memory/sealing.h"
#include "services/commit/wait.h"
#include "services/gate/gate.h"
#include "services/recall/answer.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;
constexpr int kDefaultTopK = 10;
/// recall's answer is at most 1 MiB of JSON; what is not results takes less than the rest.
constexpr std::size_t kMaxAnswerBytes = (1u << 20) - 1024;

MemoryRecord record_of(const domain::StoredMemory& row, domain::MemoryContent content) {
    const auto& facts = row.facts;
    MemoryRecord memory;
    memory.set_id(facts.id.to_string());
    memory.set_text(std::move(content.text));
    memory.set_subject(std::move(content.subject));
    memory.set_kind(facts.kind);
    memory.set_speaker(std::move(content.speaker));
    memory.set_session_id(std::move(content.session_id));
    memory.set_key(std::move(content.key));
    memory.set_metadata(std::move(content.metadata));
    for (auto& tag : content.tags) {
        memory.add_tags(std::move(tag));
    }
    if (facts.turn) {
        memory.set_turn(*facts.turn);
    }
    if (facts.importance) {
        memory.set_importance(*facts.importance);
    }
    const auto put_time = [](const std::optional<Time>& time, std::string* out) {
        if (time) {
            *out = format_rfc3339(*time);
        }
    };
    put_time(facts.occurred_at, memory.mutable_occurred_at());
    put_time(facts.valid_from, memory.mutable_valid_from());
    put_time(facts.valid_to, memory.mutable_valid_to());
    put_time(facts.expires_at, memory.mutable_expires_at());
    put_time(facts.created_at, memory.mutable_created_at());
    if (facts.superseded_by) {
        memory.set_superseded_by(facts.superseded_by->to_string());
    }
    memory.set_sequence(facts.sequence);
    return memory;
}

}  // namespace

RecallResponse Recall::recall(const RequestContext& context, const Admission& admission,
                              const RecallRequest& request) {
    if (request.query().empty() && request.embedding().empty()) {
        throw invalid("/query", "or embedding is needed");
    }
    const std::vector<std::string> views(request.views().begin(), request.views().end());
    const int top_k = request.has_top_k() ? request.top_k() : kDefaultTopK;
    const auto found =
        searcher_.search(admission.tenant,
                         {.text = request.query(),
                          .embedding = {request.embedding().data(),
                                        static_cast<std::size_t>(request.embedding_size())},
                          .views = views,
                          .top_k = static_cast<std::size_t>(top_k),
                          .at_least = request.at_least(),
                          .explain = request.explain()},
                         context.now, context.deadline);
    RecallResponse response;
    std::vector<Uuid> targets;
    for (const auto& memory : found.memories) {
        *response.add_results() = recalled(memory, request.explain());
        targets.push_back(memory.hit.id);
    }
    fit(*response.mutable_results(), kMaxAnswerBytes, *response.mutable_capped());
    response.set_state_token(found.state.to_string());
    record(context, admission, request.subject(), request, response, std::move(targets));
    return response;
}

MemoryRecord Recall::get(const RequestContext& context, const Admission& admission,
                         const GetMemoryRequest& request) {
    const Uuid id = *Uuid::parse(request.id());
    const auto row = memories_.get(admission.tenant.id, id, context.deadline);
    const bool expired = row && row->facts.expires_at && *row->facts.expires_at <= context.now;
    const auto key = row && !expired ? keyring_.subject_by_hmac(admission.tenant.id,
                                                                row->subject_hmac, context.deadline)
                                     : nullptr;
    if (!key) {
        throw Error(ErrorKind::not_found, "no such memory").at("/id");
    }
    auto content = domain::open_content(key->data_key, admission.tenant.id, id, row->sealed);
    if (!content) {
        throw Error(ErrorKind::internal, "internal error",
                    "a memory does not open: " + request.id());
    }
    auto response = record_of(*row, std::move(*content));
    record(context, admission, response.subject(), request, response, {id});
    return response;
}

void Recall::record(const RequestContext& context, const Admission& admission,
                    const std::string& subject, const google::protobuf::Message& request,
                    const google::protobuf::Message& answer, std::vector<Uuid> targets) {
    const auto key =
        keyring_.subject(admission.tenant.id, subject, Keyring::IfAbsent::create, context.deadline);
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    event.request_digest = to_hex(key->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(key->digest(answer.SerializeAsString()));
    event.targets = std::move(targets);
    domain::Intent intent{.tenant = admission.tenant.streams(),
                          .now = context.now,
                          .deadline = context.deadline,
                          .claim = {},
                          .changes = {},
                          .access = domain::AccessRecord{std::move(event), {}},
                          .answer = {}};
    const auto timer = parts_.time(telemetry::Part::commit);
    wait_for_record(committer_.submit(std::move(intent)), context.deadline);
}

}  // namespace soma::services
