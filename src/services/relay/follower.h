#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/kafka/record_reader.h"
#include "domain/ledger/relay/record.h"
#include "domain/ledger/relay/route.h"

namespace soma::services {

/// Where a reader stands in one partition. Whoever keeps it and each stream's last place
/// (FollowedEvent::record.place), in the transaction that keeps what it made of the events, has had
/// each event exactly once, and learns of any that is missing.
struct FollowedPlace {
    std::int64_t next_offset = 0;
    std::optional<domain::RelayMark> last;  ///< of the event before it
};
using FollowedPlaces = std::map<int, FollowedPlace>;  ///< by partition

/// An event that arrived.
struct FollowedEvent {
    int partition = 0;
    domain::EventRecord record;
    std::string body;
};

/// Reads one of the relay's topics: every event once, in its stream's order. Not thread-safe.
class EventFollower {
  public:
    /// From `places` on: partitions that are not named, from their beginning. `streams` has the
    /// last event of each stream before there; one that it does not name must begin with 1.
    EventFollower(const backends::KafkaSettings& settings, domain::Topic topic,
                  FollowedPlaces places = {}, const std::vector<domain::StreamPlace>& streams = {});

    /// The next event of any partition; nullopt: none within `wait`. Repeated ones are passed over.
    /// Throws Error(conflict) that names partition and offset when an event is missing before the
    /// one that arrived, or the record is none: nothing more is read then, and places() stay before
    /// it.
    std::optional<FollowedEvent> next(std::chrono::milliseconds wait);

    /// After the events that next() returned.
    const FollowedPlaces& places() const { return places_; }
    std::vector<domain::StreamPlace> streams() const { return order_.had(); }
    /// Records that were passed over because they repeated others.
    std::uint64_t repeated() const { return repeated_; }

  private:
    /// nullopt: repeated.
    std::optional<FollowedEvent> take(backends::KafkaRecord record);

    backends::RecordReader reader_;
    FollowedPlaces places_;
    domain::StreamOrder order_;
    std::uint64_t repeated_ = 0;
    bool stopped_ = false;
};

}  // namespace soma::services
