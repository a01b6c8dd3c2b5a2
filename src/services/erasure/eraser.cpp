#include "services/erasure/eraser.h"

#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "services/commit/wait.h"
#include "telemetry/log.h"

namespace soma::services {

using domain::ErasureState;

domain::Erasure Eraser::finish(const backends::TenantRow& tenant, const Uuid& erasure,
                               const ErasureStep& step, const Deadline& deadline) {
    for (;;) {
        const auto now = erasures_.get(tenant.id, erasure, deadline);
        SOMA_ASSERT(now.has_value(), "an erasure is finished after it has begun");
        if (now->state == ErasureState::done) {
            return *now;
        }
        if (deadline.passed()) {
            throw Error(ErrorKind::unavailable, "the erasure takes longer than this request may");
        }
        if (now->state == ErasureState::rows_owed) {
            erase_rows(tenant, *now, step, deadline);
        } else {
            destroy_key_and_sign(tenant, *now, step, deadline);
        }
    }
}

void Eraser::erase_rows(const backends::TenantRow& tenant, const domain::Erasure& erasure,
                        const ErasureStep& step, const Deadline& deadline) {
    submit(tenant,
           domain::EraseSubject{erasure.id, erasure.subject_hmac, erasure.key_id,
                                event(erasure.id, "subject.erase", step)},
           step.now, deadline);
    forget(tenant.id, erasure.subject_hmac);
}

void Eraser::destroy_key_and_sign(const backends::TenantRow& tenant, const domain::Erasure& erasure,
                                  const ErasureStep& step, const Deadline& deadline) {
    const auto work = [&](const domain::Erasure& now) {
        if (now.state != ErasureState::keys_owed) {
            return;  // Whoever was in here before has done it.
        }
        keyring_.destroy_subject(tenant.id, now.subject_hmac, now.key_id, deadline);
        forget(tenant.id, now.subject_hmac);
        // Not the request's time: a snapshot taken since then may still hold the key.
        const Time completed_at = wall_clock_now();
        const std::string statement =
            domain::receipt_statement(now, {.tenant = tenant.id,
                                            .completed_at = completed_at,
                                            .snapshots_expire_at = completed_at + limits_.snapshots,
                                            .copies_expire_at = completed_at + limits_.copies});
        const auto signature = vault_.sign(domain::kReceiptKey, statement, deadline);
        submit(
            tenant,
            domain::FinishErasure{
                now.id, domain::signed_receipt(statement, {signature.key_version, signature.bytes}),
                event(now.id, "subject.erased", step)},
            completed_at, deadline);
    };
    erasures_.exclusively(tenant.id, erasure.id, deadline, work);
}

void Eraser::destroy_again(const Uuid& tenant, const domain::Erasure& erasure,
                           const Deadline& deadline) {
    erasures_.exclusively(tenant, erasure.id, deadline, [&](const domain::Erasure& now) {
        keyring_.destroy_subject(tenant, now.subject_hmac, now.key_id, deadline);
    });
}

void Eraser::forget(const Uuid& tenant, std::string_view subject_hmac) {
    keyring_.forget(tenant, to_hex(subject_hmac));
    working_memory_.distrust(tenant);
    queries_.clear();
}

void Eraser::submit(const backends::TenantRow& tenant, domain::Change change, Time now,
                    const Deadline& deadline) {
    domain::Intent intent{.tenant = tenant.streams(), .now = now, .deadline = deadline};
    intent.changes.push_back(std::move(change));
    // Committed, or done by somebody else: the erasure's row tells.
    wait_for(committer_.submit(std::move(intent)), deadline);
}

domain::EventDraft Eraser::event(const Uuid& erasure, std::string_view action,
                                 const ErasureStep& step) {
    constexpr int ok_status = 200;
    domain::EventDraft event;
    event.id = ids_.next(step.now);
    event.stream = domain::Stream::state;
    event.actor = step.actor;
    event.action = action;
    event.status = ok_status;
    event.request_id = step.request_id;
    event.trace_id = step.trace_id;
    event.telemetry_ref = step.telemetry_ref;
    stamp(event, step.law.get());
    event.details["erasure_id"] = erasure.to_string();
    return event;
}

void Eraser::finish_owed(Time now, const Deadline& deadline) {
    for (const auto& owed : erasures_.owed(limits_.owed_each_round, deadline)) {
        try {
            if (const auto tenant = tenants_.find(owed.tenant, deadline)) {
                finish(*tenant, owed.id, {.now = now, .actor = "somabrain", .law = laws_.find(now)},
                       deadline);
            }
        } catch (const Error& error) {
            telemetry::log(telemetry::Level::warn, "an erasure is still owed",
                           {{"error", error.public_message()}, {"detail", error.detail()}});
        }
    }
}

void Eraser::follow(const Deadline& deadline) {
    const auto now = Deadline::Clock::now();
    const auto since = std::chrono::ceil<std::chrono::seconds>(now - followed_at_);
    std::map<Uuid, std::uint64_t> seen;
    for (const auto& changed : erasures_.changed(since + limits_.round_overlap, deadline)) {
        const auto before = followed_.find(changed.id);
        if (before == followed_.end() || before->second != changed.sequence) {
            forget(changed.tenant, changed.subject_hmac);
            if (!index_.reach(changed.tenant, changed.sequence)) {
                continue;  // Being loaded, perhaps from before: looked at again in the next round.
            }
        }
        seen[changed.id] = changed.sequence;
    }
    followed_ = std::move(seen);
    followed_at_ = now;
}

}  // namespace soma::services
