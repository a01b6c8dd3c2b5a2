#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "domain/constitution/document/constitution.h"
#include "domain/constitution/rules/rule_set.h"
#include "domain/ledger/event.h"

namespace soma::services {

/// A verified version with its rules compiled: what requests are judged by. Const and shared by all
/// threads; a request keeps the one it began with.
struct EnforcedLaw {
    std::uint64_t version = 0;
    std::string hash;  ///< 64 bytes: SHA3-512 of its canonical text
    domain::Constitution law;
    domain::RuleSet rules;
};

/// Notes in the event under which version it happens; null: none was in force.
void stamp(domain::EventDraft& event, const EnforcedLaw* law);

/// The law that is in force, or why there is none: at the start, after a verification that failed,
/// when none succeeded for too long, and out of the law's own term. Thread-safe.
class LawInForce {
  public:
    /// Throws Error unavailable (with Retry-After) that says why when no law is in force at `now`,
    /// the request's own reading of the clock.
    std::shared_ptr<const EnforcedLaw> require(Time now) const;

    /// The same for whoever can do without: null when none is in force.
    std::shared_ptr<const EnforcedLaw> find(Time now) const;

    /// What require() throws.
    Error refusal(Time now) const;

    /// `law` (never null) was verified and is believed until `trusted_until`.
    void put(std::shared_ptr<const EnforcedLaw> law,
             std::chrono::steady_clock::time_point trusted_until);

    /// No law until the next put(). `why` goes to callers: no secret, no content.
    void withdraw(std::string why);

    /// Empty when require(now) would give a law; else its reason, for /ready.
    std::string why_not(Time now) const;

  private:
    struct Held {
        std::shared_ptr<const EnforcedLaw> law;
        std::chrono::steady_clock::time_point trusted_until;
        std::string why;  ///< there is none
    };
    static std::string trouble(const Held& held, Time now);

    mutable std::mutex mutex_;
    Held held_{{}, {}, "no constitution has been activated yet"};
};

}  // namespace soma::services
