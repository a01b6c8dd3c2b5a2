#pragma once
#include "backends/postgres/memory/links.h"
#include "backends/postgres/memory/memories.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "services/write/writer.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// What joins memories: typed, weighted, in both directions readable. Thread-safe.
class Link {
  public:
    Link(backends::Links& links, backends::Memories& memories, Keyring& keyring, Writer& writer)
        : links_(links), memories_(memories), keyring_(keyring), writer_(writer) {}

    /// Returns once the link is durable, with its weight. Said again, it grows stronger. Throws
    /// Error: invalid_argument (a link to itself; a memory that has its 1,000 links), not_found (an
    /// end is absent, expired or another tenant's), idempotency_reused, unavailable.
    somabrain::v1::LinkResponse put(const RequestContext& context, const Admission& admission,
                                    const somabrain::v1::LinkRequest& request);
    /// Throws Error: not_found, unavailable.
    somabrain::v1::GetLinksResponse list(const RequestContext& context, const Admission& admission,
                                         const somabrain::v1::GetLinksRequest& request);

  private:
    backends::Links& links_;
    backends::Memories& memories_;
    Keyring& keyring_;
    Writer& writer_;
};

}  // namespace soma::services
