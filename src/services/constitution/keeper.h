#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "backends/postgres/constitution/laws.h"
#include "backends/redis/cache.h"
#include "backends/vault/law_mark.h"
#include "domain/constitution/copy.h"
#include "services/background/background_thread.h"
#include "services/constitution/archive.h"
#include "services/gate/law_in_force.h"

namespace soma::services {

struct KeeperSettings {
    std::string trust_root;             ///< 64 bytes: SHA3-512 of version 1
    std::chrono::seconds max_age{300};  ///< a law not verified for so long is not in force
    std::chrono::seconds period{5};     ///< between two verifications
};

/// Keeps the law in force genuine: reads the chain from PostgreSQL, verifies it from the trust
/// root, compares it with what Redis and OpenBao's mark have seen, raises the mark, and only then
/// puts it in force (specs/constitution says why in this order). Again in every period, in a thread
/// of its own: the version in force is verified whole, those before it by their hashes. What cannot
/// be asked leaves the law in force up to its maximum age; what does not verify withdraws it at
/// once. Thread-safe.
class LawKeeper {
  public:
    LawKeeper(KeeperSettings settings, backends::Laws& laws, backends::LawMark& mark,
              backends::RedisCache& copies, LawArchive& archive, LawInForce& law)
        : settings_(std::move(settings)),
          laws_(laws),
          mark_(mark),
          copies_(copies),
          archive_(archive),
          law_(law),
          chain_(std::make_shared<const domain::Chain>(settings_.trust_root)),
          before_(settings_.trust_root) {}

    /// Verifies now and returns the chain as it stands. Throws Error unavailable: a store does not
    /// answer, or the law does not verify, with the reason.
    std::shared_ptr<const domain::Chain> refresh(const Deadline& deadline);
    /// As verified the last time; version 0 before the first law.
    std::shared_ptr<const domain::Chain> chain() const;
    /// Why the law was not verified the last time; empty: it was.
    std::string trouble() const;

    void start();
    void stop() { thread_.stop(); }

  private:
    /// A chain, and the same without its newest version: what the next verification begins from.
    struct Verified {
        domain::Chain chain;
        domain::Chain before;
        domain::SignedVersion head;  ///< the newest version as it is stored
    };

    std::variant<Verified, domain::LawRefusal> read_chain(const Deadline& deadline) const;
    std::variant<Verified, domain::LawRefusal> verify(const Deadline& deadline) const;
    void put_in_force(const Verified& verified, Time began, const Deadline& deadline);
    void heal_copy(const Verified& verified);
    [[noreturn]] void withdraw(const domain::LawRefusal& refusal, Time began);
    void note_trouble(const std::string& trouble);
    void round();

    const KeeperSettings settings_;
    backends::Laws& laws_;
    backends::LawMark& mark_;
    backends::RedisCache& copies_;
    LawArchive& archive_;
    LawInForce& law_;

    std::mutex refreshing_;  ///< one verification at a time
    mutable std::mutex mutex_;
    std::shared_ptr<const domain::Chain> chain_;
    domain::Chain before_;                         ///< under refreshing_
    std::shared_ptr<const EnforcedLaw> in_force_;  ///< under refreshing_
    std::string trouble_;
    BackgroundThread thread_;
};

}  // namespace soma::services
