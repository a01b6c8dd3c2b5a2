#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/ledger/relay/mark.h"
#include "domain/ledger/relay/stream_order.h"

namespace soma::domain {

/// Version of the bodies' schema (api/events) that this program writes and reads.
inline constexpr std::uint64_t kEventSchemaVersion = 1;

/// What a reader needs of a record: its place in the ledger and in its stream.
struct EventRecord {
    RelayMark mark;
    StreamPlace place;
};

/// Takes a record apart. Throws Error(conflict) that says what is wrong with it: headers that are
/// not the relay's, a body over kMaxEventBytes, no JSON object, of another schema version, or
/// without its place in a stream.
EventRecord read_record(const RecordHeaders& headers, std::string_view body);

}  // namespace soma::domain
