#include "services/witness/witness.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

/// Each lost race means that another checkpoint of this log was cosigned; few logs ask twice at
/// once.
constexpr int kAttempts = 8;

std::uint64_t seconds_now() {
    const auto since = wall_clock_now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

void count(std::string_view answer) {
    telemetry::metrics().counter("somabrain_witness_answers_total", {answer}).Increment();
}

bool names(const std::vector<domain::NoteKey>& keys, const std::string& origin) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const domain::NoteKey& key) { return key.name == origin; });
}

}  // namespace

Witness::Witness(WitnessSettings settings, backends::Vault& vault)
    : settings_(std::move(settings)),
      book_(vault),
      signer_(vault, std::string(kWitnessKey)),
      keys_(std::make_shared<const std::vector<domain::NoteKey>>(settings_.logs())),
      read_at_(Deadline::Clock::now()) {}

Witness::Keys Witness::keys_for(const std::string& origin) {
    const std::scoped_lock lock(mutex_);
    const auto now = Deadline::Clock::now();
    if (!names(*keys_, origin) && now - read_at_ >= settings_.reread) {
        read_at_ = now;
        try {
            keys_ = std::make_shared<const std::vector<domain::NoteKey>>(settings_.logs());
        } catch (const Error& error) {
            telemetry::log(telemetry::Level::warn, "the list of logs cannot be read again",
                           {{"error", error.public_message()}});
        }
    }
    return keys_;
}

std::variant<Cosigned, domain::Refusal> Witness::add_checkpoint(const domain::AddCheckpoint& asked,
                                                                const Deadline& deadline) {
    auto answered = answer(asked, deadline);
    const auto* refusal = std::get_if<domain::Refusal>(&answered);
    count(refusal == nullptr ? "cosigned" : refusal_name(refusal->why));
    return answered;
}

std::variant<Cosigned, domain::Refusal> Witness::answer(const domain::AddCheckpoint& asked,
                                                        const Deadline& deadline) {
    const auto keys = keys_for(asked.checkpoint.origin);
    // Strangers and forgers cost no call: what they are refused for needs no memory.
    auto first = judge(asked, *keys, {}, 0);
    if (const auto* refusal = std::get_if<domain::Refusal>(&first);
        refusal != nullptr && (refusal->why == domain::WitnessRefusal::unknown_log ||
                               refusal->why == domain::WitnessRefusal::not_signed)) {
        return *refusal;
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto page = book_.read(asked.checkpoint.origin, deadline);
        auto judged = judge(asked, *keys, page.seen, seconds_now());
        if (auto* refusal = std::get_if<domain::Refusal>(&judged)) {
            // Who was overtaken between reading and writing was not behind when it called.
            const bool overtaken = attempt > 0 && refusal->evidence &&
                                   refusal->evidence->alarm == domain::WitnessAlarm::rollback;
            if (refusal->evidence && !overtaken) {
                keep(*refusal->evidence, asked.checkpoint.origin, deadline);
            }
            return std::move(*refusal);
        }
        const auto& yes = std::get<domain::Cosigning>(judged);
        if (!yes.news || book_.write_if(yes.now, page.version, deadline)) {
            return sign(yes.now, deadline);
        }
    }
    throw Error(ErrorKind::unavailable, "others ask for this log all the time",
                "check-and-set lost " + std::to_string(kAttempts) + " times");
}

void Witness::keep(const domain::Evidence& evidence, const std::string& origin,
                   const Deadline& deadline) {
    const auto alarm = alarm_name(evidence.alarm);
    telemetry::metrics().counter("somabrain_witness_alarms_total", {alarm}).Increment();
    if (book_.keep(evidence, deadline)) {
        telemetry::log(telemetry::Level::error, "a log contradicts what it signed before",
                       {{"kind", alarm}, {"name", origin}});
    }
}

Cosigned Witness::sign(const domain::Witnessed& now, const Deadline& deadline) {
    const auto signature =
        signer_.sign(domain::cosigned_message(now.note.text, now.time), deadline);
    const domain::NoteKey key{settings_.name, domain::NoteKeyType::cosigner, signature.public_key};
    return {encode_signature(cosignature(key, now.time, signature.bytes))};
}

}  // namespace soma::services
