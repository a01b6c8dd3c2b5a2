#include "server/witness/witness_site.h"

#include <utility>

#include "base/error.h"
#include "server/error_reply.h"
#include "telemetry/log.h"

namespace soma::server {
namespace {

using domain::WitnessRefusal;

constexpr int kConflict = 409;
constexpr int kUnprocessable = 422;

HttpReply refused(const domain::Refusal& refusal, const std::string& request_id) {
    switch (refusal.why) {
        case WitnessRefusal::unknown_log:
            return error_reply(Error(ErrorKind::not_found, "this witness was not told of that log"),
                               request_id);
        case WitnessRefusal::not_signed:
            return error_reply(
                Error(ErrorKind::permission_denied, "no key of that log has signed the checkpoint"),
                request_id);
        case WitnessRefusal::stale:
        case WitnessRefusal::other_root:
            return {.status = kConflict,
                    .content_type = "text/x.tlog.size",
                    .body = domain::encode_size_answer(refusal.size)};
        case WitnessRefusal::bad_proof:
            break;
    }
    return {.status = kUnprocessable,
            .content_type = "text/plain; charset=utf-8",
            .body = "the proof does not show that this tree continues the one that was cosigned\n"};
}

HttpReply add_checkpoint(services::Witness& witness, const RequestHead& head,
                         const std::string& body) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - head.received);
    try {
        const auto answer = witness.add_checkpoint(domain::parse_add_checkpoint(body),
                                                   Deadline(kWitnessTime - waited));
        if (const auto* refusal = std::get_if<domain::Refusal>(&answer)) {
            return refused(*refusal, head.request_id);
        }
        return {.content_type = "text/plain; charset=utf-8",
                .body = std::get<services::Cosigned>(answer).line};
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_argument) {
            telemetry::log(telemetry::Level::warn, "a checkpoint was not judged",
                           {{"error", error.public_message()}, {"detail", error.detail()}});
        }
        return error_reply(error, head.request_id);
    } catch (const std::exception& error) {
        return error_reply(Error(ErrorKind::internal, "unexpected", error.what()), head.request_id);
    }
}

}  // namespace

Site make_witness_site(services::Witness& witness, Site operations) {
    return [&witness, operations = std::move(operations)](const RequestHead& head) {
        const std::string path = head.target.substr(0, head.target.find('?'));
        if (path != "/add-checkpoint") {
            return operations(head);
        }
        if (head.verb != "POST") {
            HttpReply reply = trouble_reply(HttpTrouble::method_not_allowed, "", head.request_id);
            reply.headers.emplace_back("Allow", "POST");
            return Disposition{std::move(reply), 0, {}};
        }
        return Disposition{std::nullopt, domain::kMaxAddCheckpointBytes,
                           [&witness](const RequestHead& request, const std::string& body) {
                               return add_checkpoint(witness, request, body);
                           }};
    };
}

}  // namespace soma::server
