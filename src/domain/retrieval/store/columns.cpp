#include "domain/retrieval/store/columns.h"

#include <optional>

namespace soma::domain {
namespace {

std::int64_t number_of(const std::optional<Time>& time) {
    return time ? Columns::number_of(*time) : Columns::absent;
}

Time time_of(std::int64_t number, Time otherwise) {
    return number == Columns::absent ? otherwise : Time(Time::duration(number));
}

}  // namespace

void Columns::put(std::uint32_t slot, const MemoryFacts& facts) {
    const std::array<std::int64_t, count> numbers = {
        static_cast<std::int64_t>(facts.sequence),
        number_of(facts.created_at),
        domain::number_of(facts.occurred_at),
        domain::number_of(facts.valid_from),
        domain::number_of(facts.valid_to),
        domain::number_of(facts.expires_at),
        facts.turn ? std::int64_t{*facts.turn} : absent,
        facts.importance ? number_of(*facts.importance) : absent,
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (columns_[i].size() <= slot) {
            columns_[i].resize(std::size_t{slot} + 1, absent);
        }
        columns_[i][slot] = numbers[i];
    }
}

Validity Columns::validity(std::uint32_t slot) const {
    Validity out;
    out.sequence = static_cast<std::uint64_t>(at(Name::sequence, slot));
    out.created_at = time_of(at(Name::created_at, slot), Time::min());
    out.valid_from = time_of(at(Name::valid_from, slot), Time::min());
    out.valid_to = time_of(at(Name::valid_to, slot), Time::max());
    out.expires_at = time_of(at(Name::expires_at, slot), Time::max());
    return out;
}

}  // namespace soma::domain
