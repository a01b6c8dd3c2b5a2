#include "services/recall/recall.h"

#include "base/encoding.h"
#include "base/error.h"
#include "domain/memory/sealing.h"
#include "services/commit/wait.h"
#include "services/gate/gate.h"
#include "services/gate/request_reader.h"
#include "services/recall/answer.h"
#include "services/recall/record.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;
/// recall's answer is at most 1 MiB of JSON; what is not results takes less than the rest.
constexpr std::size_t kMaxAnswerBytes = (1u << 20) - 1024;

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
                          .scope = {.filter = request.filter(),
                                    .valid_at = request.valid_at(),
                                    .as_of = request.as_of(),
                                    .at_least = request.at_least()},
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
    auto found = read(admission.tenant.id, id, context);
    auto response = record_of(found.facts, std::move(found.content));
    record(context, admission, response.subject(), request, response, {id});
    return response;
}

Recall::Whole Recall::read(const Uuid& tenant, const Uuid& id, const RequestContext& context) {
    const auto row = memories_.get(tenant, id, context.deadline);
    auto whole = row ? open(tenant, *row, context) : std::nullopt;
    if (!whole) {
        throw Error(ErrorKind::not_found, "no such memory").at("/id");
    }
    return std::move(*whole);
}

std::optional<Recall::Whole> Recall::open(const Uuid& tenant, const domain::StoredMemory& row,
                                          const RequestContext& context) {
    const bool expired = row.facts.expires_at && *row.facts.expires_at <= context.now;
    const auto key =
        expired ? nullptr : keyring_.subject_by_hmac(tenant, row.subject_hmac, context.deadline);
    if (!key) {
        return std::nullopt;
    }
    auto content = domain::open_content(key->data_key, tenant, row.facts.id, row.sealed);
    if (!content) {
        throw Error(ErrorKind::internal, "internal error",
                    "a memory does not open: " + row.facts.id.to_string());
    }
    return Whole{row.facts, row.key_hmac, std::move(*content)};
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
