#include "domain/memory/time_scope.h"

namespace soma::domain {
namespace {

bool recorded_by(const AsOf& as_of, std::uint64_t sequence, Time at) {
    const auto* time = std::get_if<Time>(&as_of);
    return time != nullptr ? at <= *time : sequence <= std::get<std::uint64_t>(as_of);
}

}  // namespace

Validity validity_of(const MemoryFacts& facts) {
    return {.sequence = facts.sequence,
            .created_at = facts.created_at,
            .valid_from = facts.valid_from.value_or(Time::min()),
            .valid_to = facts.valid_to.value_or(Time::max()),
            .expires_at = facts.expires_at.value_or(Time::max()),
            .superseded_sequence = facts.superseded_sequence.value_or(0),
            .superseded_at = facts.superseded_at.value_or(Time::max()),
            .given_valid_to = facts.given_valid_to.value_or(Time::max())};
}

Time valid_time(const TimeScope& scope) {
    const auto* recorded = scope.as_of ? std::get_if<Time>(&*scope.as_of) : nullptr;
    return scope.valid_at.value_or(recorded != nullptr ? *recorded : scope.now);
}

bool is_recorded(const Validity& memory, const TimeScope& scope) {
    return scope.now < memory.expires_at &&
           (!scope.as_of || recorded_by(*scope.as_of, memory.sequence, memory.created_at));
}

bool is_superseded(const Validity& memory, const TimeScope& scope) {
    return memory.superseded_sequence != 0 &&
           (!scope.as_of ||
            recorded_by(*scope.as_of, memory.superseded_sequence, memory.superseded_at));
}

Time valid_until(const Validity& memory, const TimeScope& scope) {
    return memory.superseded_sequence == 0 || is_superseded(memory, scope) ? memory.valid_to
                                                                           : memory.given_valid_to;
}

bool in_scope(const Validity& memory, const TimeScope& scope) {
    const Time at = valid_time(scope);
    return is_recorded(memory, scope) &&
           (scope.at_any_time || (memory.valid_from <= at && at < valid_until(memory, scope)));
}

MemoryFacts as_recorded(MemoryFacts facts, const TimeScope& scope) {
    if (facts.superseded_by && !is_superseded(validity_of(facts), scope)) {
        facts.valid_to = facts.given_valid_to;
        facts.superseded_by.reset();
        facts.superseded_sequence.reset();
        facts.superseded_at.reset();
        facts.given_valid_to.reset();
    }
    return facts;
}

}  // namespace soma::domain
