#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/tenant/tenants.h"
#include "domain/filter/filter.h"
#include "domain/memory/page_cursor.h"
#include "domain/memory/time_scope.h"
#include "domain/retrieval/search.h"
#include "telemetry/invariants.h"
#include "telemetry/parts.h"

namespace soma::services {

/// Which memories are asked, in the words of the request; empty ones say nothing.
struct ScopeQuery {
    std::string_view filter = {};    ///< JSON
    std::string_view valid_at = {};  ///< RFC 3339
    std::string_view as_of = {};     ///< RFC 3339, or a state token
    bool at_any_time = false;
    std::string_view at_least = {};  ///< a state token
};

/// What recall and evaluate look for.
struct SearchQuery {
    std::string_view text;
    std::span<const float> embedding;    ///< empty: the text is embedded
    std::span<const std::string> views;  ///< empty: all
    /// The tenant's.
    domain::ViewWeights weights = domain::default_weights();
    std::size_t top_k = 10;
    ScopeQuery scope = {};
    /// Modules whose views' values are wanted, whatever they weigh; those that are off stay off.
    domain::Modules explained = {};
};

/// A memory found, copied out of the index so that the lease could end.
struct FoundMemory {
    domain::Hit hit;
    domain::MemoryFacts facts;
    domain::MemoryContent content;  ///< text is the best passage's, at most 2 KiB
    bool truncated = false;
    math::QuantizedVector vector;  ///< of that passage
};

struct Found {
    std::vector<FoundMemory> memories;  ///< best first
    math::QuantizedVector query;  ///< of the tenant's dimension; zero when nothing was embedded
    domain::StateToken state;
    std::optional<double> coverage;  ///< as domain::SearchResult has it
    /// What scored them: the query's weights for the views it keeps, of modules that are on.
    domain::ViewWeights weights = {};
};

/// Memories listed in order of sequence.
struct Listed {
    std::vector<Uuid> memories;
    bool is_all = true;      ///< nothing in scope comes after them
    domain::TimeScope time;  ///< as it was asked, valid_at settled
    domain::StateToken state;
};

/// Embeds the query and searches the tenant's corpus: the part that recall and evaluate share.
/// Thread-safe.
class Searcher {
  public:
    Searcher(backends::Index& index, backends::Memories& memories, backends::Embedder& embedder,
             backends::QueryCache& queries, telemetry::Parts& parts)
        : index_(index),
          memories_(memories),
          embedder_(embedder),
          queries_(queries),
          parts_(parts) {}

    /// Throws Error: invalid_argument (filter, as_of, at_least, views, embedding), conflict (a
    /// token of another epoch or of a state that was never written), unavailable (at_least not
    /// reached, tenant not loadable, embedder overloaded).
    Found search(const backends::TenantRow& tenant, const SearchQuery& query, Time now,
                 const Deadline& deadline);

    /// At most `limit` memories in scope after `cursor`, or from the first. Throws Error as search
    /// does, and conflict at "/cursor" for a cursor of another epoch.
    Listed list(const backends::TenantRow& tenant, const ScopeQuery& scope,
                const std::optional<domain::PageCursor>& cursor, std::size_t limit, Time now,
                const Deadline& deadline);

  private:
    /// A scope in the domain's words, and the state that must have been reached to answer.
    struct Asked {
        std::optional<domain::Filter> filter;
        domain::TimeScope time;
        std::uint64_t at_least = 0;
    };

    Asked asked(const backends::TenantRow& tenant, const ScopeQuery& scope, Time now,
                const Deadline& deadline);
    std::uint64_t sequence_of(const backends::TenantRow& tenant, std::string_view token,
                              const std::string& field, const Deadline& deadline);
    void check_written(const backends::TenantRow& tenant, std::uint64_t sequence,
                       const std::string& field, const Deadline& deadline);
    std::optional<math::QuantizedVector> embed(const backends::TenantRow& tenant,
                                               const SearchQuery& query, const Asked& asked,
                                               const Deadline& deadline);

    backends::Index& index_;
    backends::Memories& memories_;
    backends::Embedder& embedder_;
    backends::QueryCache& queries_;
    telemetry::Parts& parts_;
    telemetry::Invariants invariants_;
};

}  // namespace soma::services
