#include "domain/ledger/intent.h"

#include <algorithm>

namespace soma::domain {

const std::string& law_hash(const LawChange& change) {
    struct Hash {
        const std::string& operator()(const ProposeLaw& step) { return step.document.hash; }
        const std::string& operator()(const SignLaw& step) { return step.hash; }
        const std::string& operator()(const ActivateLaw& step) { return step.hash; }
    };
    return std::visit(Hash{}, change.step);
}

std::size_t row_count(const Intent& intent) {
    std::size_t rows = intent.claim ? 1 : 0;
    for (const Change& change : intent.changes) {
        rows += 2;  // the event and the memory or feedback
        if (const auto* insert = std::get_if<Insert>(&change)) {
            rows += insert->row.passages.size();
        }
        if (const auto* flow = std::get_if<ApplyFlow>(&change)) {
            rows += flow->gains.size() + flow->verdicts.size() - 1;  // and the event
        }
        if (const auto* feedback = std::get_if<AddFeedback>(&change)) {
            rows += feedback->row.tokens ? 1 : 0;
            rows += feedback->teaching ? kMostRowsOfAVerdict : 0;
            rows += feedback->co_use ? 1 + co_use_keys(*feedback->co_use).size() : 0;
        }
    }
    rows += intent.law ? 3 : 0;  // the event, the version or signature, the pointer
    if (intent.access) {
        rows += intent.access->evaluation ? 2 : 1;
    }
    rows += intent.answered ? 1 : 0;
    rows += intent.replay ? intent.replay->events.size() : 0;
    return rows;
}

bool comes_alone(const Intent& intent) {
    return intent.law || intent.replay ||
           std::any_of(intent.changes.begin(), intent.changes.end(), [](const Change& change) {
               return std::holds_alternative<EraseSubject>(change) ||
                      std::holds_alternative<FinishErasure>(change) ||
                      std::holds_alternative<RollBackWeights>(change) ||
                      std::holds_alternative<ProjectWeights>(change) ||
                      std::holds_alternative<ApplyFlow>(change);
           });
}

std::set<std::size_t> put_elsewhere(std::span<const Intent> group) {
    std::set<std::size_t> places;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (group[i].answered && group[i].answered->elsewhere.load(std::memory_order_acquire)) {
            places.insert(i);
        }
    }
    return places;
}

}  // namespace soma::domain
