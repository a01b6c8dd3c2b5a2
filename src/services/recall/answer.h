#pragma once
#include <string>
#include <string_view>

#include "services/search/search.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// A found memory in the form answers carry it.
somabrain::v1::RecalledMemory recalled(const FoundMemory& found, bool explain);

/// The names that answers give in `capped[]`.
using Capped = google::protobuf::RepeatedPtrField<std::string>;

/// The most bytes a text takes as a JSON string: control characters are spelled in six.
std::size_t json_bytes(std::string_view text);
/// Cuts a text, between characters, to at most `max_bytes` as a JSON string. True when it was cut.
bool cut_to_json(std::string& text, std::size_t max_bytes);

/// Brings memories to at most `max_bytes` of JSON and names what it took: first tags and metadata,
/// lowest rank first ("metadata"), then the ends of all texts ("text", and they say `truncated`),
/// with those of names that take more than half as much. A function of the memories alone.
void fit(google::protobuf::RepeatedPtrField<somabrain::v1::RecalledMemory>& memories,
         std::size_t max_bytes, Capped& capped);

}  // namespace soma::services
