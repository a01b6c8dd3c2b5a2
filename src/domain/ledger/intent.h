#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/adaptation/learning.h"
#include "domain/constitution/update.h"
#include "domain/graph/co_use.h"
#include "domain/graph/flow.h"
#include "domain/ledger/event.h"
#include "domain/memory/link.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// A passage's vector and offsets, sealed under the memory's subject.
struct SealedPassage {
    std::uint32_t passage = 0;  ///< from 0, in text order
    std::uint32_t model_generation = 0;
    std::string sealed;
};

/// A memory as Postgres keeps it: plain facts, HMACs under the tenant's key, sealed bytes.
struct StoredMemory {
    MemoryFacts facts;
    std::string subject_hmac;                 ///< 32 bytes
    std::optional<std::string> key_hmac;      ///< 32 bytes
    std::optional<std::string> session_hmac;  ///< 32 bytes
    std::string sealed;                       ///< MemoryContent
    std::vector<SealedPassage> passages;
    std::vector<Link> links = {};  ///< from it, when it is read for the index
};

/// An evaluation as Postgres keeps it. log_index orders it among its session's turns; both numbers
/// are assigned by the committer.
struct StoredEvaluation {
    Uuid id;
    std::optional<std::string> session_hmac;  ///< 32 bytes
    std::string subject_hmac;                 ///< 32 bytes
    std::uint64_t log_index = 0;
    std::uint64_t access_sequence = 0;
    Time created_at;
    Time expires_at;
    std::string sealed;
};

/// Feedback as Postgres keeps it, one for each evaluation, as long as that one; the numbers are
/// assigned by the committer.
struct StoredFeedback {
    Uuid id;
    Uuid evaluation;
    std::optional<std::string> session_hmac;  ///< whose working memory its response joins
    std::string subject_hmac;                 ///< 32 bytes
    std::uint64_t sequence = 0;
    std::uint64_t log_index = 0;
    Time created_at;
    Time expires_at;
    std::string request_digest;             ///< 32 bytes: tells another body from the same one
    std::string sealed;                     ///< FeedbackRecord
    std::optional<std::int64_t> tokens;     ///< kept beyond the rest, for accounting
    std::optional<std::string> model_hmac;  ///< 32 bytes
};

/// What a tenant's writes need to know of it.
struct TenantStreams {
    Uuid tenant;
    Uuid state;   ///< id of its `state` stream
    Uuid access;  ///< id of its `access` stream
};

/// The caller's Idempotency-Key, as an HMAC, and the digest that tells another body from the same
/// one.
struct IdempotencyClaim {
    std::string key_hmac;        ///< 32 bytes
    std::string request_digest;  ///< 32 bytes
};

/// A new memory. `row` is what is stored, `plain` what the index receives; the committer fills both
/// with the assigned sequence, log_index and turn, so the caller keeps no other reference to
/// `plain`. A row with a key_hmac supersedes that key's current holder.
struct Insert {
    StoredMemory row;
    std::shared_ptr<Memory> plain;
    bool assign_turn = false;  ///< session given, turn absent: the session's last turn + 1
    EventDraft event;          ///< on `state`
};

/// Takes a memory and its embeddings out of every table.
struct Remove {
    Uuid memory;
    EventDraft event;  ///< on `state`
};

/// What feedback teaches, under the law it was admitted by: decided under the stream's lock, from
/// the tenant's newest row.
struct Teaching {
    LearningSignal signal;
    std::shared_ptr<const Constitution> law;
};

/// Feedback for an evaluation that has none: its claim sees to that.
struct AddFeedback {
    StoredFeedback row;
    EventDraft event;                       ///< on `state`
    std::optional<Teaching> teaching = {};  ///< absent: it teaches nothing
    std::optional<CoUse> co_use = {};       ///< absent: the memory graph hears nothing of it
};

/// Takes a tenant's weights back to an earlier version: that one, or so many steps back from the
/// newest. Comes alone in its group.
struct RollBackWeights {
    std::optional<std::uint64_t> version;
    std::uint64_t steps = 0;  ///< counts without a version
    std::shared_ptr<const Constitution> law;
    EventDraft event;  ///< on `state`
};

/// Brings what a tenant learnt within the bounds of a law that has changed, and records it.
struct ProjectWeights {
    std::shared_ptr<const Constitution> law;
    EventDraft event;  ///< on `state`
};

/// Ends a session: its working memory is what comes later.
struct EndSession {
    std::string session_hmac;  ///< 32 bytes
    EventDraft event;          ///< on `state`
};

/// Links one memory to another, or strengthens the link. Both ends must be there, and have room for
/// a link more when it is new.
struct PutLink {
    LinkKey key;
    double weight = kDefaultLinkWeight;  ///< in (0, 1]
    EventDraft event;                    ///< on `state`
};

/// Begins a subject's erasure or goes on with it: deletes what is left of it, at most kErasedAtOnce
/// of each kind. From the first such change on nothing is written under the key any more. Comes
/// alone in its group.
struct EraseSubject {
    Uuid erasure;
    std::string subject_hmac;  ///< 32 bytes
    std::string key_id;        ///< 16 bytes
    EventDraft event;          ///< on `state`
};

/// Ends an erasure whose rows and key are gone. Comes alone in its group.
struct FinishErasure {
    Uuid erasure;
    std::string receipt;  ///< canonical JSON
    EventDraft event;     ///< on `state`
};

/// Writes what the currents of verdicts made of links, and that they have flowed. Comes alone in
/// its group.
struct ApplyFlow {
    std::vector<std::uint64_t> verdicts;  ///< sequences, at least one
    std::vector<Gain> gains;
    EventDraft event;  ///< on `state`
};

using Change = std::variant<Insert, Remove, AddFeedback, EndSession, PutLink, EraseSubject,
                            FinishErasure, RollBackWeights, ProjectWeights, ApplyFlow>;

/// Steps of an update of the law. A proposal is named by its document's hash.
struct ProposeLaw {
    Document document;
};
struct SignLaw {
    std::string hash;
    Signature signature;
};
struct ActivateLaw {
    std::string hash;
};

/// A step, decided again under the lock of the law's pointer. Comes alone, and belongs to no
/// tenant.
struct LawChange {
    Uuid system;  ///< id of the `system` stream
    std::shared_ptr<const Chain>
        chain;  ///< verified by the caller: the store must stand at its end
    std::variant<ProposeLaw, SignLaw, ActivateLaw> step;
    EventDraft event;  ///< on `system`
};

/// The hash of the document that the step is about.
const std::string& law_hash(const LawChange& change);

/// An event on `access`, with the evaluation it records, if any.
struct AccessRecord {
    EventDraft event;
    std::optional<StoredEvaluation> evaluation;
};

/// The event of an answer that changes nothing, shared by its caller and the committer so that
/// either may write it down: the committer into the ledger or, once `elsewhere` is set, the caller
/// into the buffer. The event never changes. `elsewhere` is set before anything of the event leaves
/// for the buffer, and never taken back.
struct AnswerRecord {
    explicit AnswerRecord(EventDraft of) : event(std::move(of)) {}

    const EventDraft event;  ///< on `access`
    std::atomic<bool> elsewhere{false};
};

/// An event out of the buffer.
struct BufferedEvent {
    Time time;         ///< of its request
    EventDraft event;  ///< complete but for its sequence; of a tenant
};

/// Events that waited in the buffer: each is written unless the ledger has it. Comes alone.
struct Replay {
    std::vector<BufferedEvent> events;
    std::map<Uuid, Uuid> streams;  ///< id of the `access` stream of each tenant among them
};

/// Where a change landed.
struct Assigned {
    std::uint64_t sequence = 0;   ///< in its stream, from 1
    std::uint64_t log_index = 0;  ///< in the log, from 0
    std::optional<std::int32_t> turn = std::nullopt;
    std::optional<double> weight = std::nullopt;        ///< of a link, as it is now
    std::shared_ptr<const LearntRow> learnt = nullptr;  ///< the tenant's newest, if it added one

    friend bool operator==(const Assigned&, const Assigned&) = default;
};

/// What the caller is told. `body` is kept for replays; `digest`, when not empty, becomes the
/// answer_digest of the intent's `state` events (only now are the sequences in the answer known).
struct Answer {
    std::string body;
    std::string digest;  ///< lower-case hexadecimal
};

/// One request's writes: all of them happen or none. At least one change or a record, or a step of
/// the law or a replay and nothing else; a claim needs a change.
struct Intent {
    TenantStreams tenant;
    Time now;  ///< the request's; every event and row of the intent bears it
    Deadline deadline;
    std::optional<IdempotencyClaim> claim = {};
    std::vector<Change> changes = {};
    std::optional<AccessRecord> access = {};
    /// Called once per attempt with one entry per change, on the committer's thread. Needed with a
    /// claim.
    std::function<Answer(std::span<const Assigned>)> answer = {};
    /// Ids of the data keys that its rows are sealed under, each with its subject's HMAC.
    std::map<std::string, std::string> sealed_under = {};
    std::optional<LawChange> law = {};
    std::shared_ptr<const AnswerRecord> answered = {};
    std::optional<Replay> replay = {};
};

/// Rows the intent writes at most: the unit of the committer's limits.
std::size_t row_count(const Intent& intent);

/// Whether the intent may share its transaction with none: an erasure touches too many rows, a step
/// of the law is decided on what was found, a replay asks for each of its events.
bool comes_alone(const Intent& intent);

/// The places of those in the group whose event has been put elsewhere. To be asked for each plan
/// anew, and in a transaction that reads: once it holds the log's lock.
std::set<std::size_t> put_elsewhere(std::span<const Intent> group);

/// Durable. `superseded` is aligned with the intent's changes.
struct Committed {
    std::vector<Assigned> changes;
    std::vector<std::optional<Uuid>> superseded;
    std::optional<Assigned> access;
};
/// The same Idempotency-Key and body came before; nothing was written now.
struct Replayed {
    std::string answer;
};
/// The Idempotency-Key was used with another body; nothing was written.
struct IdempotencyReused {};
/// A memory to remove or to link is absent or another tenant's; nothing of the intent was written.
struct TargetMissing {
    Uuid memory;
};

/// A memory has as many links as it may; nothing of the intent was written.
struct TooManyLinks {
    Uuid memory;
};

/// There is no such earlier version of the weights; nothing was written.
struct WeightsMissing {
    std::uint64_t newest = 0;
};

/// The law's bounds hold what the tenant learnt; nothing was written.
struct WeightsInside {};

/// Of the verdicts that were to flow some have, by another process, or went with a memory; nothing
/// was written.
struct FlowKnown {};

/// A row of the intent is sealed under a key that is being erased; nothing of it was written.
struct SubjectErased {
    std::string subject_hmac;  ///< 32 bytes
};

/// What this erasure was to do has been done, by itself or by an earlier one of the same key;
/// nothing was written.
struct ErasureKnown {
    Uuid erasure;  ///< the one that counts
};

/// The store's newest version is not the end of the caller's chain; nothing was written.
struct LawMoved {};
/// What the step would do has been done; nothing was written.
struct LawKnown {};
/// There is no such proposal; nothing was written.
struct ProposalMissing {};
/// As many proposals are open as may be; nothing was written.
struct TooManyProposals {};

/// The caller has put the event into the buffer; nothing was written.
struct PutElsewhere {};
/// The ledger has every event of the replay.
struct EventsReplayed {
    std::size_t written = 0;  ///< now; the others were there
};

using Outcome =
    std::variant<Committed, Replayed, IdempotencyReused, TargetMissing, TooManyLinks, SubjectErased,
                 ErasureKnown, LawMoved, LawKnown, ProposalMissing, TooManyProposals, LawRefusal,
                 PutElsewhere, EventsReplayed, WeightsMissing, WeightsInside, FlowKnown>;

}  // namespace soma::domain
