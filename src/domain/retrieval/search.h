#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/retrieval/corpus.h"
#include "domain/retrieval/score.h"
#include "math/quantize.h"

namespace soma::domain {

/// What to look for. Pure data: `now` comes from the request.
struct SearchRequest {
    std::string_view text;                          ///< lexical and facet; empty: both are 0
    const math::QuantizedVector* vector = nullptr;  ///< dense; null: 0. Of the corpus's dimension
    Time now{};
    ViewWeights weights = default_weights();
    std::size_t top_k = 10;  ///< ≥ 1
};

/// One memory found.
struct Hit {
    Corpus::Slot slot = 0;
    std::uint32_t passage = 0;  ///< the memory's best: its score is the memory's
    Uuid id;
    std::uint64_t sequence = 0;
    double score = 0;  ///< score_of(values, weights)
    ViewValues values;
};

/// Hits ordered by score, then by lower sequence.
struct SearchResult {
    std::vector<Hit> hits;
    std::size_t scope = 0;       ///< memories current at `now`
    std::size_t candidates = 0;  ///< of them, scored
    bool exact = true;           ///< every memory in scope was scored
};

/// Deterministic: equal corpora (whatever order of changes led to them) and requests give equal
/// results. Throws Error invalid_argument when the vector's dimension is not the corpus's.
/// Thread-safe on a corpus nobody changes.
SearchResult search(const Corpus& corpus, const SearchRequest& request);

}  // namespace soma::domain
