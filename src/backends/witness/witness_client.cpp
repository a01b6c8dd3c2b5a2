#include "backends/witness/witness_client.h"

#include "base/error.h"

namespace soma::backends {
namespace {

constexpr int kOk = 200;
constexpr int kConflict = 409;
constexpr int kServerError = 500;

}  // namespace

WitnessAnswer WitnessClient::add_checkpoint(const domain::AddCheckpoint& asked,
                                            const Deadline& deadline) {
    HttpRequest request;
    request.method = "POST";
    request.url = url_ + "/add-checkpoint";
    request.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    request.body = encode_add_checkpoint(asked);
    request.max_answer_bytes = domain::kMaxWitnessAnswerBytes;
    request.ca_file = ca_file_;
    HttpAnswer answer;
    try {
        answer = http_.send(request, deadline);
    } catch (const Error& error) {
        throw Error(ErrorKind::unavailable, "the witness does not answer", error.detail());
    }
    if (answer.status == kOk) {
        return WitnessLines{std::move(answer.body)};
    }
    if (answer.status == kConflict) {
        if (const auto size = domain::parse_size_answer(answer.body)) {
            return WitnessSize{*size};
        }
    }
    if (answer.status >= kServerError) {
        throw Error(ErrorKind::unavailable, "the witness cannot work",
                    "status " + std::to_string(answer.status));
    }
    return WitnessRefused{answer.status};
}

}  // namespace soma::backends
