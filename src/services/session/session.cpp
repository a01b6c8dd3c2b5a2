#include "services/session/session.h"

#include <utility>

#include "base/encoding.h"

namespace soma::services {

using namespace somabrain::v1;

EndSessionResponse Session::end(const RequestContext& context, const Admission& admission,
                                const EndSessionRequest& request) {
    constexpr int ok_status = 200;
    const auto& tenant = admission.tenant;
    const auto session = keyring_.tenant(tenant.id, context.deadline)->session_hmac(request.id());
    const auto own = keyring_.subject(tenant.id, "", Keyring::IfAbsent::create, context.deadline);
    auto event = writer_.event(context, admission, ok_status);
    event.request_digest = to_hex(own->digest(request.SerializeAsString()));
    auto intent = Writer::intent(context, admission);
    intent.claim = writer_.claim(context, admission, request);
    intent.changes.emplace_back(domain::EndSession{session, std::move(event)});
    // The answer is kept for replays: the name of a session is content, and comes from the request.
    Reply reply{.status = ok_status, .body = [epoch = tenant.epoch](const auto& assigned) {
                    const std::uint64_t sequence = assigned.front().sequence;
                    EndSessionResponse response;
                    response.set_sequence(sequence);
                    response.set_state_token(domain::StateToken{epoch, sequence}.to_string());
                    return response.SerializeAsString();
                }};
    auto response =
        writer_.commit<EndSessionResponse>(context, admission, std::move(intent), std::move(reply));
    working_memory_.end(tenant.id, session);
    response.set_id(request.id());
    return response;
}

}  // namespace soma::services
