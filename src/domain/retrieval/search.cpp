#include "domain/retrieval/search.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>

#include "base/error.h"
#include "domain/retrieval/coverage.h"
#include "domain/retrieval/rescoring/bridge.h"
#include "domain/retrieval/rescoring/density.h"
#include "domain/retrieval/text.h"
#include "math/scan/select.h"
#include "math/weights.h"

namespace soma::domain {
namespace {

using Slot = Corpus::Slot;

constexpr std::chrono::microseconds recency_half_life = std::chrono::days(30);

// One memory that may be returned: its best passage under the request's weights, its blend b, and
// its neighbours in scope, which are looked for once.
struct Candidate {
    Slot slot = nothing;
    Slot previous = nothing;
    Slot next = nothing;
    std::uint32_t passage = 0;
    double dense = 0;
    double lexical = 0;
    double own = -1;  // a_dense φ_dense + a_lexical φ_lexical of the best passage
    double blend = 0;
    double covered = 0;  // as blend, its share of the query's words being that of all of them
};

// A candidate's place in the order of answers.
struct Ranked {
    double score = 0;
    std::uint64_t sequence = 0;
    std::uint32_t place = 0;
};

// The best blends of a session's candidates.
struct SessionBest {
    std::array<double, 3> best{};
    std::uint32_t candidates = 0;

    void offer(double value) {
        ++candidates;
        for (double& place : best) {
            if (value > place) {
                std::swap(value, place);
            }
        }
    }
};

// Working space, kept by each thread: clearing only what a search touched costs less than fresh
// pages. Between searches `lexical` is all 0, `candidate_of` all `nothing`, `sessions` all empty.
struct Space {
    std::vector<double> cosines;
    std::vector<double> lexical;
    std::vector<std::uint32_t> touched;
    std::vector<std::uint32_t> candidate_of;
    std::vector<Candidate> candidates;
    std::vector<SessionBest> sessions;

    void fit(const Corpus& corpus) {
        cosines.resize(std::max(cosines.size(), corpus.row_end()));
        lexical.resize(std::max(lexical.size(), corpus.row_end()), 0);
        candidate_of.resize(std::max(candidate_of.size(), corpus.slot_end()), nothing);
        sessions.resize(std::max(sessions.size(), corpus.session_end()));
    }
    void clear(const Corpus& corpus) {
        for (const std::uint32_t row : touched) {
            lexical[row] = 0;
        }
        touched.clear();
        for (const Candidate& candidate : candidates) {
            candidate_of[candidate.slot] = nothing;
            if (const auto session = corpus.entry(candidate.slot).session; session != nothing) {
                sessions[session] = {};
            }
        }
        candidates.clear();
    }
};

class Search {
  public:
    Search(const Corpus& corpus, const SearchRequest& request, Space& space)
        : corpus_(corpus),
          request_(request),
          space_(space),
          scope_(corpus.scope(request.time, request.filter)) {
        if (request.vector != nullptr && corpus.dimension() > 0) {
            query_.emplace(*request.vector);
        }
        space_.fit(corpus);
    }
    ~Search() { space_.clear(corpus_); }
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;

    SearchResult run() {
        SearchResult result;
        result.scope = scope_.count();
        result.exact = result.scope <= request_.limits.exact_passages;
        idf_ = corpus_.postings().accumulate(bm25_, query_terms(request_.text), space_.lexical,
                                             space_.touched);
        if (result.exact) {
            score_everything();
        } else {
            score_chosen();
        }
        gather_sessions();
        if (is_wanted(View::graph)) {
            rank_links();
        }
        find_facet();
        look_again();
        result.candidates = space_.candidates.size();
        result.coverage = coverage();
        result.hits = best_hits();
        result.figures = figures_;
        return result;
    }

  private:
    bool in_scope(Slot slot) const { return scope_.test(corpus_.place(slot).first_row); }

    // Passages --------------------------------------------------------------------------------

    void score_everything() {
        if (query_) {
            corpus_.vectors().cosines(*query_, scope_, space_.cosines);
        }
        scope_.for_each([&](std::size_t row) {
            Candidate& candidate = candidate_for(corpus_.row(static_cast<std::uint32_t>(row)).slot);
            take_passage(candidate, static_cast<std::uint32_t>(row),
                         query_ ? space_.cosines[row] : 0);
        });
    }

    void score_chosen() {
        std::vector<std::uint32_t> rows;
        if (query_) {
            choose_dense(rows);
        }
        choose_lexical(rows);
        // What was chosen lies far apart in memory: all of it is asked for before any is read.
        for (const std::uint32_t row : rows) {
            __builtin_prefetch(&corpus_.row(row));
            __builtin_prefetch(&space_.lexical[row]);
        }
        for (const std::uint32_t row : rows) {
            __builtin_prefetch(&space_.candidate_of[corpus_.row(row).slot]);
            __builtin_prefetch(&corpus_.entry(corpus_.row(row).slot));
            __builtin_prefetch(&corpus_.place(corpus_.row(row).slot));
        }
        for (const std::uint32_t row : rows) {
            candidate_for(corpus_.row(row).slot);
        }
        // A turn's neighbours are scored too: their b is what the turn's own score takes from them.
        const std::size_t chosen = space_.candidates.size();
        for (std::size_t i = 0; i < chosen; ++i) {
            for (const Slot neighbour :
                 {space_.candidates[i].previous, space_.candidates[i].next}) {
                if (neighbour != nothing) {
                    candidate_for(neighbour);
                }
            }
        }
        rows.clear();
        for (const Candidate& candidate : space_.candidates) {
            for (std::uint32_t row = corpus_.place(candidate.slot).first_row; row != nothing;
                 row = corpus_.row(row).next_row) {
                rows.push_back(row);
            }
        }
        if (query_) {
            corpus_.vectors().cosines(*query_, rows, space_.cosines);
        }
        for (const std::uint32_t row : rows) {
            take_passage(candidate_for(corpus_.row(row).slot), row,
                         query_ ? space_.cosines[row] : 0);
        }
    }

    bool comes_before(std::uint32_t a, std::uint32_t b) const {
        const auto& x = corpus_.row(a);
        const auto& y = corpus_.row(b);
        const std::uint64_t first = corpus_.entry(x.slot).sequence;
        const std::uint64_t second = corpus_.entry(y.slot).sequence;
        return first != second ? first < second : x.passage < y.passage;
    }

    void choose_dense(std::vector<std::uint32_t>& rows) const {
        const std::size_t wanted = request_.limits.dense_candidates;
        for (const math::Near& near : corpus_.vectors().nearest_sketches(*query_, scope_, wanted)) {
            rows.push_back(near.row);
        }
        if (rows.size() <= 2 * wanted) {
            return;
        }
        // Ties at the last distance are all there. A flood of them (copies of one text, or vectors
        // whose signs are all alike) is cut by what sign bits cannot tell.
        corpus_.vectors().cosines(*query_, rows, space_.cosines);
        math::keep_best(rows, 2 * wanted, [&](std::uint32_t a, std::uint32_t b) {
            const double x = space_.cosines[a];
            const double y = space_.cosines[b];
            return x != y ? x > y : comes_before(a, b);
        });
    }

    void choose_lexical(std::vector<std::uint32_t>& rows) const {
        std::vector<std::uint32_t> matching;
        std::copy_if(space_.touched.begin(), space_.touched.end(), std::back_inserter(matching),
                     [&](std::uint32_t row) { return scope_.test(row); });
        if (matching.size() > request_.limits.lexical_candidates) {
            const auto cut =
                matching.begin() + static_cast<std::ptrdiff_t>(request_.limits.lexical_candidates);
            std::nth_element(matching.begin(), cut, matching.end(),
                             [&](std::uint32_t a, std::uint32_t b) {
                                 const double x = space_.lexical[a];
                                 const double y = space_.lexical[b];
                                 return x != y ? x > y : comes_before(a, b);
                             });
            matching.erase(cut, matching.end());
        }
        rows.insert(rows.end(), matching.begin(), matching.end());
    }

    Candidate& candidate_for(Slot slot) {
        std::uint32_t& place = space_.candidate_of[slot];
        if (place == nothing) {
            place = static_cast<std::uint32_t>(space_.candidates.size());
            space_.candidates.push_back(
                {.slot = slot, .previous = previous_of(slot), .next = next_of(slot)});
        }
        return space_.candidates[place];
    }

    void take_passage(Candidate& candidate, std::uint32_t row, double cosine) const {
        const double dense = dense_value(cosine);
        const double lexical = bm25_.normalised(space_.lexical[row], idf_.occurring);
        const double share = bm25_.normalised(space_.lexical[row], idf_.all);
        candidate.blend = std::max(candidate.blend, blend(dense, lexical));
        candidate.covered = std::max(candidate.covered, blend(dense, share));
        const double own =
            request_.weights[View::dense] * dense + request_.weights[View::lexical] * lexical;
        const std::uint32_t passage = corpus_.row(row).passage;
        if (own > candidate.own || (own == candidate.own && passage < candidate.passage)) {
            candidate.own = own;
            candidate.passage = passage;
            candidate.dense = dense;
            candidate.lexical = lexical;
        }
    }

    // Sessions --------------------------------------------------------------------------------

    Slot previous_of(Slot slot) const {
        do {
            slot = corpus_.place(slot).previous;
        } while (slot != nothing && !in_scope(slot));
        return slot;
    }
    Slot next_of(Slot slot) const {
        do {
            slot = corpus_.place(slot).next;
        } while (slot != nothing && !in_scope(slot));
        return slot;
    }
    // b outside the candidates counts 0. Where the session ends there is no neighbour: the memory's
    // own b stands in, or first and last turns would lose for their place alone (measured: + 0.6 to
    // 0.9 points of recall@10).
    double neighbour_blend(const Candidate& candidate, Slot neighbour) const {
        if (neighbour == nothing) {
            return candidate.blend;
        }
        const std::uint32_t place = space_.candidate_of[neighbour];
        return place == nothing ? 0 : space_.candidates[place].blend;
    }

    void gather_sessions() {
        for (const Candidate& candidate : space_.candidates) {
            if (const auto session = corpus_.entry(candidate.slot).session; session != nothing) {
                space_.sessions[session].offer(candidate.blend);
            }
        }
    }

    // The mean of the min(3, n) best b, n counting the session's memories in scope.
    double session_value(std::uint32_t session) const {
        const SessionBest& found = space_.sessions[session];
        std::uint32_t counted = std::min(found.candidates, 3U);
        if (counted < 3) {
            counted = 0;
            for (const Slot slot : corpus_.session(session)) {
                counted += in_scope(slot) ? 1 : 0;
                if (counted == 3) {
                    break;
                }
            }
        }
        return (found.best[0] + found.best[1] + found.best[2]) / counted;
    }

    // Links -----------------------------------------------------------------------------------

    // Walkers start at what was found, in proportion to b, and keep to what may answer.
    void rank_links() {
        const auto scoped = [&](const Uuid& id) {
            const auto slot = corpus_.find(id);
            return slot && in_scope(*slot);
        };
        const auto blend_of = [&](const Uuid& id) {
            const std::uint32_t place = space_.candidate_of[corpus_.find(id).value()];
            return place == nothing ? 0.0 : space_.candidates[place].blend;
        };
        ranks_ = corpus_.links().ranks(scoped, blend_of, figures_, request_.walk);
    }

    // A second look ---------------------------------------------------------------------------

    bool is_wanted(View view) const {
        return request_.weights[view] != 0 || request_.explained.has(module_of(view).value());
    }

    std::vector<double> vector_of(const Candidate& candidate) const {
        const auto codes = corpus_.vector(candidate.slot, candidate.passage).values;
        return {codes.begin(), codes.end()};  // Its scale says nothing of its direction.
    }

    // Both ask what the first hits mean: without the query's own meaning they are silent.
    void look_again() {
        const bool by_density = is_wanted(View::density);
        const bool by_bridge = is_wanted(View::bridge) && !request_.text.empty();
        if (!query_ || (!by_density && !by_bridge)) {
            return;
        }
        const auto first = best(kBridgeHits);
        if (by_density) {
            density_ = densities(std::span(first).first(std::min(kDensityHits, first.size())));
        }
        if (by_bridge) {
            bridge_ = bridge_values(first);
        }
    }

    std::vector<double> densities(std::span<const Ranked> first) {
        std::vector<double> memories;
        std::vector<double> scores;
        for (const Ranked& one : first) {
            const auto vector = vector_of(space_.candidates[one.place]);
            memories.insert(memories.end(), vector.begin(), vector.end());
            scores.push_back(one.score);
        }
        const auto& codes = request_.vector->values;
        const auto look = look_by_density(std::vector<double>(codes.begin(), codes.end()), memories,
                                          scores, figures_);
        std::vector<double> values;
        if (look) {
            for (const Candidate& candidate : space_.candidates) {
                values.push_back(look->value(vector_of(candidate)));
            }
        }
        return shares_of_greatest(std::move(values));
    }

    std::vector<double> bridge_values(std::span<const Ranked> first) {
        std::vector<math::QuantizedVector> vectors;
        std::vector<double> words;
        std::vector<double> meaning;
        for (const Ranked& one : first) {
            const Candidate& candidate = space_.candidates[one.place];
            vectors.push_back(corpus_.vector(candidate.slot, candidate.passage));
            words.push_back(candidate.lexical);
            meaning.push_back(candidate.dense);
        }
        const auto masses = shares_of_greatest(bridge_masses(vectors, words, meaning, figures_));
        std::vector<double> values(space_.candidates.size(), 0.0);
        for (std::size_t i = 0; i < first.size(); ++i) {
            values[first[i].place] = masses[i];
        }
        return values;
    }

    // Scores ----------------------------------------------------------------------------------

    void find_facet() {
        const auto named = corpus_.speakers_named(request_.text, scope_);
        facet_ = named.size() == 1 ? named.front() : nothing;
    }
    bool has_facet(const Corpus::Entry& entry) const {
        return entry.speaker != nothing && entry.speaker == facet_;
    }

    std::optional<double> coverage() const {
        if (request_.vector == nullptr || request_.text.empty()) {
            return std::nullopt;
        }
        double most = 0;
        for (const Candidate& candidate : space_.candidates) {
            most = std::max(most,
                            covered(candidate.covered, has_facet(corpus_.entry(candidate.slot))));
        }
        return rounded(most);
    }

    ViewValues values_of(std::uint32_t place) const {
        const Candidate& candidate = space_.candidates[place];
        const Corpus::Entry& entry = corpus_.entry(candidate.slot);
        ViewValues values;
        values[View::dense] = candidate.dense;
        values[View::lexical] = candidate.lexical;
        values[View::facet] = has_facet(entry) ? 1 : 0;
        if (entry.session != nothing) {
            values[View::previous] = neighbour_blend(candidate, candidate.previous);
            values[View::next] = neighbour_blend(candidate, candidate.next);
            values[View::session] = session_value(entry.session);
        }
        const auto rank = ranks_.find(entry.id);
        values[View::graph] = rank == ranks_.end() ? 0 : rank->second;
        const std::chrono::duration<double, std::micro> age = request_.time.now - entry.when;
        values[View::recency] =
            math::recency(age.count(), static_cast<double>(recency_half_life.count()));
        values[View::density] = density_.empty() ? 0 : density_[place];
        values[View::bridge] = bridge_.empty() ? 0 : bridge_[place];
        return values;
    }

    std::vector<Ranked> best(std::size_t count) const {
        std::vector<Ranked> ranked;
        ranked.reserve(space_.candidates.size());
        for (std::uint32_t place = 0; place < space_.candidates.size(); ++place) {
            ranked.push_back({score_of(values_of(place), request_.weights),
                              corpus_.entry(space_.candidates[place].slot).sequence, place});
        }
        math::keep_best(ranked, count, [](const Ranked& a, const Ranked& b) {
            return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
        });
        return ranked;
    }

    std::vector<Hit> best_hits() const {
        std::vector<Hit> hits;
        for (const Ranked& one : best(request_.top_k)) {
            const Candidate& candidate = space_.candidates[one.place];
            hits.push_back({candidate.slot, candidate.passage, corpus_.entry(candidate.slot).id,
                            one.sequence, one.score, values_of(one.place)});
        }
        return hits;
    }

    const Corpus& corpus_;
    const SearchRequest& request_;
    Space& space_;
    const math::Bitmap scope_;
    const math::Bm25 bm25_;
    std::optional<VectorQuery> query_;
    IdfSums idf_;
    std::uint32_t facet_ = nothing;
    std::unordered_map<Uuid, double> ranks_;  // of linked memories, when they are asked for
    std::vector<double> density_;             // by candidate, as bridge_; empty: all 0
    std::vector<double> bridge_;
    ModuleFigures figures_;
};

}  // namespace

SearchResult search(const Corpus& corpus, const SearchRequest& request) {
    SOMA_ASSERT(request.top_k >= 1, "a search asks for at least one memory");
    if (request.vector != nullptr && corpus.dimension() > 0 &&
        request.vector->dimension() != corpus.dimension()) {
        throw invalid("/embedding", "must have the tenant's dimension");
    }
    thread_local Space space;
    return Search(corpus, request, space).run();
}

}  // namespace soma::domain
