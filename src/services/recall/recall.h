#pragma once
#include "backends/postgres/memory/memories.h"
#include "services/adaptation/weights.h"
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
    Recall(Searcher& searcher, Weights& weights, backends::Memories& memories, Keyring& keyring,
           Committer& committer, UuidGenerator& ids, telemetry::Parts& parts)
        : searcher_(searcher),
          weights_(weights),
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

    /// A page of the memories in scope, whole, in order of sequence. Pages of one cursor show the
    /// state of the first, whatever is written meanwhile; only what is deleted, erased or expired
    /// is missing. Throws Error: what Searcher::list throws, invalid_argument at "/cursor" for one
    /// of another request.
    somabrain::v1::ListMemoriesResponse list(const RequestContext& context,
                                             const Admission& admission,
                                             const somabrain::v1::ListMemoriesRequest& request);
    /// A page of what was recorded under the memory's key, the memory alone if it has none. Throws
    /// not_found as get does, and for cursors as list does.
    somabrain::v1::MemoryHistoryResponse history(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::MemoryHistoryRequest& request);

  private:
    struct Whole {
        domain::Memory memory;
        std::optional<std::string> key_hmac;
    };

    Whole read(const Uuid& tenant, const Uuid& id, const RequestContext& context);
    /// nullopt: expired or erased.
    std::optional<domain::Memory> open(const Uuid& tenant, const domain::StoredMemory& row,
                                       const RequestContext& context);
    void record(const RequestContext& context, const Admission& admission,
                const std::string& subject, const google::protobuf::Message& request,
                const google::protobuf::Message& answer, std::vector<Uuid> targets,
                std::optional<std::uint64_t> weights_version = {});

    Searcher& searcher_;
    Weights& weights_;
    backends::Memories& memories_;
    Keyring& keyring_;
    Committer& committer_;
    UuidGenerator& ids_;
    telemetry::Parts& parts_;
};

}  // namespace soma::services
