#pragma once
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "domain/ledger/event.h"

namespace soma::domain {

/// What a reader makes of an event that arrived.
enum class Arrival : std::uint8_t {
    fresh,     ///< the stream's next
    repeated,  ///< seen before: to be passed over
    gap,       ///< something before it is missing
};

/// An event's number in its stream.
struct StreamPlace {
    std::optional<Uuid> tenant;  ///< absent: stream `system`
    Stream stream = Stream::access;
    Uuid log_id;
    std::uint64_t sequence = 0;  ///< from 1
};

/// Which events of each stream a reader has had: passes repetitions over and notices what is
/// missing. Relays may write an event again after a failure, and never out of order. Not
/// thread-safe; some 100 bytes a stream.
class StreamOrder {
  public:
    /// Of what is read. `whole`: every event of its streams is in the topic, so that sequences are
    /// dense; `part`: some are (soma.constitution.revisions), so that they only grow.
    enum class Topic : std::uint8_t { whole, part };

    /// `had`: the last event of each stream that the reader has had. Streams that are not among
    /// them begin with 1.
    explicit StreamOrder(Topic topic, const std::vector<StreamPlace>& had = {});

    /// Notes a fresh event; a gap is noted by nothing, and is found again at the next event.
    Arrival admit(const StreamPlace& place);

    /// The sequence that comes next in the place's stream.
    std::uint64_t expected(const StreamPlace& place) const;

    /// What a StreamOrder that goes on from here is to be given.
    std::vector<StreamPlace> had() const;

  private:
    struct Last {
        Uuid log_id;
        std::uint64_t sequence = 0;
    };
    struct Hash {
        std::size_t operator()(const std::pair<Uuid, Stream>& key) const noexcept {
            return std::hash<Uuid>()(key.first) * 3 + static_cast<std::size_t>(key.second);
        }
    };

    const Topic topic_;
    std::unordered_map<std::pair<Uuid, Stream>, Last, Hash> last_;  ///< nil: no tenant
};

}  // namespace soma::domain
