#pragma once
#include <string>

#include "domain/ledger/event.h"
#include "domain/ledger/relay/route.h"

namespace soma::test {

/// The id whose sixteen bytes are all `n`.
inline Uuid uuid_of(unsigned char n) {
    return Uuid::from_bytes(std::string(16, static_cast<char>(n)));
}

/// An event of the ledger with a genuine body.
inline domain::RelayedEvent relayed_event(Uuid log_id, std::uint64_t log_index,
                                          std::optional<Uuid> tenant, domain::Stream stream,
                                          std::uint64_t sequence, int shard = 0,
                                          std::string action = "memory.remember") {
    domain::EventDraft draft;
    draft.id = uuid_of(9);
    draft.tenant = tenant;
    draft.stream = stream;
    draft.actor = "tester";
    draft.action = action;
    draft.status = 200;
    domain::RelayedEvent out{log_id, log_index, tenant, stream, std::move(action),
                             shard,  Time{},    {}};
    out.body = domain::event_body(draft, sequence, Time{});
    return out;
}

}  // namespace soma::test
