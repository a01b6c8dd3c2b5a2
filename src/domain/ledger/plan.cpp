#include "domain/ledger/plan.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "domain/ledger/law_plan.h"
#include "domain/ledger/learning_plan.h"

namespace soma::domain {
namespace {

/// Until when the old holder of a key was valid: the new one's beginning, but inside its own
/// interval.
Time end_of_validity(const KeyHolder& old, const MemoryFacts& successor) {
    Time end = successor.valid_from.value_or(successor.created_at);
    if (old.valid_to) {
        end = std::min(end, *old.valid_to);
    }
    return old.valid_from ? std::max(end, *old.valid_from) : end;
}

/// From when a memory is valid: one that supersedes another begins where it ends it, so that of two
/// holders of a key one is true at a time.
std::optional<Time> begin_of_validity(const MemoryFacts& facts, bool supersedes) {
    const bool begins =
        supersedes && !facts.valid_from && (!facts.valid_to || facts.created_at < *facts.valid_to);
    return begins ? facts.created_at : facts.valid_from;
}

/// Carries the findings forward from intent to intent while the plan grows.
class Planner {
  public:
    explicit Planner(const Findings& findings) : now_(findings) {
        plan_.log_id = findings.log_id;
        plan_.log_size = findings.log_size;
    }

    void add(const Intent& intent) {
        const bool elsewhere = now_.elsewhere.contains(plan_.outcomes.size());
        plan_.outcomes.push_back(elsewhere ? Outcome(PutElsewhere{}) : decide(intent));
    }

    Plan take() { return std::move(plan_); }

  private:
    Outcome decide(const Intent& intent) {
        if (intent.law) {
            return decide_law(*intent.law, intent.now);
        }
        if (intent.replay) {
            return write_unseen(*intent.replay);
        }
        TenantFindings& found = now_.tenants[intent.tenant.tenant];
        if (intent.claim) {
            const auto earlier = found.answers.find(intent.claim->key_hmac);
            if (earlier != found.answers.end()) {
                if (earlier->second.request_digest != intent.claim->request_digest) {
                    return IdempotencyReused{};
                }
                return Replayed{earlier->second.answer};
            }
        }
        if (const auto* subject = erased_subject(intent, found)) {
            return SubjectErased{*subject};
        }
        if (const auto known = known_erasure(intent, found.erasure)) {
            return ErasureKnown{*known};
        }
        if (const auto missing = first_missing_target(intent, found)) {
            return TargetMissing{*missing};
        }
        if (const auto crowded = first_crowded_end(intent, found)) {
            return TooManyLinks{*crowded};
        }
        if (auto refused = refuse_learning(intent, found.learning)) {
            return *std::move(refused);
        }
        if (has_flowed(intent, found)) {
            return FlowKnown{};
        }
        return carry_out(intent, found);
    }

    Outcome decide_law(const LawChange& change, Time now) {
        SOMA_ASSERT(now_.law.has_value(), "the law was asked about");
        if (auto outcome = refuse_step(change, *now_.law, now)) {
            return std::move(*outcome);
        }
        const Assigned at = next(change.system);
        plan_.law = {&change, at, now};
        EventDraft draft = change.event;
        draft.stream = Stream::system;
        add_event(std::move(draft), now, at);
        return Committed{{at}, {std::nullopt}, std::nullopt};
    }

    /// The buffer may hold an event twice, as the ledger may have it already: whoever put it there
    /// could not know what became of it.
    EventsReplayed write_unseen(const Replay& replay) {
        EventsReplayed done;
        for (const BufferedEvent& buffered : replay.events) {
            if (now_.seen.insert(buffered.event.id).second) {
                const Uuid& tenant = buffered.event.tenant.value();
                add_event(buffered.event, buffered.time, next(replay.streams.at(tenant)));
                ++done.written;
            }
        }
        return done;
    }

    static const std::string* erased_subject(const Intent& intent, const TenantFindings& found) {
        for (const auto& [key, subject] : intent.sealed_under) {
            if (found.erased_keys.contains(key)) {
                return &subject;
            }
        }
        return nullptr;
    }

    /// The erasure to look at instead: its step has been taken, here or by another process.
    static std::optional<Uuid> known_erasure(const Intent& intent, const ErasureFindings& found) {
        for (const Change& change : intent.changes) {
            if (const auto* erase = std::get_if<EraseSubject>(&change)) {
                if (found.of_same_key) {
                    return found.of_same_key;
                }
                return found.state && found.state != ErasureState::rows_owed
                           ? std::optional(erase->erasure)
                           : std::nullopt;
            }
            if (const auto* finish = std::get_if<FinishErasure>(&change)) {
                return found.state != ErasureState::keys_owed ? std::optional(finish->erasure)
                                                              : std::nullopt;
            }
        }
        return std::nullopt;
    }

    /// Nothing of an intent may be written when one of its targets is missing, so this looks ahead.
    static std::optional<Uuid> first_missing_target(const Intent& intent,
                                                    const TenantFindings& found) {
        std::map<Uuid, bool> present;  // as this intent's own earlier changes leave it
        for (const Change& change : intent.changes) {
            if (const auto* insert = std::get_if<Insert>(&change)) {
                present[insert->row.facts.id] = true;
                continue;
            }
            if (const auto* link = std::get_if<PutLink>(&change)) {
                for (const Uuid* end : {&link->key.from, &link->key.to}) {
                    const auto known = present.find(*end);
                    if (known != present.end() ? !known->second
                                               : !is_there(*end, found, intent.now)) {
                        return *end;
                    }
                }
                continue;
            }
            const auto* remove = std::get_if<Remove>(&change);
            if (remove == nullptr) {
                continue;
            }
            const Uuid& target = remove->memory;
            const auto [here, unchanged] =
                present.try_emplace(target, found.targets.contains(target));
            if (!here->second) {
                return target;
            }
            here->second = false;
        }
        return std::nullopt;
    }

    static bool is_there(const Uuid& memory, const TenantFindings& found, Time now) {
        const auto end = found.link_ends.find(memory);
        return end != found.link_ends.end() &&
               !(end->second.expires_at && *end->second.expires_at <= now);
    }

    static std::optional<Uuid> first_crowded_end(const Intent& intent,
                                                 const TenantFindings& found) {
        std::map<Uuid, std::size_t> more;
        std::set<LinkKey> fresh;
        for (const Change& change : intent.changes) {
            const auto* link = std::get_if<PutLink>(&change);
            if (link == nullptr || found.links.contains(link->key) ||
                !fresh.insert(link->key).second) {
                continue;
            }
            for (const Uuid* end : {&link->key.from, &link->key.to}) {
                const auto known = found.link_ends.find(*end);
                const std::size_t links = known == found.link_ends.end() ? 0 : known->second.links;
                if (links + ++more[*end] > kMaxLinksPerMemory) {
                    return *end;
                }
            }
        }
        return std::nullopt;
    }

    /// A batch is written whole or not at all.
    static bool has_flowed(const Intent& intent, const TenantFindings& found) {
        return std::any_of(intent.changes.begin(), intent.changes.end(), [&](const auto& change) {
            const auto* flow = std::get_if<ApplyFlow>(&change);
            return flow != nullptr &&
                   !std::all_of(flow->verdicts.begin(), flow->verdicts.end(),
                                [&](auto verdict) { return found.verdicts.contains(verdict); });
        });
    }

    Committed carry_out(const Intent& intent, TenantFindings& found) {
        TenantWrites& writes = plan_.tenants[intent.tenant.tenant];
        Committed committed;
        const std::size_t first_change = plan_.changes.size();
        for (const Change& change : intent.changes) {
            PlannedChange planned{intent.tenant.tenant, &change, next(intent.tenant.state), {}, {}};
            if (const auto* insert = std::get_if<Insert>(&change)) {
                planned.at.turn = take_turn(*insert, found);
                plan_insert(*insert, planned, found, writes);
            } else if (const auto* remove = std::get_if<Remove>(&change)) {
                plan_remove(remove->memory, found, writes);
            } else if (const auto* feedback = std::get_if<AddFeedback>(&change)) {
                writes.feedback.push_back({&feedback->row, planned.at});
                plan_teaching(*feedback, intent.now, found.learning, planned, writes);
                plan_co_use(*feedback, intent.now, planned, found, writes);
            } else if (const auto* flow = std::get_if<ApplyFlow>(&change)) {
                writes.flow = flow;
            } else if (const auto* rollback = std::get_if<RollBackWeights>(&change)) {
                plan_rollback(*rollback, intent.now, found.learning, planned, writes);
            } else if (const auto* project = std::get_if<ProjectWeights>(&change)) {
                plan_projection(*project, intent.now, found.learning, planned, writes);
            } else if (const auto* end = std::get_if<EndSession>(&change)) {
                writes.ended_sessions[end->session_hmac] = planned.at.log_index;
            } else if (const auto* erase = std::get_if<EraseSubject>(&change)) {
                plan_erasure(*erase, intent.now, found.erasure, planned, writes);
            } else if (const auto* finish = std::get_if<FinishErasure>(&change)) {
                writes.receipt = {finish, planned.at, intent.now};
            } else {
                planned.links = {
                    plan_link(std::get<PutLink>(change), planned.at, intent.now, found, writes)};
                planned.at.weight = planned.links.front().weight;
            }
            committed.changes.push_back(planned.at);
            committed.superseded.push_back(
                planned.superseded ? std::optional(planned.superseded->memory) : std::nullopt);
            plan_.changes.push_back(std::move(planned));
        }
        for (const auto& [key, subject] : intent.sealed_under) {
            plan_.sealed_under.insert(key);
        }
        const Answer answer = intent.answer ? intent.answer(committed.changes) : Answer{};
        if (intent.claim) {
            found.answers[intent.claim->key_hmac] = {intent.claim->request_digest, answer.body};
            writes.answers.push_back({&*intent.claim, answer.body, intent.now});
        }
        for (std::size_t i = first_change; i < plan_.changes.size(); ++i) {
            add_change_event(intent, plan_.changes[i], answer.digest);
        }
        if (intent.access) {
            committed.access = plan_access(intent, intent.access->event);
            if (intent.access->evaluation) {
                writes.evaluations.push_back({&*intent.access->evaluation, *committed.access});
            }
        } else if (intent.answered) {
            committed.access = plan_access(intent, intent.answered->event);
        }
        return committed;
    }

    Assigned next(const Uuid& stream) {
        const auto last = now_.streams.find(stream);
        if (last == now_.streams.end()) {
            throw Error(ErrorKind::internal, "the tenant is not complete",
                        "no stream " + stream.to_string());
        }
        const std::uint64_t sequence = ++last->second;
        plan_.streams.try_emplace(stream, StreamMove{sequence - 1, 0}).first->second.to = sequence;
        return {sequence, plan_.log_size++, std::nullopt};
    }

    /// The turn given, or the session's last + 1; either way later ones count from it.
    static std::optional<std::int32_t> take_turn(const Insert& insert, TenantFindings& found) {
        const StoredMemory& row = insert.row;
        if (!row.session_hmac) {
            return row.facts.turn;
        }
        const auto [last, first_of_session] = found.last_turns.try_emplace(*row.session_hmac, -1);
        std::optional<std::int32_t> turn = row.facts.turn;
        if (insert.assign_turn) {
            if (last->second == std::numeric_limits<std::int32_t>::max()) {
                throw invalid("/turn", "the session has no turn left: its last is 2147483647");
            }
            turn = last->second + 1;
        }
        last->second = std::max(last->second, turn.value_or(-1));
        return turn;
    }

    static void plan_insert(const Insert& insert, PlannedChange& planned, TenantFindings& found,
                            TenantWrites& writes) {
        const MemoryFacts& facts = insert.row.facts;
        if (insert.row.key_hmac) {
            const auto [holder, free] = found.holders.try_emplace(*insert.row.key_hmac);
            if (!free) {
                const Time end = end_of_validity(holder->second, facts);
                planned.superseded = {holder->second.memory, end};
                supersede(holder->second.memory,
                          {facts.id, planned.at.sequence, facts.created_at, end}, writes);
            }
            planned.valid_from = begin_of_validity(facts, !free);
            holder->second = {facts.id, planned.valid_from, facts.valid_to};
        } else {
            planned.valid_from = facts.valid_from;
        }
        writes.memories[facts.id] = {
            &insert, planned.at, planned.valid_from, facts.valid_to, {}, {}, {}, {}};
        found.targets.insert(facts.id);
        found.link_ends[facts.id] = {facts.expires_at, 0};
    }

    static void supersede(const Uuid& old, const Supersession& by, TenantWrites& writes) {
        const auto fresh = writes.memories.find(old);
        if (fresh == writes.memories.end()) {
            writes.superseded[old] = by;
            return;
        }
        PlannedMemory& memory = fresh->second;
        memory.superseded_by = by.by;
        memory.superseded_sequence = by.sequence;
        memory.superseded_at = by.at;
        memory.given_valid_to = memory.valid_to;
        memory.valid_to = by.valid_to;
    }

    static Link plan_link(const PutLink& put, const Assigned& at, Time now, TenantFindings& found,
                          TenantWrites& writes) {
        const auto before = found.links.find(put.key);
        const bool is_new = before == found.links.end();
        Link link = reinforced_link(put.key, is_new ? std::nullopt : std::optional(before->second),
                                    put.weight, now);
        link.sequence = at.sequence;
        link.log_index = at.log_index;
        if (is_new) {
            ++found.link_ends[put.key.from].links;
            ++found.link_ends[put.key.to].links;
        }
        found.links[put.key] = link;
        writes.links[put.key] = link;
        return link;
    }

    /// A memory that is gone meanwhile is no reason to refuse the verdict on it.
    static void plan_co_use(const AddFeedback& feedback, Time now, PlannedChange& planned,
                            TenantFindings& found, TenantWrites& writes) {
        if (!feedback.co_use) {
            return;
        }
        writes.verdicts.push_back({&*feedback.co_use, planned.at, now});
        planned.links = strengthen(*feedback.co_use, now, found.links, found.link_ends);
        for (Link& link : planned.links) {
            link.sequence = planned.at.sequence;
            link.log_index = planned.at.log_index;
            found.links[link.key] = link;
            writes.links[link.key] = link;
        }
    }

    /// Alone in its group, so what was found is what is there.
    static void plan_erasure(const EraseSubject& erase, Time now, const ErasureFindings& rows,
                             PlannedChange& planned, TenantWrites& writes) {
        const bool is_all = rows.memories.size() < kErasedAtOnce &&
                            rows.evaluations.size() < kErasedAtOnce &&
                            rows.feedback.size() < kErasedAtOnce;
        const auto state = is_all ? ErasureState::keys_owed : ErasureState::rows_owed;
        writes.erasure = {&erase, planned.at, now, state, rows};
        planned.erased = rows.memories;
    }

    static void plan_remove(const Uuid& memory, TenantFindings& found, TenantWrites& writes) {
        found.targets.erase(memory);
        std::erase_if(found.holders,
                      [&](const auto& holder) { return holder.second.memory == memory; });
        writes.superseded.erase(memory);
        if (writes.memories.erase(memory) == 0) {
            writes.removed.insert(memory);
        }
        found.link_ends.erase(memory);
        const auto joins = [&](const auto& link) {
            return link.first.from == memory || link.first.to == memory;
        };
        std::erase_if(found.links, joins);
        std::erase_if(writes.links, joins);
    }

    void add_change_event(const Intent& intent, const PlannedChange& planned,
                          const std::string& answer_digest) {
        EventDraft draft =
            std::visit([](const auto& change) { return change.event; }, *planned.change);
        draft.stream = Stream::state;
        if (!answer_digest.empty()) {
            draft.answer_digest = answer_digest;
        }
        if (planned.superseded) {
            draft.supersedes.push_back(planned.superseded->memory);
        }
        draft.learning = planned.learning;
        draft.tenant = intent.tenant.tenant;
        add_event(std::move(draft), intent.now, planned.at);
    }

    Assigned plan_access(const Intent& intent, EventDraft draft) {
        const Assigned at = next(intent.tenant.access);
        draft.stream = Stream::access;
        draft.tenant = intent.tenant.tenant;
        add_event(std::move(draft), intent.now, at);
        return at;
    }

    void add_event(EventDraft draft, Time now, const Assigned& at) {
        std::string body = event_body(draft, at.sequence, now);
        std::string leaf = leaf_hash(body);
        plan_.events.push_back(
            {at.log_index, at.sequence, now, std::move(draft), std::move(body), std::move(leaf)});
    }

    Findings now_;
    Plan plan_;
};

}  // namespace

std::size_t Plan::row_count() const {
    std::size_t rows = events.size() + (law ? 2 : 0);
    for (const auto& [tenant, writes] : tenants) {
        rows += writes.memories.size() + writes.superseded.size() + writes.removed.size() +
                writes.answers.size() + writes.evaluations.size() + writes.ended_sessions.size() +
                writes.links.size() + writes.learnt.size() + writes.verdicts.size();
        if (writes.erasure) {
            const ErasureFindings& erased = writes.erasure->rows;
            rows += 1 + erased.memories.size() + erased.evaluations.size() + erased.feedback.size();
        }
        rows += writes.receipt ? 1 : 0;
        rows += writes.flow ? writes.flow->gains.size() + writes.flow->verdicts.size() : 0;
        for (const PlannedFeedback& feedback : writes.feedback) {
            rows += feedback.row->tokens ? 2 : 1;
        }
        for (const auto& [id, memory] : writes.memories) {
            rows += memory.insert->row.passages.size();
        }
    }
    return rows;
}

Plan make_plan(std::span<const Intent> group, const Findings& findings) {
    SOMA_ASSERT(group.size() == 1 || std::none_of(group.begin(), group.end(), comes_alone),
                "erasures and steps of the law come alone");
    Planner planner(findings);
    for (const Intent& intent : group) {
        planner.add(intent);
    }
    return planner.take();
}

std::vector<AppliedChange> applied_changes(const Plan& plan) {
    std::vector<AppliedChange> out;
    out.reserve(plan.changes.size());
    for (const PlannedChange& planned : plan.changes) {
        AppliedChange applied{planned.tenant, planned.at.sequence, {}, planned.at.learnt};
        if (const auto* insert = std::get_if<Insert>(planned.change)) {
            insert->plain->facts = insert->row.facts;
            insert->plain->facts.sequence = planned.at.sequence;
            insert->plain->facts.log_index = planned.at.log_index;
            insert->plain->facts.turn = planned.at.turn;
            insert->plain->facts.valid_from = planned.valid_from;
            Inserted inserted{insert->plain, std::nullopt, std::nullopt};
            if (planned.superseded) {
                inserted.superseded = planned.superseded->memory;
                inserted.superseded_valid_to = planned.superseded->valid_to;
            }
            applied.change = std::move(inserted);
        } else if (const auto* remove = std::get_if<Remove>(planned.change)) {
            applied.change = Removed{remove->memory};
        } else if (const auto* flow = std::get_if<ApplyFlow>(planned.change)) {
            applied.change = Flowed{flow->gains};
        } else if (!planned.links.empty()) {
            applied.change = Linked{planned.links};
        } else if (!planned.erased.empty()) {
            applied.change = Erased{planned.erased};
        } else {
            applied.change = Counted{};
        }
        out.push_back(std::move(applied));
    }
    return out;
}

}  // namespace soma::domain
