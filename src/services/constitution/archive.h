#pragma once
#include <mutex>
#include <optional>
#include <string>

#include "backends/postgres/constitution/laws.h"
#include "services/constitution/snapshots.h"

namespace soma::services {

/// Keeps the locked snapshots paid up and remembers the newest that was seen. Thread-safe.
class LawArchive {
  public:
    static constexpr int kPaidEachRound = 64;
    static constexpr std::chrono::seconds kLookPeriod{60};  ///< a round in between asks nothing

    LawArchive(LawSnapshots& snapshots, backends::Laws& laws)
        : snapshots_(snapshots), laws_(laws) {}

    /// Saves what is owed of `law`, which is verified: nothing else is ever put under lock. Looks
    /// at the newest snapshot when the last look is kLookPeriod ago, and keeps its lock from
    /// running out. Never throws: what went wrong is health().
    void round(const domain::Chain& law, const Deadline& deadline);

    /// As seen last; nullopt: none, or object storage has not answered yet.
    std::optional<LawSnapshot> newest() const;

    struct Health {
        std::size_t owed = 0;  ///< versions in force without a snapshot, kPaidEachRound at most
        std::string trouble;   ///< empty: none
    };
    Health health() const;

  private:
    void look(const Deadline& deadline);
    void note_owed(std::size_t owed);
    void pay(const domain::Chain& law, const Deadline& deadline);

    LawSnapshots& snapshots_;
    backends::Laws& laws_;
    mutable std::mutex mutex_;
    std::optional<LawSnapshot> newest_;
    Health health_;
    std::optional<Deadline::Clock::time_point> looked_at_;  ///< under rounds_
    std::mutex rounds_;                                     ///< one round at a time
};

}  // namespace soma::services
