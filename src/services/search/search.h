#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/tenant/tenants.h"
#include "domain/retrieval/search.h"
#include "telemetry/parts.h"

namespace soma::services {

/// What recall and evaluate look for.
struct SearchQuery {
    std::string_view text;
    std::span<const float> embedding;    ///< empty: the text is embedded
    std::span<const std::string> views;  ///< empty: all
    std::size_t top_k = 10;
    std::string_view at_least;  ///< a state token, or empty
    bool explain = false;       ///< every view's value is wanted, whatever it weighs
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

    /// Throws Error: invalid_argument (at_least, views, embedding), conflict (a token of another
    /// epoch or of a state that was never written), unavailable (at_least not reached, tenant not
    /// loadable, embedder overloaded).
    Found search(const backends::TenantRow& tenant, const SearchQuery& query, Time now,
                 const Deadline& deadline);

  private:
    std::optional<math::QuantizedVector> embed(const backends::TenantRow& tenant,
                                               const SearchQuery& query, std::uint64_t at_least,
                                               Time now, const Deadline& deadline);

    std::uint64_t sequence_of(const backends::TenantRow& tenant, std::string_view at_least,
                              const Deadline& deadline);

    backends::Index& index_;
    backends::Memories& memories_;
    backends::Embedder& embedder_;
    backends::QueryCache& queries_;
    telemetry::Parts& parts_;
};

}  // namespace soma::services
