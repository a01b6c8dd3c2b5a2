#include "services/link/link.h"

#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "services/gate/request_reader.h"
#include "services/recall/record.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;

constexpr int kCreatedStatus = 201;

LinkResponse response_of(const domain::LinkKey& key, const domain::Assigned& assigned,
                         std::uint64_t epoch) {
    LinkResponse response;
    response.set_from(key.from.to_string());
    response.set_to(key.to.to_string());
    response.set_type(key.type);
    response.set_weight(assigned.weight.value());
    response.set_sequence(assigned.sequence);
    response.set_state_token(domain::StateToken{epoch, assigned.sequence}.to_string());
    return response;
}

}  // namespace

LinkResponse Link::put(const RequestContext& context, const Admission& admission,
                       const LinkRequest& request) {
    const domain::LinkKey key{*Uuid::parse(request.from()), *Uuid::parse(request.to()),
                              request.type()};
    if (key.from == key.to) {
        throw invalid("/to", "must be another memory than from");
    }
    const auto own =
        keyring_.subject(admission.tenant.id, "", Keyring::IfAbsent::create, context.deadline);
    auto event = writer_.event(context, admission, kCreatedStatus);
    event.request_digest = to_hex(own->digest(request.SerializeAsString()));
    event.targets = {key.from, key.to};
    event.details["type"] = key.type;
    auto intent = Writer::intent(context, admission);
    intent.claim = writer_.claim(context, admission, request);
    intent.changes.emplace_back(
        domain::PutLink{key, request.has_weight() ? request.weight() : domain::kDefaultLinkWeight,
                        std::move(event)});
    Reply reply{
        .status = kCreatedStatus,
        .body =
            [key, epoch = admission.tenant.epoch](const auto& assigned) {
                return response_of(key, assigned.front(), epoch).SerializeAsString();
            },
        .field_of = [key](const Uuid& memory) { return memory == key.from ? "/from" : "/to"; }};
    return writer_.commit<LinkResponse>(context, admission, std::move(intent), std::move(reply));
}

GetLinksResponse Link::list(const RequestContext& context, const Admission& admission,
                            const GetLinksRequest& request) {
    const Uuid& tenant = admission.tenant.id;
    const Uuid id = *Uuid::parse(request.id());
    const auto memory = memories_.get(tenant, id, context.deadline);
    if (!memory || (memory->facts.expires_at && *memory->facts.expires_at <= context.now)) {
        throw Error(ErrorKind::not_found, "no such memory").at("/id");
    }
    const int limit = request.has_limit() ? request.limit() : kDefaultPage;
    GetLinksResponse response;
    // One more than asked for tells whether there are more.
    for (const auto& link : links_.of(tenant, id, limit + 1, context.now, context.deadline)) {
        if (response.links_size() == limit) {
            response.add_capped("links");
            break;
        }
        *response.add_links() = record_of(link, context.now);
    }
    writer_.record_read(context, admission, request, response, {id});
    return response;
}

}  // namespace soma::services
