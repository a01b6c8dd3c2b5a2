#include "services/recall/recall.h"

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/record_answer.h"
#include "services/gate/gate.h"
#include "services/recall/find.h"
#include "services/recall/record.h"
#include "services/search/load.h"

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
    auto found = read(admission.tenant.id, id, context).memory;
    auto response = record_of(found.facts, std::move(found.content));
    record(context, admission, response.subject(), request, response, {id});
    return response;
}

Recall::Whole Recall::read(const Uuid& tenant, const Uuid& id, const RequestContext& context) {
    auto row = memories_.get(tenant, id, rows_deadline(committer_, context.deadline));
    auto memory = row ? open(tenant, *row, context) : std::nullopt;
    if (!memory) {
        throw Error(ErrorKind::not_found, "no such memory").at("/id");
    }
    return {std::move(*memory), std::move(row->key_hmac)};
}

std::optional<domain::Memory> Recall::open(const Uuid& tenant, const domain::StoredMemory& row,
                                           const RequestContext& context) {
    return open_current(keyring_, tenant, row, context.now, context.deadline);
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
