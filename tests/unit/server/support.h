#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "server/api_site.h"
#include "server/routes.h"
#include "services/gate/admission.h"
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

/// Binds every method of the contract that has no handler yet to one that answers with an empty
/// message.
inline void bind_rest(Routes& routes) {
    for (const Route& route : routes.all()) {
        if (!route.handler) {
            const auto* answer = route.method->output_type();
            routes.bind_untyped(route.method->full_name(), route.method->input_type(), answer,
                                [answer](const auto&, const auto&, const auto&) {
                                    auto* factory =
                                        google::protobuf::MessageFactory::generated_factory();
                                    return std::unique_ptr<google::protobuf::Message>(
                                        factory->GetPrototype(answer)->New());
                                });
        }
    }
}

}  // namespace soma::server::test
