#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/event.h"

namespace soma::domain {

/// An event as the relay reads it from the ledger.
struct RelayedEvent {
    Uuid log_id;
    std::uint64_t log_index = 0;
    std::optional<Uuid> tenant;  ///< absent: stream `system`
    Stream stream = Stream::access;
    std::string action;
    int shard = 0;  ///< of the tenant; 0 without one
    Time time;
    std::string body;  ///< JCS; the record's value as it is
};

enum class Topic : std::uint8_t { audit, memory_events, constitution_revisions };

/// In the order in which an event is written to them.
inline constexpr std::array kTopics{Topic::audit, Topic::memory_events,
                                    Topic::constitution_revisions};

/// Partitions of each topic: as many as tenants have shards.
inline constexpr int kPartitions = 64;

/// "soma.audit"
std::string_view topic_name(Topic topic);

/// Whether the event goes there: every one to soma.audit, a tenant's mutations (stream `state`) to
/// soma.memory.events, steps of the law (actions `constitution.…`) to soma.constitution.revisions.
bool belongs(Topic topic, const RelayedEvent& event);

/// In every topic alike: the tenant's shard, so that a stream is in one partition and in order.
int partition_of(const RelayedEvent& event);

/// The record's key: the tenant's id, or "system".
std::string record_key(const RelayedEvent& event);

}  // namespace soma::domain
