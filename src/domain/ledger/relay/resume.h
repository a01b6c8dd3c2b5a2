#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "domain/ledger/relay/mark.h"
#include "domain/ledger/relay/route.h"

namespace soma::domain {

/// The ledger's `log` row, and the log that went before it.
struct LogSpan {
    Uuid log_id;
    std::uint64_t first_index = 0;
    std::uint64_t size = 0;      ///< index of the event to come
    std::optional<Uuid> former;  ///< of the events below first_index, the newest's

    friend bool operator==(const LogSpan&, const LogSpan&) = default;
};

/// The last committed record of each partition that has one.
using LastMarks = std::map<std::pair<Topic, int>, RelayMark>;

/// Where a relay goes on, and what is there already.
class Resume {
  public:
    Resume(LogSpan log, LastMarks last);

    /// Index of the first event to be read; nullopt: the first there is, for Kafka holds nothing
    /// of this log or of the one before.
    std::optional<std::uint64_t> from() const { return from_; }

    /// As given.
    const LastMarks& last() const { return last_; }

    /// Whether the event is in that topic. Asked of events from from() on, in their order.
    bool relayed(Topic topic, const RelayedEvent& event) const;

  private:
    LogSpan log_;
    LastMarks last_;
    std::optional<std::uint64_t> from_;
};

}  // namespace soma::domain
