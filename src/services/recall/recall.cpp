#include "services/recall/recall.h"

#include "base/encoding.h"
#include "base/error.h"
#include "domain/memory/sealing.h"
#include "services/commit/record_answer.h"
#include "services/gate/gate.h"
#include "services/recall/find.h"
#include "services/recall/record.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kOkStatus = 200;

}  // namespace

RecallResponse Recall::recall(const RequestContext& context, const Admission& admission,
                              const RecallRequest& request) {
    const auto theta = weights_.of(admission, context.deadline);
    auto found = find_answer(searcher_, theta.weights, context, admission.tenant, request);
    record(context, admission, request.subject(), request, found.response, std::move(found.targets),
           theta.version);
    return std::move(found.response);
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
    const auto row = memories_.get(tenant, id, rows_deadline(committer_, context.deadline));
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
                    const google::protobuf::Message& answer, std::vector<Uuid> targets,
                    std::optional<std::uint64_t> weights_version) {
    const auto key =
        keyring_.subject(admission.tenant.id, subject, Keyring::IfAbsent::create, context.deadline);
    auto event = draft_event(context, admission, domain::Stream::access, ids_.next(context.now));
    event.status = kOkStatus;
    event.request_digest = to_hex(key->digest(request.SerializeAsString()));
    event.answer_digest = to_hex(key->digest(answer.SerializeAsString()));
    event.targets = std::move(targets);
    if (weights_version) {
        event.details["weights_version"] = *weights_version;
    }
    const auto timer = parts_.time(telemetry::Part::commit);
    record_answer(committer_, admission.tenant.streams(), context.now, std::move(event),
                  context.deadline);
}

}  // namespace soma::services
