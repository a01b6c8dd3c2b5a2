#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "backends/kafka/client.h"
#include "backends/object_store/object_store.h"
#include "backends/postgres/retention/partitions.h"
#include "backends/redis/audit_stream.h"
#include "backends/vault/vault.h"
#include "domain/ledger/retention/archived.h"

namespace soma::services {

struct PruneSettings {
    std::string origin;         ///< of every log, as its checkpoints name it
    std::chrono::days keep{0};  ///< events are kept so long at least
    int most = 1;               ///< partitions dropped in one run
};

/// What a run did.
struct PruneReport {
    struct Dropped {
        domain::OldestPartition partition;
        std::vector<domain::LogSlice> slices;
    };
    std::vector<Dropped> dropped;  ///< oldest first
    domain::OldestPartition left;  ///< the oldest there is now
    std::string kept_because;      ///< "": as many were dropped as one run may
};

/// Drops the oldest partitions of `events` out of PostgreSQL, each after all of it was read back
/// out of object storage: every entry, under a lock that holds, hashing to a signed checkpoint.
/// Done again, or after a crash, it goes on with the oldest there is. For one thread.
class Pruner {
  public:
    Pruner(PruneSettings settings, backends::ConnectionSettings owner,
           backends::KafkaSettings kafka, backends::AuditStream& buffer,
           backends::ObjectStore& store, backends::Vault& vault)
        : settings_(std::move(settings)),
          owner_(std::move(owner)),
          kafka_(std::move(kafka)),
          buffer_(buffer),
          store_(store),
          vault_(vault) {}

    /// Throws Error(unavailable) when a store does not serve. What is wrong with the archive is no
    /// error: it is why a partition is kept.
    PruneReport run(Time now, const Deadline& deadline);

  private:
    /// Throws Error(conflict) that says what the archive lacks.
    void check_archive(backends::Partitions& partitions, const domain::LogSlice& slice, Time now,
                       const Deadline& deadline);
    std::uint64_t checkpoint_for(backends::Partitions& partitions, const domain::LogSlice& slice,
                                 const Deadline& deadline);
    std::vector<domain::NoteKey> keys(const std::string& origin, const Deadline& deadline);

    const PruneSettings settings_;
    const backends::ConnectionSettings owner_;
    const backends::KafkaSettings kafka_;
    backends::AuditStream& buffer_;
    backends::ObjectStore& store_;
    backends::Vault& vault_;
};

}  // namespace soma::services
