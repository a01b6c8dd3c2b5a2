#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/http/client.h"
#include "backends/oidc/public_key.h"
#include "base/time.h"

namespace soma::backends {

/// Where an issuer's keys come from, and how often we may ask.
struct KeySourceConfig {
    std::string file;  ///< one of the two
    std::string url;
    std::string ca_file;                    ///< for an https url; empty: the system's
    std::chrono::seconds max_age{300};      ///< of a fetched set; a file is watched instead
    std::chrono::seconds max_stale{86400};  ///< a fetched set nobody can refresh ends after this
    std::chrono::seconds pause{5};          ///< least time between two reads on demand
    std::chrono::milliseconds fetch_timeout{1000};
};

/// A key set as it was read; `generation` grows with every change of its text.
struct KeySet {
    std::vector<PublicKey> keys;
    std::uint64_t generation = 0;
};

/// One issuer's key set, kept fresh. Thread-safe; one thread reads while the others go on with the
/// set they have. A file or answer that is no key set leaves the last good one in place.
class KeySource {
  public:
    /// Reads a file at once: Error(invalid_argument) when it cannot. A url is asked on first use.
    explicit KeySource(KeySourceConfig config);

    /// The present set. Throws Error(unavailable) when there is none and none can be had.
    std::shared_ptr<const KeySet> current(const Deadline& deadline);

    /// For a key id that `known` lacks: a newer set if there is one, else `known` itself. However
    /// often it is called, the source is read no more than once per `pause`.
    std::shared_ptr<const KeySet> look_again(std::shared_ptr<const KeySet> known,
                                             const Deadline& deadline);

  private:
    using Clock = std::chrono::steady_clock;
    struct Stamp {
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        std::uint64_t inode = 0;
        std::int64_t bytes = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };

    std::shared_ptr<const KeySet> snapshot() const;
    bool due(Clock::time_point now) const;
    void refresh(const Deadline& deadline);
    std::string read(const Deadline& deadline) const;
    Stamp file_stamp() const;

    KeySourceConfig config_;
    mutable HttpClient http_;
    std::mutex reading_;        ///< held by the one thread that reads
    mutable std::mutex mutex_;  ///< guards what follows
    std::shared_ptr<const KeySet> set_;
    std::string text_;
    Stamp stamp_;
    Clock::time_point read_at_;   ///< the last good read
    Clock::time_point tried_at_;  ///< the last read, good or bad
    bool tried_ = false;
};

}  // namespace soma::backends
