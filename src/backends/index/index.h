#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/applied_change.h"
#include "domain/retrieval/corpus.h"

namespace soma::backends {

/// Takes one memory of a tenant being loaded.
using MemorySink = std::function<void(const domain::Memory&)>;

/// Reads one tenant from the store of record: hands every memory that is not deleted (superseded
/// and expired ones too) to the sink in order of sequence, and returns the `state` sequence of that
/// same snapshot. Throws when it cannot. Called on the index's own threads.
using Loader = std::function<std::uint64_t(const Uuid& tenant, const Deadline& deadline,
                                           const MemorySink& sink)>;

/// Limits of the index.
struct IndexLimits {
    std::size_t bytes = std::size_t{2} << 30;        ///< all resident tenants, content included
    std::chrono::milliseconds load_timeout{60'000};  ///< one load, whoever waits for it
    std::size_t pending_changes = 65'536;            ///< kept while a tenant loads
    std::size_t load_threads = 2;                    ///< tenants loaded at a time
};

/// Counters since the start, and the present size: for metrics.
struct IndexFigures {
    std::uint64_t loads = 0;
    std::uint64_t failed_loads = 0;
    std::uint64_t gaps = 0;  ///< changes that did not follow: the tenant is loaded anew
    std::uint64_t evictions = 0;
    std::uint64_t applied = 0;
    std::uint64_t waits = 0;  ///< reads that had to wait for a load or a sequence
    std::size_t tenants = 0;
    std::size_t memories = 0;
    std::size_t bytes = 0;
};

/// The search structures of the tenants in use. A tenant is loaded when first read, follows its
/// `state` stream through `apply`, and leaves (least recently read first) when the byte limit is
/// passed. Thread-safe. Changes of a tenant wait for its leases and are never starved by new ones.
class Index {
  public:
    struct Tenant;  ///< internal

    Index(Loader loader, IndexLimits limits);
    /// Waits for running loads; no lease may be alive.
    ~Index();
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    /// A tenant's corpus, unchanged and in memory while the lease lives. Keep it short: it holds up
    /// the tenant's changes. Must end on the thread that took it.
    class Lease {
      public:
        const domain::Corpus& corpus() const;
        /// The state sequence the corpus reflects.
        std::uint64_t sequence() const;
        Lease(Lease&&) noexcept;
        Lease& operator=(Lease&&) noexcept;
        ~Lease();

      private:
        friend class Index;
        explicit Lease(std::shared_ptr<Tenant> tenant) : tenant_(std::move(tenant)) {}
        std::shared_ptr<Tenant> tenant_;  ///< its lock is held shared while not null
    };

    /// The corpus at `at_least_sequence` or later, loading it first if need be. When that is not
    /// reached by the deadline, or the load fails: Error unavailable.
    Lease read(const Uuid& tenant, std::uint64_t at_least_sequence, const Deadline& deadline);

    /// Whether read() would answer without waiting.
    bool holds(const Uuid& tenant, std::uint64_t at_least_sequence) const;

    /// Follows one committed change; called in order per tenant. A repeat is ignored; a gap makes
    /// the next read load the tenant anew; a tenant that is not resident ignores everything.
    void apply(const domain::AppliedChange& change);

    /// Another process may have written up to `sequence`: a tenant that has not seen that is
    /// emptied, and loaded anew when it is next read. False while it is being loaded, maybe from
    /// before.
    bool reach(const Uuid& tenant, std::uint64_t sequence);

    IndexFigures figures() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace soma::backends
