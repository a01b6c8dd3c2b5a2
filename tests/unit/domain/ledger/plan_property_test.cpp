#include <gtest/gtest.h>

#include "domain/ledger/plan.h"
#include "support/postgres/intents.h"
#include "support/property.h"

namespace soma::domain {
namespace {

using test::IntentBuilder;

/// What Postgres does with a plan, in a few lines: the model the plans are compared on.
struct ModelStore {
    struct Row {
        std::uint64_t sequence = 0;
        std::optional<std::string> key, session;
        std::optional<std::int32_t> turn;
        std::optional<Time> valid_from, valid_to;
        std::optional<Uuid> superseded_by;
        std::optional<std::uint64_t> superseded_sequence;
        std::optional<Time> superseded_at, given_valid_to;
        bool operator==(const Row&) const = default;
    };
    std::map<Uuid, std::uint64_t> streams;
    std::map<Uuid, Row> rows;
    std::map<std::string, std::pair<std::string, std::string>> answers;
    std::map<LinkKey, Link> links;
    std::vector<std::string> events;
    bool operator==(const ModelStore&) const = default;

    Findings read(const Uuid& tenant) const {
        Findings out;
        out.log_size = events.size();
        out.streams = streams;
        TenantFindings& found = out.tenants[tenant];
        for (const auto& [key, answer] : answers) {
            found.answers[key] = {answer.first, answer.second};
        }
        found.links = links;
        for (const auto& [id, row] : rows) {
            found.targets.insert(id);
            found.link_ends[id] = {};
            if (row.key && !row.superseded_by) {
                found.holders[*row.key] = {id, row.valid_from, row.valid_to};
            }
            if (row.session && row.turn) {
                auto& last = found.last_turns.try_emplace(*row.session, -1).first->second;
                last = std::max(last, *row.turn);
            }
        }
        return out;
    }

    void write(const Plan& plan) {
        for (const auto& [tenant, writes] : plan.tenants) {
            for (const auto& [id, change] : writes.superseded) {
                Row& row = rows.at(id);
                RC_ASSERT(!row.superseded_by);
                row.superseded_by = change.by;
                row.superseded_sequence = change.sequence;
                row.superseded_at = change.at;
                row.given_valid_to = row.valid_to;
                row.valid_to = change.valid_to;
            }
            for (const Uuid& id : writes.removed) {
                RC_ASSERT(rows.erase(id) == 1);
                std::erase_if(links, [&](const auto& link) {
                    return link.first.from == id || link.first.to == id;
                });
            }
            for (const auto& [key, link] : writes.links) {
                links[key] = link;
            }
            for (const auto& [id, memory] : writes.memories) {
                const StoredMemory& stored = memory.insert->row;
                rows[id] = {memory.at.sequence,   stored.key_hmac,
                            stored.session_hmac,  memory.at.turn,
                            memory.valid_from,    memory.valid_to,
                            memory.superseded_by, memory.superseded_sequence,
                            memory.superseded_at, memory.given_valid_to};
            }
            for (const PlannedAnswer& answer : writes.answers) {
                const bool fresh = answers
                                       .try_emplace(answer.claim->key_hmac,
                                                    answer.claim->request_digest, answer.answer)
                                       .second;
                RC_ASSERT(fresh);
            }
        }
        for (const PlannedEvent& event : plan.events) {
            RC_ASSERT(event.log_index == events.size());
            events.push_back(event.body);
        }
        for (const auto& [stream, move] : plan.streams) {
            RC_ASSERT(move.from == streams[stream]);
            streams[stream] = move.to;
        }
        RC_ASSERT(plan.log_size == events.size());
    }
};

/// A few ids, keys and sessions, so that intents meet often. `ids` are those that may be removed:
/// not the ones of sessions, because within a group a removal does not set the session's last turn
/// back.
Intent random_intent(const TenantStreams& tenant, std::vector<Uuid>& ids) {
    const auto pick = [](int count) { return *rc::gen::inRange(0, count); };
    IntentBuilder builder(tenant, Time(std::chrono::hours(pick(10))));
    if (pick(5) == 0) {
        return builder.access().build();
    }
    const int changes = 1 + pick(3);
    for (int i = 0; i < changes; ++i) {
        if (!ids.empty() && pick(3) == 0) {
            builder.remove(ids[static_cast<std::size_t>(pick(static_cast<int>(ids.size())))]);
            continue;
        }
        if (ids.size() >= 2 && pick(3) == 0) {
            const auto any = [&] {
                return ids[static_cast<std::size_t>(pick(static_cast<int>(ids.size())))];
            };
            builder.link({any(), any(), pick(2) == 0 ? "next" : "causes"}, (1 + pick(10)) / 10.0);
            continue;
        }
        const Uuid id = IntentBuilder::new_id();
        const int key = pick(4);
        const int session = pick(3);
        if (session == 0) {
            ids.push_back(id);
        }
        builder.insert(id, key == 0 ? "" : "key" + std::to_string(key),
                       session == 0 ? "" : "session" + std::to_string(session),
                       pick(4) == 0 ? std::optional(pick(20)) : std::nullopt);
    }
    if (pick(2) == 0) {
        builder.claim("claim" + std::to_string(pick(3)), "body" + std::to_string(pick(2)));
    }
    return builder.build();
}

std::string describe(const Outcome& outcome) {
    struct Describe {
        std::string operator()(const Committed& committed) const {
            std::string out = "committed";
            for (std::size_t i = 0; i < committed.changes.size(); ++i) {
                out += " " + std::to_string(committed.changes[i].sequence) + "/" +
                       std::to_string(committed.changes[i].log_index);
                if (committed.superseded[i]) {
                    out += " over " + committed.superseded[i]->to_string();
                }
            }
            return out;
        }
        std::string operator()(const PutElsewhere&) const { return "elsewhere"; }
        std::string operator()(const EventsReplayed&) const { return "events replayed"; }
        std::string operator()(const WeightsMissing&) const { return "no such weights"; }
        std::string operator()(const WeightsInside&) const { return "weights inside"; }
        std::string operator()(const FlowKnown&) const { return "has flowed"; }
        std::string operator()(const Replayed& replayed) const {
            return "replayed " + replayed.answer;
        }
        std::string operator()(const IdempotencyReused&) const { return "reused"; }
        std::string operator()(const TargetMissing& missing) const {
            return "missing " + missing.memory.to_string();
        }
        std::string operator()(const TooManyLinks& crowded) const {
            return "crowded " + crowded.memory.to_string();
        }
        std::string operator()(const SubjectErased&) const { return "erased"; }
        std::string operator()(const ErasureKnown& known) const {
            return "known " + known.erasure.to_string();
        }
        // Steps of the law come alone: law_plan_test.
        std::string operator()(const LawMoved&) const { return "moved"; }
        std::string operator()(const LawKnown&) const { return "known law"; }
        std::string operator()(const ProposalMissing&) const { return "no proposal"; }
        std::string operator()(const TooManyProposals&) const { return "too many"; }
        std::string operator()(const LawRefusal& refusal) const { return refusal.message; }
    };
    return std::visit(Describe{}, outcome);
}

TEST(PlanProperty, AGroupIsItsIntentsOneByOne) {
    test::property([] {
        const TenantStreams tenant{IntentBuilder::new_id(), IntentBuilder::new_id(),
                                   IntentBuilder::new_id()};
        ModelStore grouped;
        grouped.streams = {{tenant.state, 0}, {tenant.access, 0}};
        ModelStore single = grouped;
        std::vector<Uuid> ids;
        const int groups = *rc::gen::inRange(1, 4);
        for (int g = 0; g < groups; ++g) {
            std::vector<Intent> group;
            const int count = *rc::gen::inRange(1, 8);
            for (int i = 0; i < count; ++i) {
                group.push_back(random_intent(tenant, ids));
            }
            const Plan whole = make_plan(group, grouped.read(tenant.tenant));
            grouped.write(whole);
            for (std::size_t i = 0; i < group.size(); ++i) {
                const Plan one =
                    make_plan(std::span(group).subspan(i, 1), single.read(tenant.tenant));
                single.write(one);
                RC_ASSERT(describe(whole.outcomes[i]) == describe(one.outcomes[0]));
            }
            RC_ASSERT(grouped == single);
        }
    });
}

}  // namespace
}  // namespace soma::domain
