#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/retrieval/corpus.h"
#include "domain/retrieval/modules.h"
#include "domain/retrieval/rescoring/figures.h"
#include "domain/retrieval/score.h"
#include "math/quantize.h"

namespace soma::domain {

/// When a search looks at everything, and how much it looks at otherwise. `./dev bench index`
/// prints both sides: they cost the same at some 2,000 passages, and at 10,000 choosing costs a
/// fifth and keeps .9994 of the whole scan's top 10. Up to the default here a whole scan stays
/// under 0.3 ms, a quarter of what a recall may take, and owes nothing to what the signs of a
/// vector tell.
struct SearchLimits {
    std::size_t exact_passages = 5'000;      ///< scopes up to this are scored whole
    std::size_t dense_candidates = 1'000;    ///< passages by sign bits
    std::size_t lexical_candidates = 1'000;  ///< passages by BM25
};

/// What to look for. Pure data: `time.now` comes from the request.
struct SearchRequest {
    std::string_view text;                          ///< lexical and facet; empty: both are 0
    const math::QuantizedVector* vector = nullptr;  ///< dense; null: 0. Of the corpus's dimension
    TimeScope time{};
    ViewWeights weights = default_weights();
    std::size_t top_k = 10;                ///< ≥ 1
    const math::Bitmap* filter = nullptr;  ///< rows that may answer (rows_passing)
    /// Computed even where their views weigh nothing; a view that weighs something always is.
    Modules explained{};
    Walk walk = Walk::said;  ///< how links are ranked
    SearchLimits limits{};
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
    std::size_t scope = 0;       ///< passages of memories in scope that pass the filter
    std::size_t candidates = 0;  ///< memories scored
    bool exact = true;           ///< every memory in scope was scored
    /// How much of the query the memory covers that covers most of it (covered); nullopt: the
    /// query lacks its text or its vector, and half of it says too little.
    std::optional<double> coverage;
    ModuleFigures figures;
};

/// Scores the memories in scope (all of them, or from `exact_passages` on the best by sign bits,
/// the best by BM25, and their neighbours in their sessions) and returns the best. Density and
/// bridge look again at what scores best without them. Deterministic:
/// equal memories, whatever order of changes led to them, and equal requests give equal results. A
/// vector of another dimension throws Error invalid_argument at "/embedding". Safe from many
/// threads on a corpus nobody changes; each thread keeps its working space between calls.
SearchResult search(const Corpus& corpus, const SearchRequest& request);

}  // namespace soma::domain
