#include "services/constitution/archive.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

/// What PostgreSQL says is in force, somebody may have written there: a lock would keep it for
/// good, in the place of the genuine version.
bool is_genuine(const backends::LawRow& row, const domain::Chain& law) {
    return row.version <= law.version() && row.hash == law.hash(row.version) &&
           row.hash == sha3_512(row.signed_version.text);
}

}  // namespace

void LawArchive::round(const domain::Chain& law, const Deadline& deadline) {
    const std::scoped_lock one(rounds_);
    std::string trouble;
    try {
        pay(law, deadline);
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

void LawArchive::pay(const domain::Chain& law, const Deadline& deadline) {
    const auto rows = laws_.unlocked(kPaidEachRound, deadline);
    std::size_t owed = rows.size();
    note_owed(owed);
    for (const auto& row : rows) {
        if (!is_genuine(row, law)) {
            continue;
        }
        const Time began = wall_clock_now();
        snapshots_.save(row.version, row.hash, row.signed_version, deadline);
        telemetry::log(telemetry::Level::info, "a version of the law is locked",
                       {{"version", row.version},
                        {"law", to_hex(row.hash)},
                        {"began", format_rfc3339(began)}});
        laws_.set_locked(row.hash, wall_clock_now(), deadline);
        note_owed(--owed);
    }
}

}  // namespace soma::services
