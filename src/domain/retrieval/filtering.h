#pragma once
#include <cstdint>
#include <vector>

#include "domain/filter/filter.h"
#include "domain/memory/time_scope.h"
#include "domain/retrieval/corpus.h"
#include "math/scan/bitmap.h"

namespace soma::domain {

/// The rows (passages) of the memories for which the filter holds, in scope or not: a filter for
/// Corpus::scope. `valid_to` is asked as it had been recorded (TimeScope::as_of).
math::Bitmap rows_passing(const Corpus& corpus, const Filter& filter, const TimeScope& time);

/// The memories of `rows` after sequence `after`, at most `limit`, in order of sequence.
std::vector<Corpus::Slot> first_after(const Corpus& corpus, const math::Bitmap& rows,
                                      std::uint64_t after, std::size_t limit);

}  // namespace soma::domain
