#pragma once
#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "server/api_site.h"
#include "server/grpc/grpc_listener.h"
#include "server/http_server.h"
#include "services/commit/committer.h"
#include "services/gate/gate.h"
#include "services/replay/replayer.h"

namespace soma::cli {

/// What /metrics reads when it is asked.
struct Watched {
    backends::Index& index;
    services::Committer& committer;
    services::Gate& gate;
    backends::QueryCache& queries;
    backends::AuditStream& buffer;
    services::Replayer& replayer;
    server::HttpListener& api;
    const server::GrpcListener* rpc;  ///< null: gRPC is not served
};

/// Has the registry read the figures of these parts before each exposition. They must outlive the
/// last one. Call once.
void watch(const Watched& watched);

/// Counts and times one answer, and logs it when it is an error of ours.
void count_answer(const server::Answered& answered);

}  // namespace soma::cli
