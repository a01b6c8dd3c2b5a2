#include "domain/ledger/plan.h"

namespace soma::domain {
namespace {

void ask_replay(const Replay& replay, Questions& out) {
    for (const auto& [tenant, stream] : replay.streams) {
        out.streams.insert(stream);
    }
    auto& ids = out.events.emplace();
    for (const BufferedEvent& buffered : replay.events) {
        ids.push_back(buffered.event.id);
    }
}

void ask_learning(const Change& change, TenantQuestions& out) {
    const auto* feedback = std::get_if<AddFeedback>(&change);
    if ((feedback != nullptr && feedback->teaching) ||
        std::holds_alternative<ProjectWeights>(change)) {
        out.learning.emplace();
    }
    if (const auto* rollback = std::get_if<RollBackWeights>(&change)) {
        out.learning = {rollback->version, rollback->steps};
    }
}

void ask_graph(const Change& change, TenantQuestions& out) {
    if (const auto* feedback = std::get_if<AddFeedback>(&change); feedback && feedback->co_use) {
        const auto keys = co_use_keys(*feedback->co_use);
        out.links.insert(keys.begin(), keys.end());
    }
    if (const auto* flow = std::get_if<ApplyFlow>(&change)) {
        out.verdicts.insert(flow->verdicts.begin(), flow->verdicts.end());
    }
}

}  // namespace

Questions questions(std::span<const Intent> group) {
    Questions out;
    for (const Intent& intent : group) {
        if (intent.law) {
            out.streams.insert(intent.law->system);
            out.law = law_hash(*intent.law);
            continue;
        }
        if (intent.replay) {
            ask_replay(*intent.replay, out);
            continue;
        }
        if (!intent.changes.empty()) {
            out.streams.insert(intent.tenant.state);
        }
        if (intent.access || intent.answered) {
            out.streams.insert(intent.tenant.access);
        }
        TenantQuestions& tenant = out.tenants[intent.tenant.tenant];
        if (intent.claim) {
            tenant.claims.insert(intent.claim->key_hmac);
        }
        for (const auto& [key, subject] : intent.sealed_under) {
            tenant.sealed_under.insert(key);
        }
        for (const Change& change : intent.changes) {
            if (const auto* erase = std::get_if<EraseSubject>(&change)) {
                tenant.erasure = {erase->erasure, erase->subject_hmac, erase->key_id};
                continue;
            }
            if (const auto* finish = std::get_if<FinishErasure>(&change)) {
                tenant.erasure = {finish->erasure, {}, {}};
                continue;
            }
            if (const auto* remove = std::get_if<Remove>(&change)) {
                tenant.targets.insert(remove->memory);
                continue;
            }
            if (const auto* link = std::get_if<PutLink>(&change)) {
                tenant.links.insert(link->key);
            }
            ask_learning(change, tenant);
            ask_graph(change, tenant);
            const auto* insert = std::get_if<Insert>(&change);
            if (insert != nullptr && insert->row.key_hmac) {
                tenant.keys.insert(*insert->row.key_hmac);
            }
            if (insert != nullptr && insert->assign_turn && insert->row.session_hmac) {
                tenant.sessions.insert(*insert->row.session_hmac);
            }
        }
    }
    return out;
}

}  // namespace soma::domain
