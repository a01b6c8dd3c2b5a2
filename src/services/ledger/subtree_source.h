#pragma once
#include "backends/postgres/checkpoints/checkpoints.h"
#include "base/time.h"
#include "domain/ledger/merkle/proof.h"

namespace soma::services {

/// The log's complete subtrees under its newest checkpoint, out of PostgreSQL: of the hashes that
/// are kept (the leaves, and the roots of full tiles) at most 128 are read for one. `store` must
/// have been asked for the log, and outlive the source. Throws what reading throws.
domain::SubtreeSource subtree_source(backends::Checkpoints& store, const backends::LogState& log,
                                     const Deadline& deadline);

}  // namespace soma::services
