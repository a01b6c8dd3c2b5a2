#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/unicode.h"
#include "domain/memory/memory.h"
#include "domain/retrieval/search.h"
#include "domain/retrieval/text.h"

namespace soma::domain::testing {

/// The definition of the search, computed from a plain list of memories without any index: every
/// quantity from scratch, every choice by sorting. What `search` must equal, to the last bit.
class NaiveSearch {
  public:
    std::vector<Memory> memories;  ///< supersessions kept up to date; removed ones erased
    Time latest = Time::min();     ///< of all writes
    std::function<bool(const Memory&)> filter = [](const Memory&) { return true; };

    std::vector<Hit> search(const SearchRequest& request) const { return rank(prepared(request)); }

    std::optional<double> coverage(const SearchRequest& request) const {
        if (request.text.empty() || request.vector == nullptr) {
            return std::nullopt;
        }
        const Query query = prepared(request);
        const std::string facet = facet_of(query);
        double most = 0;
        for (const Memory* memory : query.candidates) {
            const bool named = !facet.empty() && memory->content.speaker == facet;
            for (const Passed& passed : query.passages.at(memory)) {
                most = std::max(most,
                                0.5 * passed.dense + 0.5 * passed.of_all_words + (named ? 0.2 : 0));
            }
        }
        return std::nearbyint(std::min(most, 1.0) * 1e6) / 1e6;
    }

    std::vector<const Memory*> scope_of(TimeScope time) const {
        time.now = std::max(time.now, latest);
        std::vector<const Memory*> scope;
        for (const Memory& memory : memories) {
            if (in_scope(validity_of(memory.facts), time) && !gives_way(memory, time) &&
                filter(memory)) {
                scope.push_back(&memory);
            }
        }
        return scope;
    }

    // Of a key's memories that are valid then, the one recorded last counts.
    bool gives_way(const Memory& memory, const TimeScope& time) const {
        return !time.at_any_time && is_superseded(validity_of(memory.facts), time) &&
               std::any_of(memories.begin(), memories.end(), [&](const Memory& other) {
                   return other.content.key == memory.content.key &&
                          other.facts.sequence > memory.facts.sequence &&
                          in_scope(validity_of(other.facts), time);
               });
    }

  private:
    struct Passed {
        double dense = 0;
        double lexical = 0;
        double of_all_words = 0;  // as lexical, words that occur nowhere counting too
        double bm25 = 0;
        int distance = 0;
        double cosine = 0;
    };
    struct Query {
        const SearchRequest& request;
        std::vector<const Memory*> scope;
        std::vector<std::string> terms;
        double idf_sum;
        double idf_of_all;
        std::map<const Memory*, std::vector<Passed>> passages;
        std::set<const Memory*> candidates;
    };

    Query prepared(const SearchRequest& request) const {
        Query query{request, scope_of(request.time), query_terms(request.text), 0, 0, {}, {}};
        query.idf_sum = idf_sum(query.terms);
        query.idf_of_all = query.idf_sum;
        const Statistics all = statistics();
        for (const auto& term : query.terms) {
            query.idf_of_all +=
                all.frequency.contains(term) ? 0 : std::log(1 + (all.texts + 0.5) / 0.5);
        }
        score_passages(query);
        choose(query);
        return query;
    }

    static std::vector<std::string> terms_of(const Memory& memory, const Passage& passage) {
        return lexical_terms(
            lexical_text(memory.facts.occurred_at, memory.content.speaker,
                         memory.content.text.substr(passage.begin, passage.end - passage.begin)));
    }

    struct Statistics {
        double texts = 0;
        double length = 0;
        std::map<std::string, double> frequency;
    };
    Statistics statistics() const {
        Statistics result;
        for (const Memory& memory : memories) {
            for (const Passage& passage : memory.passages) {
                const auto terms = terms_of(memory, passage);
                result.texts += 1;
                result.length += static_cast<double>(terms.size());
                for (const auto& term : std::set<std::string>(terms.begin(), terms.end())) {
                    result.frequency[term] += 1;
                }
            }
        }
        return result;
    }

    static double idf(const Statistics& statistics, const std::string& term) {
        const auto found = statistics.frequency.find(term);
        return found == statistics.frequency.end()
                   ? 0
                   : std::log(1 + (statistics.texts - found->second + 0.5) / (found->second + 0.5));
    }

    double idf_sum(const std::vector<std::string>& terms) const {
        const Statistics all = statistics();
        double sum = 0;
        for (const auto& term : terms) {
            sum += idf(all, term);
        }
        return sum;
    }

    void score_passages(Query& query) const {
        const Statistics all = statistics();
        const double mean = all.texts > 0 ? all.length / all.texts : 0;
        for (const Memory* memory : query.scope) {
            for (const Passage& passage : memory->passages) {
                Passed passed;
                const auto terms = terms_of(*memory, passage);
                const auto length = static_cast<double>(terms.size());
                for (const auto& term : query.terms) {
                    const auto tf =
                        static_cast<double>(std::count(terms.begin(), terms.end(), term));
                    if (tf > 0) {
                        // k1 = .9, b = .4, written as offset + slope · length like the product.
                        const double norm = 0.9 * (1 - 0.4) + 0.9 * 0.4 / mean * length;
                        passed.bm25 += idf(all, term) * (tf * (0.9 + 1) / (tf + norm));
                    }
                }
                if (query.idf_sum > 0) {
                    passed.lexical =
                        std::clamp(2 * passed.bm25 / ((0.9 + 1) * query.idf_sum), 0.0, 1.0);
                }
                if (query.idf_of_all > 0) {
                    passed.of_all_words =
                        std::clamp(2 * passed.bm25 / ((0.9 + 1) * query.idf_of_all), 0.0, 1.0);
                }
                if (query.request.vector != nullptr) {
                    const auto& q = query.request.vector->values;
                    const auto& x = passage.vector.values;
                    std::int64_t dot = 0;
                    std::int64_t qq = 0;
                    std::int64_t xx = 0;
                    for (std::size_t i = 0; i < q.size(); ++i) {
                        dot += q[i] * x[i];
                        qq += q[i] * q[i];
                        xx += x[i] * x[i];
                        passed.distance += (q[i] > 0) != (x[i] > 0) ? 1 : 0;
                    }
                    const double inverse_q = qq > 0 ? 1 / std::sqrt(static_cast<double>(qq)) : 0;
                    const double inverse_x = xx > 0 ? 1 / std::sqrt(static_cast<double>(xx)) : 0;
                    passed.cosine = static_cast<double>(dot) * inverse_q * inverse_x;
                    passed.dense = std::clamp(passed.cosine / 0.6, 0.0, 1.0);
                }
                query.passages[memory].push_back(passed);
            }
        }
    }

    // Every memory in scope, or by the limits the dense and lexical best and their neighbours.
    static void choose(Query& query) {
        struct One {
            const Memory* memory;
            std::size_t passage;
            Passed passed;
        };
        std::vector<One> all;
        for (const Memory* memory : query.scope) {
            for (std::size_t i = 0; i < memory->passages.size(); ++i) {
                all.push_back({memory, i, query.passages[memory][i]});
            }
        }
        const SearchLimits& limits = query.request.limits;
        if (all.size() <= limits.exact_passages) {
            query.candidates.insert(query.scope.begin(), query.scope.end());
            return;
        }
        const auto order = [](const One& one) {
            return std::tuple(one.memory->facts.sequence, one.passage);
        };
        std::set<const Memory*> chosen;
        if (query.request.vector != nullptr) {
            std::sort(all.begin(), all.end(), [&](const One& a, const One& b) {
                return a.passed.distance < b.passed.distance;
            });
            const int last = all[std::min(limits.dense_candidates, all.size()) - 1].passed.distance;
            std::vector<One> near;
            std::copy_if(all.begin(), all.end(), std::back_inserter(near),
                         [&](const One& one) { return one.passed.distance <= last; });
            std::sort(near.begin(), near.end(), [&](const One& a, const One& b) {
                return std::tuple(-a.passed.cosine, order(a)) <
                       std::tuple(-b.passed.cosine, order(b));
            });
            for (std::size_t i = 0; i < near.size() && i < 2 * limits.dense_candidates; ++i) {
                chosen.insert(near[i].memory);
            }
        }
        std::sort(all.begin(), all.end(), [&](const One& a, const One& b) {
            return std::tuple(-a.passed.bm25, order(a)) < std::tuple(-b.passed.bm25, order(b));
        });
        for (std::size_t i = 0; i < std::min(limits.lexical_candidates, all.size()); ++i) {
            if (all[i].passed.bm25 > 0) {
                chosen.insert(all[i].memory);
            }
        }
        query.candidates = chosen;
        for (const Memory* memory : chosen) {
            const auto [before, after] = neighbours(query, memory);
            for (const Memory* neighbour : {before, after}) {
                if (neighbour != nullptr) {
                    query.candidates.insert(neighbour);
                }
            }
        }
    }

    static std::vector<const Memory*> session_of(const Query& query, const Memory* memory) {
        std::vector<const Memory*> turns;
        for (const Memory* other : query.scope) {
            if (!memory->content.session_id.empty() &&
                other->content.session_id == memory->content.session_id) {
                turns.push_back(other);
            }
        }
        std::sort(turns.begin(), turns.end(), [](const Memory* a, const Memory* b) {
            return std::tuple(a->facts.turn.value_or(-1), a->facts.sequence) <
                   std::tuple(b->facts.turn.value_or(-1), b->facts.sequence);
        });
        return turns;
    }

    static std::pair<const Memory*, const Memory*> neighbours(const Query& query,
                                                              const Memory* memory) {
        const auto turns = session_of(query, memory);
        const auto place = std::find(turns.begin(), turns.end(), memory);
        if (place == turns.end()) {
            return {nullptr, nullptr};
        }
        return {place == turns.begin() ? nullptr : *(place - 1),
                place + 1 == turns.end() ? nullptr : *(place + 1)};
    }

    static double blend_of(const Query& query, const Memory* memory) {
        double best = 0;
        if (memory != nullptr && query.candidates.contains(memory)) {
            for (const Passed& passed : query.passages.at(memory)) {
                best = std::max(best, 0.5 * passed.dense + 0.5 * passed.lexical);
            }
        }
        return best;
    }

    static double session_value(const Query& query, const Memory* memory) {
        std::vector<double> blends;
        for (const Memory* other : session_of(query, memory)) {
            blends.push_back(blend_of(query, other));
        }
        std::sort(blends.rbegin(), blends.rend());
        double sum = 0;
        const std::size_t counted = std::min<std::size_t>(3, blends.size());
        for (std::size_t i = 0; i < counted; ++i) {
            sum += blends[i];
        }
        return counted > 0 ? sum / static_cast<double>(counted) : 0;
    }

    static std::string facet_of(const Query& query) {
        std::set<std::string> named;
        for (const Memory* memory : query.scope) {
            if (find_whole_word(query.request.text, memory->content.speaker)) {
                named.insert(memory->content.speaker);
            }
        }
        return named.size() == 1 ? *named.begin() : "";
    }

    static std::vector<Hit> rank(const Query& query) {
        const std::string facet = facet_of(query);
        const ViewWeights& weights = query.request.weights;
        std::vector<Hit> hits;
        for (const Memory* memory : query.candidates) {
            Hit hit;
            hit.id = memory->facts.id;
            hit.sequence = memory->facts.sequence;
            double best = -1;
            const auto& passages = query.passages.at(memory);
            for (std::size_t i = 0; i < passages.size(); ++i) {
                const double own = weights[View::dense] * passages[i].dense +
                                   weights[View::lexical] * passages[i].lexical;
                if (own > best) {
                    best = own;
                    hit.passage = static_cast<std::uint32_t>(i);
                    hit.values[View::dense] = passages[i].dense;
                    hit.values[View::lexical] = passages[i].lexical;
                }
            }
            hit.values[View::facet] = !facet.empty() && memory->content.speaker == facet ? 1 : 0;
            const auto [before, after] = neighbours(query, memory);
            // At either end of a session, the memory stands in for the neighbour it lacks.
            const bool in_session = !memory->content.session_id.empty();
            hit.values[View::previous] =
                in_session ? blend_of(query, before != nullptr ? before : memory) : 0;
            hit.values[View::next] =
                in_session ? blend_of(query, after != nullptr ? after : memory) : 0;
            hit.values[View::session] = session_value(query, memory);
            const double days = std::chrono::duration<double, std::micro>(
                                    query.request.time.now -
                                    memory->facts.occurred_at.value_or(memory->facts.created_at))
                                    .count() /
                                (30.0 * 86400 * 1e6);
            hit.values[View::recency] = std::exp2(-std::max(days, 0.0));
            double sum = 0;
            for (std::size_t v = 0; v < view_count; ++v) {
                sum += weights.numbers[v] * hit.values.numbers[v];
            }
            hit.score = std::nearbyint(sum * 1e6) / 1e6;
            hits.push_back(hit);
        }
        std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
            return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
        });
        hits.resize(std::min(hits.size(), query.request.top_k));
        return hits;
    }
};

}  // namespace soma::domain::testing
