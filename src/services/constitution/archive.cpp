#include "services/constitution/archive.h"

#include "base/error.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {

void LawArchive::round(const Deadline& deadline) {
    const std::scoped_lock one(rounds_);
    std::string trouble;
    try {
        note_owed(laws_.unlocked(kPaidEachRound, deadline).size());
        pay(deadline);
        look(deadline);
    } catch (const Error& error) {
        trouble = error.public_message();
        telemetry::log(telemetry::Level::warn, "the law's snapshots are owed",
                       {{"error", error.public_message()}, {"detail", error.detail()}});
    }
    const std::scoped_lock lock(mutex_);
    health_.trouble = std::move(trouble);
}

std::optional<LawSnapshot> LawArchive::newest() const {
    const std::scoped_lock lock(mutex_);
    return newest_;
}

LawArchive::Health LawArchive::health() const {
    const std::scoped_lock lock(mutex_);
    return health_;
}

void LawArchive::look(const Deadline& deadline) {
    const auto now = Deadline::Clock::now();
    if (looked_at_ && now - *looked_at_ < kLookPeriod) {
        return;
    }
    auto newest = snapshots_.newest(deadline);
    if (newest) {
        // Again: a lock that is half over is extended.
        snapshots_.save(newest->version, newest->hash, newest->content, deadline);
    }
    const std::scoped_lock lock(mutex_);
    newest_ = std::move(newest);
    looked_at_ = now;
}

void LawArchive::note_owed(std::size_t owed) {
    telemetry::metrics()
        .gauge("somabrain_constitution_snapshots_owed_count")
        .Set(static_cast<double>(owed));
    const std::scoped_lock lock(mutex_);
    health_.owed = owed;
}

void LawArchive::pay(const Deadline& deadline) {
    const auto owed = laws_.unlocked(kPaidEachRound, deadline);
    for (std::size_t paid = 0; paid < owed.size(); ++paid) {
        const auto& row = owed[paid];
        snapshots_.save(row.version, row.hash, row.signed_version, deadline);
        laws_.set_locked(row.hash, wall_clock_now(), deadline);
        note_owed(owed.size() - paid - 1);
    }
}

}  // namespace soma::services
