#pragma once
#include <cstddef>

#include "domain/memory/memory.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// A memory, whole, in the form answers carry it.
somabrain::v1::MemoryRecord record_of(const domain::MemoryFacts& facts,
                                      domain::MemoryContent content);

/// The most bytes it takes as JSON.
std::size_t json_bytes_of(const somabrain::v1::MemoryRecord& memory);

/// A link as the API shows it, faded to `now`.
somabrain::v1::LinkRecord record_of(const domain::Link& link, Time now);

}  // namespace soma::services
