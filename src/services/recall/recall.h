#pragma once
#include "backends/postgres/memory/memories.h"
#include "services/commit/committer.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "services/search/search.h"
#include "somabrain/v1/memory.pb.h"
#include "telemetry/parts.h"

namespace soma::services {

/// The stories of reading: find, record, answer. An answer leaves only after its event is durable.
/// Thread-safe.
class Recall {
  public:
    Recall(Searcher& searcher, backends::Memories& memories, Keyring& keyring, Committer& committer,
           UuidGenerator& ids, telemetry::Parts& parts)
        : searcher_(searcher),
          memories_(memories),
          keyring_(keyring),
          committer_(committer),
          ids_(ids),
          parts_(parts) {}

    /// Throws Error: what Searcher::search throws.
    somabrain::v1::RecallResponse recall(const RequestContext& context, const Admission& admission,
                                         const somabrain::v1::RecallRequest& request);
    /// One memory, whole, from Postgres. Throws not_found for an absent memory, and alike for
    /// another tenant's, an expired and an erased one.
    somabrain::v1::MemoryRecord get(const RequestContext& context, const Admission& admission,
                                    const somabrain::v1::GetMemoryRequest& request);

  private:
    void record(const RequestContext& context, const Admission& admission,
                const std::string& subject, const google::protobuf::Message& request,
                const google::protobuf::Message& answer, std::vector<Uuid> targets);

    Searcher& searcher_;
    backends::Memories& memories_;
    Keyring& keyring_;
    Committer& committer_;
    UuidGenerator& ids_;
    telemetry::Parts& parts_;
};

}  // namespace soma::services
