#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "server/api_site.h"
#include "server/routes.h"
#include "services/gate/admission.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::server::test {

/// A request head as a session would make it, its body just complete.
inline RequestHead make_head(std::string verb, std::string target,
                             std::vector<Header> headers = {}) {
    headers.emplace_back("host", "localhost");
    return {.verb = std::move(verb),
            .target = std::move(target),
            .headers = std::move(headers),
            .request_id = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
            .received = std::chrono::steady_clock::now()};
}

/// Binds every method of the contract to a handler that answers with empty messages.
inline void bind_all(Routes& routes) {
    using namespace somabrain::v1;
    const auto empty = []<class Response>(std::in_place_type_t<Response>) {
        return [](const auto&, const auto&, const auto&) { return Response(); };
    };
    const std::string memory = "somabrain.v1.Memory.";
    routes.bind<RememberRequest, RememberResponse>(memory + "Remember",
                                                   empty(std::in_place_type<RememberResponse>));
    routes.bind<RememberBatchRequest, RememberBatchResponse>(
        memory + "RememberBatch", empty(std::in_place_type<RememberBatchResponse>));
    routes.bind<RecallRequest, RecallResponse>(memory + "Recall",
                                               empty(std::in_place_type<RecallResponse>));
    routes.bind<GetMemoryRequest, MemoryRecord>(memory + "GetMemory",
                                                empty(std::in_place_type<MemoryRecord>));
    routes.bind<DeleteMemoryRequest, DeleteMemoryResponse>(
        memory + "DeleteMemory", empty(std::in_place_type<DeleteMemoryResponse>));
    routes.bind<EvaluateRequest, EvaluateResponse>("somabrain.v1.Brain.Evaluate",
                                                   empty(std::in_place_type<EvaluateResponse>));
}

}  // namespace soma::server::test
