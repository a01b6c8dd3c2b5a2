#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/crypto.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/intent.h"

namespace soma::test {

/// Builders for what the committer takes. Sealed bytes are random: their meaning is not its
/// business.
class IntentBuilder {
  public:
    explicit IntentBuilder(const domain::TenantStreams& tenant, Time now = wall_clock_now()) {
        intent_.tenant = tenant;
        intent_.now = now;
    }

    static Uuid new_id() {
        static UuidGenerator ids;
        return ids.next(wall_clock_now());
    }
    /// A 32-byte HMAC of a readable name.
    static std::string hmac(const std::string& name) { return hmac_sha256("key", name); }

    IntentBuilder& insert(const Uuid& id, const std::string& key = {},
                          const std::string& session = {},
                          std::optional<std::int32_t> turn = std::nullopt) {
        domain::Insert insert;
        insert.row.facts.id = id;
        insert.row.facts.created_at = intent_.now;
        insert.row.facts.kind = "fact";
        insert.row.facts.turn = turn;
        insert.row.subject_hmac = hmac("subject");
        if (!key.empty()) {
            insert.row.key_hmac = hmac(key);
        }
        if (!session.empty()) {
            insert.row.session_hmac = hmac(session);
            insert.assign_turn = !turn;
        }
        insert.row.sealed = "sealed content";
        insert.row.passages.push_back({0, 1, "sealed passage"});
        insert.plain = std::make_shared<domain::Memory>();
        insert.event = event("memory.remember", id, 201);
        intent_.changes.emplace_back(std::move(insert));
        return *this;
    }
    IntentBuilder& remove(const Uuid& id) {
        intent_.changes.emplace_back(domain::Remove{id, event("memory.delete", id, 200)});
        return *this;
    }
    IntentBuilder& feedback(const Uuid& evaluation,
                            std::optional<std::int64_t> tokens = std::nullopt) {
        domain::StoredFeedback row;
        row.id = new_id();
        row.evaluation = evaluation;
        row.subject_hmac = hmac("subject");
        row.created_at = intent_.now;
        row.expires_at = intent_.now + std::chrono::hours(1);
        row.request_digest = hmac("body");
        row.sealed = "sealed feedback";
        row.tokens = tokens;
        intent_.changes.emplace_back(
            domain::AddFeedback{std::move(row), event("brain.feedback", std::nullopt, 201)});
        return *this;
    }
    /// To the feedback before.
    IntentBuilder& co_use(domain::CoUse use) {
        std::get<domain::AddFeedback>(last_change()).co_use = std::move(use);
        return *this;
    }
    IntentBuilder& flow(std::vector<std::uint64_t> verdicts, std::vector<domain::Gain> gains) {
        intent_.changes.emplace_back(domain::ApplyFlow{std::move(verdicts), std::move(gains),
                                                       event("memory.flow", std::nullopt, 200)});
        return *this;
    }
    IntentBuilder& end_session(const std::string& session) {
        intent_.changes.emplace_back(
            domain::EndSession{hmac(session), event("session.end", std::nullopt, 200)});
        return *this;
    }
    IntentBuilder& link(const domain::LinkKey& key, double weight = 0.5) {
        intent_.changes.emplace_back(
            domain::PutLink{key, weight, event("memory.link", key.from, 201)});
        return *this;
    }
    IntentBuilder& erase(const Uuid& erasure, const std::string& subject,
                         const std::string& key_id) {
        intent_.changes.emplace_back(domain::EraseSubject{
            erasure, hmac(subject), key_id, event("subject.erase", std::nullopt, 200)});
        return *this;
    }
    IntentBuilder& finish_erasure(const Uuid& erasure, const std::string& receipt) {
        intent_.changes.emplace_back(
            domain::FinishErasure{erasure, receipt, event("subject.erased", std::nullopt, 200)});
        return *this;
    }
    IntentBuilder& sealed_under(const std::string& key_id, const std::string& subject) {
        intent_.sealed_under.emplace(key_id, hmac(subject));
        return *this;
    }
    IntentBuilder& claim(const std::string& key, const std::string& body) {
        intent_.claim = domain::IdempotencyClaim{hmac(key), hmac(body)};
        intent_.answer = [](std::span<const domain::Assigned> assigned) {
            return domain::Answer{"sequence " + std::to_string(assigned[0].sequence),
                                  "0123456789abcdef"};
        };
        return *this;
    }
    IntentBuilder& access(std::optional<domain::StoredEvaluation> evaluation = std::nullopt) {
        intent_.access =
            domain::AccessRecord{event("recall", std::nullopt, 200), std::move(evaluation)};
        return *this;
    }
    /// An answer that changes nothing.
    IntentBuilder& answered() {
        intent_.answered =
            std::make_shared<domain::AnswerRecord>(event("recall", std::nullopt, 200));
        return *this;
    }
    IntentBuilder& deadline(std::chrono::milliseconds from_now) {
        intent_.deadline = Deadline(from_now);
        return *this;
    }
    domain::Insert& last_insert() { return std::get<domain::Insert>(last_change()); }
    domain::Change& last_change() { return intent_.changes.back(); }
    domain::Intent build() { return std::move(intent_); }

  private:
    static domain::EventDraft event(const std::string& action, std::optional<Uuid> target,
                                    int status) {
        domain::EventDraft draft;
        draft.id = new_id();
        draft.actor = "tester";
        draft.action = action;
        draft.request_id = "request";
        draft.status = status;
        if (target) {
            draft.targets.push_back(*target);
        }
        return draft;
    }

    domain::Intent intent_{.tenant = {}, .now = {}, .deadline = Deadline(std::chrono::seconds(60))};
};

}  // namespace soma::test
