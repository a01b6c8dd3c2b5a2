#include "services/gate/law_in_force.h"

#include <utility>

#include "base/encoding.h"
#include "domain/constitution/chain.h"

namespace soma::services {
namespace {

/// A law comes back by an activation or by a store that answers again: neither takes a second.
constexpr int kRetryAfterSeconds = 5;

}  // namespace

void stamp(domain::EventDraft& event, const EnforcedLaw* law) {
    if (law != nullptr) {
        event.constitution_version = law->version;
        event.constitution_hash = to_hex(law->hash);
    }
}

std::string LawInForce::trouble(const Held& held, Time now) {
    if (!held.law) {
        return held.why;
    }
    if (std::chrono::steady_clock::now() >= held.trusted_until) {
        return "the constitution could not be verified again in time";
    }
    const auto refusal = domain::check_term(held.law->law, now);
    return refusal ? refusal->message : "";
}

std::shared_ptr<const EnforcedLaw> LawInForce::require(Time now) const {
    auto law = find(now);
    if (!law) {
        throw refusal(now);
    }
    return law;
}

Error LawInForce::refusal(Time now) const {
    return Error(ErrorKind::unavailable, "no law is in force: " + why_not(now))
        .retry_after(kRetryAfterSeconds);
}

std::shared_ptr<const EnforcedLaw> LawInForce::find(Time now) const {
    // Held for tens of nanoseconds; a copy under a mutex is what the thread sanitizer can read.
    const std::scoped_lock lock(mutex_);
    return trouble(held_, now).empty() ? held_.law : nullptr;
}

void LawInForce::put(std::shared_ptr<const EnforcedLaw> law,
                     std::chrono::steady_clock::time_point trusted_until) {
    SOMA_ASSERT(law != nullptr, "a law that is put in force exists");
    const std::scoped_lock lock(mutex_);
    held_ = {std::move(law), trusted_until, ""};
}

void LawInForce::withdraw(std::string why) {
    const std::scoped_lock lock(mutex_);
    held_ = {nullptr, {}, std::move(why)};
}

std::string LawInForce::why_not(Time now) const {
    const std::scoped_lock lock(mutex_);
    return trouble(held_, now);
}

}  // namespace soma::services
