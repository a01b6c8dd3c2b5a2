#pragma once
#include "backends/postgres/connection.h"

namespace soma::backends {

inline constexpr Statement kBegin{"begin", "BEGIN"};

/// A read-only transaction on one snapshot.
inline constexpr Statement kBeginRead{"read_begin",
                                      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};

/// Row-level security shows and takes this tenant's rows until the transaction ends. The empty text
/// is no tenant at all.
inline constexpr Statement kSetTenant{"set_tenant",
                                      "SELECT set_config('soma.tenant', $1::text, true)"};

inline constexpr Statement kCommit{"commit", "COMMIT"};

}  // namespace soma::backends
