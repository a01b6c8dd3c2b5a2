#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/erasure/erasure.h"
#include "domain/ledger/intent.h"
#include "domain/memory/applied_change.h"

namespace soma::domain {

/// What an erasure asks: how far it has come, and what is left of the subject. To be finished, it
/// names no subject.
struct ErasureQuestion {
    Uuid erasure;
    std::string subject_hmac = {};
    std::string key_id = {};
};

/// What a group of intents asks the store before it can be planned.
/// Of a tenant's weights, beside the newest row and what its charts may go back to.
struct LearningQuestion {
    std::optional<std::uint64_t> version;
    std::uint64_t steps = 0;  ///< so many before the newest
};

struct TenantQuestions {
    std::set<std::string> claims;            ///< Idempotency-Key HMACs
    std::set<std::string> keys;              ///< `key` HMACs about to be superseded
    std::set<Uuid> targets;                  ///< memories about to be removed
    std::set<std::string> sessions;          ///< session HMACs that want their next turn
    std::set<LinkKey> links;                 ///< about to be put, with both their ends
    std::set<std::string> sealed_under;      ///< key ids that may have been erased
    std::optional<ErasureQuestion> erasure;  ///< one at most: it comes alone
    std::optional<LearningQuestion> learning;
    std::set<std::uint64_t> verdicts;  ///< about to have flowed

    /// Whether more is asked than if the Idempotency-Keys were used, or the data keys erased,
    /// before: only the store knows.
    bool beyond_claims() const {
        return !keys.empty() || !targets.empty() || !sessions.empty() || !links.empty() ||
               erasure.has_value() || learning.has_value() || !verdicts.empty();
    }
};
struct Questions {
    std::set<Uuid> streams;  ///< in the order in which they are locked
    std::map<Uuid, TenantQuestions> tenants;
    std::optional<std::string> law;           ///< hash of the proposal that a step is about
    std::optional<std::vector<Uuid>> events;  ///< of a replay: which of them does the ledger have?
};
Questions questions(std::span<const Intent> group);

/// The store's answers, read under the locks of the streams: nobody else can change them.
struct StoredAnswer {
    std::string request_digest;
    std::string answer;
};
struct KeyHolder {
    Uuid memory;
    std::optional<Time> valid_from;
    std::optional<Time> valid_to;
};
/// Of each kind at most kErasedAtOnce, by id.
struct ErasureFindings {
    std::optional<ErasureState> state;  ///< absent: it has not begun
    std::optional<Uuid> of_same_key;    ///< another one, that has begun
    std::vector<Uuid> memories;
    std::vector<Uuid> evaluations;
    std::vector<Uuid> feedback;  ///< by its evaluation
};
struct TenantFindings {
    std::map<std::string, StoredAnswer> answers;     ///< by Idempotency-Key HMAC, unexpired
    std::map<std::string, KeyHolder> holders;        ///< by `key` HMAC
    std::set<Uuid> targets;                          ///< those that exist
    std::map<std::string, std::int32_t> last_turns;  ///< by session HMAC
    std::map<LinkKey, Link> links;                   ///< those that exist
    std::map<Uuid, LinkEnd> link_ends;               ///< memories that exist
    std::set<std::string> erased_keys;               ///< those of `sealed_under`
    ErasureFindings erasure;
    LearningHistory learning;
    std::set<std::uint64_t> verdicts;  ///< those that have not flowed
};
/// The law's pointer, locked, and the proposal that is asked about.
struct LawFindings {
    std::uint64_t version = 0;
    std::string hash;                  ///< empty before version 1
    std::optional<SignedVersion> row;  ///< proposal or version, unverified
    std::size_t open = 0;              ///< proposals for versions above the pointer's
};
struct Findings {
    Uuid log_id;
    std::uint64_t log_size = 0;
    std::map<Uuid, std::uint64_t> streams;  ///< last sequence of each
    std::map<Uuid, TenantFindings> tenants;
    std::optional<LawFindings> law = {};
    std::set<Uuid> seen = {};              ///< those of a replay's events that the ledger has
    std::set<std::size_t> elsewhere = {};  ///< put_elsewhere(group): nothing is written for these
};

/// Rows to write. Pointers lead into the group, which outlives the plan.
struct PlannedMemory {
    const Insert* insert = nullptr;
    Assigned at;
    std::optional<Time> valid_from;
    std::optional<Time> valid_to;
    std::optional<Uuid> superseded_by;  ///< by a later change of the same group
    std::optional<std::uint64_t> superseded_sequence;
    std::optional<Time> superseded_at;
    std::optional<Time> given_valid_to;
};
struct PlannedAnswer {
    const IdempotencyClaim* claim = nullptr;
    std::string answer;
    Time created_at;
};
struct PlannedEvaluation {
    const StoredEvaluation* row = nullptr;
    Assigned at;
};
struct PlannedFeedback {
    const StoredFeedback* row = nullptr;
    Assigned at;
};
/// A verdict whose current is to flow.
struct PlannedVerdict {
    const CoUse* use = nullptr;
    Assigned at;
    Time now;
};
struct PlannedLearning {
    LearntRow row;
    Assigned at;  ///< of the change that made it
    Time now;
    std::optional<Uuid> feedback;
};
/// What an erasure deletes now, and how far it has come with that.
struct PlannedErasure {
    const EraseSubject* change = nullptr;
    Assigned at;
    Time requested_at;  ///< counts when it begins
    ErasureState state = ErasureState::rows_owed;
    ErasureFindings rows;
};
struct PlannedReceipt {
    const FinishErasure* change = nullptr;
    Assigned at;
    Time completed_at;
};
struct TenantWrites {
    std::map<Uuid, PlannedMemory> memories;   ///< new ones, by id
    std::map<Uuid, Supersession> superseded;  ///< stored ones that lose their key
    std::set<Uuid> removed;                   ///< stored ones
    std::vector<PlannedAnswer> answers;
    std::vector<PlannedEvaluation> evaluations;
    std::vector<PlannedFeedback> feedback;
    std::vector<PlannedLearning> learnt;
    std::map<std::string, std::uint64_t> ended_sessions;  ///< log index of the end, by HMAC
    std::map<LinkKey, Link> links;                        ///< new or strengthened
    std::vector<PlannedVerdict> verdicts;
    const ApplyFlow* flow = nullptr;
    std::optional<PlannedErasure> erasure;
    std::optional<PlannedReceipt> receipt;
};
struct PlannedEvent {
    std::uint64_t log_index = 0;
    std::uint64_t stream_sequence = 0;
    Time time;
    EventDraft draft;  ///< complete
    std::string body;
    std::string leaf;
};
/// The former holder of a key, and the end of validity it was given.
struct Superseded {
    Uuid memory;
    Time valid_to;
};
/// One change as projections will see it.
struct PlannedChange {
    Uuid tenant;
    const Change* change = nullptr;
    Assigned at;
    std::optional<Superseded> superseded;
    std::optional<Time> valid_from = std::nullopt;  ///< of an insert
    std::vector<Link> links = {};
    std::vector<Uuid> erased = {};      ///< memories
    boost::json::object learning = {};  ///< its event's, empty where nothing was learnt
};

/// A step of the law that may be taken.
struct PlannedLaw {
    const LawChange* change = nullptr;
    Assigned at;
    Time now;
};

/// A stream's last sequence before and after the group.
struct StreamMove {
    std::uint64_t from = 0;
    std::uint64_t to = 0;

    friend bool operator==(const StreamMove&, const StreamMove&) = default;
};

/// Everything one transaction writes, and what each intent is told once it is durable.
struct Plan {
    std::map<Uuid, TenantWrites> tenants;
    std::vector<PlannedEvent> events;    ///< dense from the old log size
    std::map<Uuid, StreamMove> streams;  ///< those that moved
    std::set<std::string> sealed_under;  ///< ids of the data keys of its rows
    Uuid log_id;
    std::uint64_t log_size = 0;          ///< after the group
    std::vector<PlannedChange> changes;  ///< in commit order
    std::vector<Outcome> outcomes;       ///< aligned with the group
    std::optional<PlannedLaw> law;

    std::size_t row_count() const;
};

/// Decides a whole group, in order of arrival, as if its intents had come one by one: the second of
/// two equal Idempotency-Keys replays the first's answer, the later holder of a key supersedes the
/// earlier, a removed memory is missing for whoever removes it next. Pure: the same group and
/// findings give the same plan. Throws Error for an intent that cannot be carried out at all (an
/// event over its limit, a session out of turns); the caller then plans the intents one by one.
Plan make_plan(std::span<const Intent> group, const Findings& findings);

/// The plan's changes for projections, to be called once, after the commit: fills each `plain`
/// memory with its row's facts and the assigned numbers.
std::vector<AppliedChange> applied_changes(const Plan& plan);

}  // namespace soma::domain
