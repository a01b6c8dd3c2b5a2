#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/postgres/tenant/tenants.h"
#include "backends/redis/audit_stream.h"
#include "services/background/background_thread.h"
#include "services/commit/committer.h"

namespace soma::services {

/// What became of entries of the buffer.
struct Replayed {
    std::uint64_t written = 0;  ///< events the ledger did not have
    std::uint64_t known = 0;    ///< entries whose event it had
    std::uint64_t aside = 0;    ///< no events: set aside
    std::uint64_t left = 0;     ///< no events either, and no room to set them aside
};

/// What there is to say of the buffer.
struct BufferHealth {
    std::string trouble;        ///< why it is of no use, or cannot be drained; empty: nothing
    std::size_t waiting = 0;    ///< entries, as they were last counted
    std::size_t set_aside = 0;  ///< entries somebody has to look at
};

/// Drains the buffer into the ledger through the committer. Idempotent, and several processes may
/// do it at once: every event is written once and keeps its order among those of the buffer.
/// Thread-safe, but start() and stop() are one thread's.
class Replayer {
  public:
    Replayer(backends::AuditStream& buffer, backends::Tenants& tenants, Committer& committer)
        : buffer_(buffer), tenants_(tenants), committer_(committer) {}

    /// Goes once through all that is in the buffer. Throws Error unavailable when PostgreSQL or the
    /// buffer does not answer; what was done by then stays done.
    Replayed drain(const Deadline& deadline);

    /// Drains each second, once PostgreSQL answers.
    void start();
    void stop() { thread_.stop(); }

    /// Totals since the start.
    Replayed totals() const;
    BufferHealth health() const;

  private:
    struct Item {
        const backends::AuditEntry* entry;
        domain::BufferedEvent event;
    };
    using Streams = std::map<Uuid, std::optional<Uuid>>;  ///< of tenants; none: no such tenant

    void round();
    Replayed replay_page(const std::vector<backends::AuditEntry>& page, Streams& streams,
                         const Deadline& deadline);
    std::string refusal_of(const backends::AuditEntry& entry, Streams& streams,
                           std::vector<Item>& items, const Deadline& deadline);
    Replayed write(std::vector<Item> items, const Streams& streams, const Deadline& deadline);
    std::size_t commit(const std::vector<Item>& items, const Streams& streams,
                       const Deadline& deadline);
    void probe(const Deadline& deadline);
    Replayed set_aside(const backends::AuditEntry& entry, const std::string& reason);
    void count(const Replayed& done);
    void note(const std::string& trouble);

    backends::AuditStream& buffer_;
    backends::Tenants& tenants_;
    Committer& committer_;
    mutable std::mutex mutex_;
    Replayed totals_;
    BufferHealth health_;
    BackgroundThread thread_;
};

}  // namespace soma::services
