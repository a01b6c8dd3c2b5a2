#include "backends/index/tenant.h"

namespace soma::backends {

Index::Tenant::Outcome Index::Tenant::follow(const domain::AppliedChange& change) {
    if (change.sequence <= sequence) {
        return Outcome::repeated;
    }
    if (change.sequence != sequence + 1) {
        return Outcome::gap;
    }
    if (const auto* inserted = std::get_if<domain::Inserted>(&change.change)) {
        if (inserted->superseded) {
            const domain::MemoryFacts& successor = inserted->memory->facts;
            corpus.supersede(*inserted->superseded,
                             {successor.id, change.sequence, successor.created_at,
                              inserted->superseded_valid_to.value_or(successor.created_at)});
        }
        corpus.add(*inserted->memory);
    } else if (const auto* removed = std::get_if<domain::Removed>(&change.change)) {
        corpus.remove(removed->id);
    } else if (const auto* erased = std::get_if<domain::Erased>(&change.change)) {
        for (const Uuid& memory : erased->ids) {
            corpus.remove(memory);
        }
    } else if (const auto* linked = std::get_if<domain::Linked>(&change.change)) {
        for (const domain::Link& link : linked->links) {
            corpus.put_link(link);
        }
    } else if (const auto* flowed = std::get_if<domain::Flowed>(&change.change)) {
        for (const domain::Gain& gain : flowed->gains) {
            corpus.set_gain(gain);
        }
    }
    sequence = change.sequence;
    count();
    return Outcome::applied;
}

Index::Tenant::Outcome Index::Tenant::finish_load(domain::Corpus loaded,
                                                  std::uint64_t loaded_sequence) {
    const std::lock_guard turnstile(mutex);
    const std::lock_guard exclusive(corpus_lock);
    corpus = std::move(loaded);
    sequence = loaded_sequence;
    count();
    Outcome outcome = pending_overflowed ? Outcome::gap : Outcome::applied;
    while (!pending.empty() && outcome != Outcome::gap) {
        outcome = follow(pending.front());
        pending.pop_front();
    }
    pending.clear();
    pending_overflowed = false;
    phase = outcome == Outcome::gap ? Phase::absent : Phase::ready;
    changed.notify_all();
    return outcome;
}

void Index::Tenant::fail_load(const std::string& reason) {
    const std::lock_guard turnstile(mutex);
    pending.clear();
    pending_overflowed = false;
    phase = Phase::absent;
    ++failures;
    failure = reason;
    changed.notify_all();
}

void Index::Tenant::count() {
    bytes = corpus.structure_bytes() + corpus.content_bytes();
    memories = corpus.size();
}

}  // namespace soma::backends
