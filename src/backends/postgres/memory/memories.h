#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/intent.h"

namespace soma::backends {

/// Reads `memories`, `embeddings` and, for the index, `links` of one tenant under row-level
/// security. Only the committer writes them. Thread-safe as its pool is.
class Memories {
  public:
    explicit Memories(ConnectionPool& pool) : pool_(pool) {}

    /// Without passages. nullopt: absent, or another tenant's.
    std::optional<domain::StoredMemory> get(const Uuid& tenant, const Uuid& id,
                                            const Deadline& deadline);

    /// Those of `ids` that are there, in order of sequence, without passages.
    std::vector<domain::StoredMemory> get_all(const Uuid& tenant, std::span<const Uuid> ids,
                                              const Deadline& deadline);

    /// The same with the passages of `model_generation`, all from one snapshot.
    std::vector<domain::StoredMemory> get_whole(const Uuid& tenant, std::span<const Uuid> ids,
                                                std::uint32_t model_generation,
                                                const Deadline& deadline);

    /// What was recorded under a key after sequence `after`: at most `limit` memories, in order of
    /// sequence, without passages.
    std::vector<domain::StoredMemory> chain(const Uuid& tenant, const std::string& key_hmac,
                                            std::uint64_t after, int limit,
                                            const Deadline& deadline);

    /// The links that callers made from these memories, without those to what has expired at `now`,
    /// by from, to and type.
    std::vector<domain::Link> links_from(const Uuid& tenant, std::span<const Uuid> ids, Time now,
                                         const Deadline& deadline);

    /// Visits all memories of the tenant in order of sequence, in pages of at most `page_rows`,
    /// with the passages of `model_generation` and the links from them, all from one snapshot.
    /// Returns the state sequence that snapshot shows: changes after it are to be applied on top.
    /// `visit` may be called again from the start after `restart`, when a kept session turned out
    /// to be dead.
    std::uint64_t scan(const domain::TenantStreams& tenant, std::uint32_t model_generation,
                       int page_rows, const std::function<void()>& restart,
                       const std::function<void(std::span<domain::StoredMemory>)>& visit,
                       const Deadline& deadline);

    /// The last sequence of the tenant's `state` stream.
    std::uint64_t state_sequence(const Uuid& state_stream, const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
