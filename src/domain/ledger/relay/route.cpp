#include "domain/ledger/relay/route.h"

#include "base/error.h"

namespace soma::domain {

std::string_view topic_name(Topic topic) {
    switch (topic) {
        case Topic::audit:
            return "soma.audit";
        case Topic::memory_events:
            return "soma.memory.events";
        case Topic::constitution_revisions:
            return "soma.constitution.revisions";
    }
    SOMA_ASSERT(false, "a topic outside its enumeration");
}

bool belongs(Topic topic, const RelayedEvent& event) {
    switch (topic) {
        case Topic::audit:
            return true;
        case Topic::memory_events:
            return event.stream == Stream::state;
        case Topic::constitution_revisions:
            return event.action.starts_with("constitution.");
    }
    SOMA_ASSERT(false, "a topic outside its enumeration");
}

int partition_of(const RelayedEvent& event) {
    SOMA_ASSERT(event.shard >= 0 && event.shard < kPartitions,
                "the schema bounds a tenant's shard");
    return event.tenant ? event.shard : 0;
}

std::string record_key(const RelayedEvent& event) {
    return event.tenant ? event.tenant->to_string() : "system";
}

}  // namespace soma::domain
