#pragma once
#include <string>

#include "services/search/search.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// A found memory in the form answers carry it.
somabrain::v1::RecalledMemory recalled(const FoundMemory& found, bool explain);

/// Empties tags and metadata, lowest rank first, until the encoded answer is within `max_bytes`
/// (as protobuf; JSON of the same content is a little larger, so callers leave room). True when
/// something was left out.
bool fit(google::protobuf::RepeatedPtrField<somabrain::v1::RecalledMemory>& memories,
         std::size_t max_bytes);

}  // namespace soma::services
