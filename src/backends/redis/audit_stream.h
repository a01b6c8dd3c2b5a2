#pragma once
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/node.h"

namespace soma::backends {

/// Entries set aside at most; beyond that they stay where they are.
inline constexpr std::size_t kMaxSetAside = 10'000;
/// Entries of one read.
inline constexpr std::size_t kAuditPage = 256;

/// One entry of the stream, as it came.
struct AuditEntry {
    std::string id;                   ///< of the entry, not of the event
    std::vector<std::string> fields;  ///< names and values in turns
};

/// What append() made of an event.
enum class Appended : std::uint8_t {
    durable,  ///< on the server's disk
    no,       ///< the server said that it has no room; it is not there
    unknown,  ///< it may be there, now or later
};

/// The Redis server `buffer`: the stream `soma:audit:buffer` of events that could not be written
/// into the ledger in time, and `soma:audit:aside` of entries that are no events. The server keeps
/// what it has acknowledged (AOF, fsync always) and evicts nothing. Thread-safe; while the server
/// is known to be down calls end at once. Everything but append() and usable() throws Error
/// unavailable when the server does not answer.
class AuditStream {
  public:
    /// `config` is of the server `buffer`, which is no cluster.
    explicit AuditStream(RedisConfig config);

    /// The event's bytes, as one entry. May come twice.
    Appended append(std::string_view event);
    /// False from the first failure until a command succeeds again.
    bool usable() const { return usable_.load(std::memory_order_relaxed); }
    /// Events appended since the start.
    std::uint64_t appended() const { return appended_.load(std::memory_order_relaxed); }

    std::size_t length();
    /// At most kAuditPage entries behind the one with that id, oldest first; "" begins.
    std::vector<AuditEntry> read_after(std::string_view id);
    /// Removes entries; those that are gone are no error.
    void remove(std::span<const std::string> ids);

    /// Moves an entry out of the way, with the reason; false when kMaxSetAside are there already.
    /// A crash in between leaves it in both places.
    bool set_aside(const AuditEntry& entry, std::string_view reason);
    std::size_t aside_length();
    /// Puts all that was set aside back behind the others: how many.
    std::size_t put_back();

    /// The event's bytes; nullopt for an entry that append() did not make.
    static const std::string* event_of(const AuditEntry& entry);

  private:
    RedisAnswer ask(const RedisNode::Words& words);
    void check(const RedisAnswer& answer, const RedisNode::Words& words);
    std::vector<AuditEntry> range(std::string_view stream, std::string_view after);

    RedisNode node_;
    std::atomic<bool> usable_{true};
    std::atomic<std::uint64_t> appended_{0};
};

}  // namespace soma::backends
