#include "domain/retrieval/filtering.h"

#include <algorithm>

#include "math/scan/select.h"

namespace soma::domain {
namespace {

using Name = Columns::Name;

Name column_of(FilterField field) {
    switch (field) {
        case FilterField::created_at:
            return Name::created_at;
        case FilterField::occurred_at:
            return Name::occurred_at;
        case FilterField::valid_from:
            return Name::valid_from;
        case FilterField::valid_to:
            return Name::valid_to;
        case FilterField::turn:
            return Name::turn;
        default:
            return Name::importance;
    }
}

/// The condition's value in the column's form.
std::int64_t number_of(const FilterValue& value, Name column) {
    if (const auto* time = std::get_if<Time>(&value)) {
        return Columns::number_of(*time);
    }
    const double number = std::get<double>(value);
    return column == Name::turn ? static_cast<std::int64_t>(number) : Columns::number_of(number);
}

/// Calls ask(column, holds) with the condition's comparison, chosen outside of the loop.
template <typename Ask>
auto compared(const FilterCondition& condition, Name column, Ask ask) {
    using Number = std::int64_t;
    if (condition.op == FilterOp::exists) {
        return ask(column, [](Number) { return true; });
    }
    if (condition.op == FilterOp::in) {
        std::vector<Number> wanted;
        for (const FilterValue& value : condition.values) {
            wanted.push_back(number_of(value, column));
        }
        std::sort(wanted.begin(), wanted.end());
        return ask(column, [&wanted](Number number) {
            return std::binary_search(wanted.begin(), wanted.end(), number);
        });
    }
    const Number wanted = number_of(condition.values.front(), column);
    switch (condition.op) {
        case FilterOp::lt:
            return ask(column, [wanted](Number number) { return number < wanted; });
        case FilterOp::lte:
            return ask(column, [wanted](Number number) { return number <= wanted; });
        case FilterOp::gt:
            return ask(column, [wanted](Number number) { return number > wanted; });
        case FilterOp::gte:
            return ask(column, [wanted](Number number) { return number >= wanted; });
        default:
            return ask(column, [wanted](Number number) { return number == wanted; });
    }
}

class Filtering {
  public:
    Filtering(const Corpus& corpus, const TimeScope& time) : corpus_(corpus), time_(time) {}

    /// The slots for which the filter holds; free slots are in or out.
    math::Bitmap slots(const Filter& filter) const {
        if (filter.kind == Filter::Kind::condition) {
            return filter.condition.field >= FilterField::created_at ? numbers(filter.condition)
                                                                     : values(filter.condition);
        }
        math::Bitmap out = slots(filter.parts.front());
        for (std::size_t i = 1; i < filter.parts.size(); ++i) {
            const math::Bitmap part = slots(filter.parts[i]);
            if (filter.kind == Filter::Kind::all) {
                out.intersect(part);
            } else {
                out.unite(part);
            }
        }
        if (filter.kind == Filter::Kind::none) {
            out.invert();
        }
        return out;
    }

  private:
    math::Bitmap values(const FilterCondition& condition) const {
        math::Bitmap out(corpus_.slot_end());
        corpus_.values().collect(condition, out);
        if (condition.field == FilterField::metadata) {
            for (const Corpus::Slot slot : corpus_.unlisted()) {
                if (has_value(slot, condition)) {
                    out.set(slot);
                }
            }
        }
        return out;
    }

    bool has_value(Corpus::Slot slot, const FilterCondition& condition) const {
        const auto values = metadata_values(corpus_.entry(slot).record.metadata());
        return std::any_of(values.begin(), values.end(), [&](const NamedValue& named) {
            return named.name == condition.name &&
                   (named.value ? satisfies(*named.value, named.is_item, condition)
                                : condition.op == FilterOp::exists);
        });
    }

    math::Bitmap numbers(const FilterCondition& condition) const {
        const Name column = column_of(condition.field);
        math::Bitmap out = compared(condition, column, [&](Name name, auto holds) {
            return corpus_.columns().where(name, holds);
        });
        if (condition.field == FilterField::valid_to && time_.as_of) {
            mend_valid_to(condition, out);
        }
        return out;
    }

    /// Columns hold what is recorded now; supersessions since may have brought the end forward.
    void mend_valid_to(const FilterCondition& condition, math::Bitmap& out) const {
        for (const auto& [slot, supersession] : corpus_.supersessions()) {
            const Time end = valid_until(corpus_.validity(slot), time_);
            const bool holds =
                end != Time::max() && compared(condition, Name::valid_to, [&](Name, auto compare) {
                    return compare(Columns::number_of(end));
                });
            if (holds) {
                out.set(slot);
            } else {
                out.reset(slot);
            }
        }
    }

    const Corpus& corpus_;
    const TimeScope& time_;
};

}  // namespace

math::Bitmap rows_passing(const Corpus& corpus, const Filter& filter, const TimeScope& time) {
    return corpus.rows_of(Filtering(corpus, time).slots(filter));
}

std::vector<Corpus::Slot> first_after(const Corpus& corpus, const math::Bitmap& rows,
                                      std::uint64_t after, std::size_t limit) {
    std::vector<Corpus::Slot> slots;
    rows.for_each([&](std::size_t row) {
        const auto& [slot, next, passage] = corpus.row(static_cast<std::uint32_t>(row));
        if (passage == 0 && corpus.entry(slot).sequence > after) {
            slots.push_back(slot);
        }
    });
    math::keep_best(slots, limit, [&](Corpus::Slot a, Corpus::Slot b) {
        return corpus.entry(a).sequence < corpus.entry(b).sequence;
    });
    return slots;
}

}  // namespace soma::domain
