#include "services/search/search.h"

#include <algorithm>

#include "base/error.h"
#include "domain/filter/parse.h"
#include "domain/memory/embedding.h"
#include "domain/retrieval/filtering.h"

namespace soma::services {
namespace {

FoundMemory copy_out(const domain::Corpus& corpus, const domain::Hit& hit) {
    return {.hit = hit,
            .facts = corpus.facts(hit.slot),
            .content = corpus.content(hit.slot, hit.passage),
            .truncated = corpus.truncated(hit.slot, hit.passage),
            .vector = corpus.vector(hit.slot, hit.passage)};
}

std::optional<math::Bitmap> passing_rows(const domain::Corpus& corpus,
                                         const std::optional<domain::Filter>& filter,
                                         const domain::TimeScope& time) {
    return filter ? std::optional(domain::rows_passing(corpus, *filter, time)) : std::nullopt;
}

void observe(telemetry::Invariants& invariants, const domain::ModuleFigures& figures) {
    using enum telemetry::Invariant;
    const auto see = [&](telemetry::Invariant invariant, const std::optional<double>& figure) {
        if (figure) {
            invariants.see(invariant, *figure);
        }
    };
    see(density_trace, figures.density_trace);
    see(density_negative, figures.density_negative);
    see(pagerank_residual, figures.pagerank_residual);
    see(pagerank_sum, figures.pagerank_sum);
    see(bridge_margin, figures.bridge_margin);
}

domain::Walk walk_of(const backends::TenantRow& tenant) {
    return tenant.modules.has(domain::Module::conductance) ? domain::Walk::learnt
                                                           : domain::Walk::said;
}

}  // namespace

/// The state sequence that a token names; 0 without a token.
std::uint64_t Searcher::sequence_of(const backends::TenantRow& tenant, std::string_view token,
                                    const std::string& field, const Deadline& deadline) {
    if (token.empty()) {
        return 0;
    }
    const auto state = domain::StateToken::parse(token);
    if (!state) {
        throw invalid(field, "is no state_token");
    }
    if (state->epoch != tenant.epoch) {
        throw Error(ErrorKind::conflict,
                    "the state_token is of another epoch: the state was restored since")
            .at(field);
    }
    check_written(tenant, state->sequence, field, deadline);
    return state->sequence;
}

/// Nobody may wait, and hold a worker, for a state that nobody ever wrote.
void Searcher::check_written(const backends::TenantRow& tenant, std::uint64_t sequence,
                             const std::string& field, const Deadline& deadline) {
    if (sequence > 0 && !index_.holds(tenant.id, sequence) &&
        sequence > memories_.state_sequence(tenant.state_stream_id, deadline)) {
        throw Error(ErrorKind::conflict, "is ahead of everything that was written").at(field);
    }
}

Searcher::Asked Searcher::asked(const backends::TenantRow& tenant, const ScopeQuery& scope,
                                Time now, const Deadline& deadline) {
    Asked asked;
    if (!scope.filter.empty()) {
        asked.filter = domain::parse_filter(scope.filter, "/filter");
    }
    asked.time.now = now;
    asked.time.valid_at = parse_rfc3339(scope.valid_at);
    asked.time.at_any_time = scope.at_any_time;
    asked.at_least = sequence_of(tenant, scope.at_least, "/at_least", deadline);
    if (const auto time = parse_rfc3339(scope.as_of)) {
        asked.time.as_of = *time;
    } else if (!scope.as_of.empty()) {
        if (!domain::StateToken::parse(scope.as_of)) {
            throw invalid("/as_of", "must be an RFC 3339 time or a state_token");
        }
        const std::uint64_t sequence = sequence_of(tenant, scope.as_of, "/as_of", deadline);
        asked.time.as_of = sequence;
        asked.at_least = std::max(asked.at_least, sequence);
    }
    return asked;
}

std::optional<math::QuantizedVector> Searcher::embed(const backends::TenantRow& tenant,
                                                     const SearchQuery& query, const Asked& asked,
                                                     const Deadline& deadline) {
    const auto dimension = static_cast<std::size_t>(tenant.dimension);
    if (!query.embedding.empty()) {
        return domain::stored_form(query.embedding, dimension, "/embedding");
    }
    if (tenant.model != embedder_.model()) {
        return std::nullopt;  // The tenant's vectors are its own: the text still serves the other
                              // views.
    }
    // The lease ends before embedding starts: milliseconds in which changes could not be applied.
    const std::string text = index_.read(tenant.id, asked.at_least, deadline)
                                 .corpus()
                                 .strip_names(query.text, asked.time);
    const auto timer = parts_.time(telemetry::Part::embed);
    return domain::stored_form(queries_.embed(text, deadline), dimension, "/query");
}

Found Searcher::search(const backends::TenantRow& tenant, const SearchQuery& query, Time now,
                       const Deadline& deadline) {
    const Asked asked = this->asked(tenant, query.scope, now, deadline);
    const auto weights = domain::weights_under(tenant.modules, query.weights, query.views);
    const auto vector = embed(tenant, query, asked, deadline);
    const auto lease = index_.read(tenant.id, asked.at_least, deadline);
    const auto timer = parts_.time(telemetry::Part::search);
    const auto passing = passing_rows(lease.corpus(), asked.filter, asked.time);
    const auto result =
        domain::search(lease.corpus(), {.text = query.text,
                                        .vector = vector ? &*vector : nullptr,
                                        .time = asked.time,
                                        .weights = weights,
                                        .top_k = query.top_k,
                                        .filter = passing ? &*passing : nullptr,
                                        .explained = query.explained & tenant.modules,
                                        .walk = walk_of(tenant)});
    observe(invariants_, result.figures);
    Found found;
    found.weights = weights;
    found.query = vector.value_or(math::QuantizedVector{
        0, std::vector<std::int8_t>(static_cast<std::size_t>(tenant.dimension))});
    for (const auto& hit : result.hits) {
        found.memories.push_back(copy_out(lease.corpus(), hit));
    }
    found.state = {tenant.epoch, lease.sequence()};
    found.coverage = result.coverage;
    return found;
}

Listed Searcher::list(const backends::TenantRow& tenant, const ScopeQuery& scope,
                      const std::optional<domain::PageCursor>& cursor, std::size_t limit, Time now,
                      const Deadline& deadline) {
    Asked asked = this->asked(tenant, scope, now, deadline);
    if (cursor && cursor->epoch != tenant.epoch) {
        throw Error(ErrorKind::conflict,
                    "the cursor is of another epoch: the state was restored since")
            .at("/cursor");
    }
    if (cursor) {
        check_written(tenant, cursor->state, "/cursor", deadline);
        asked.at_least = std::max(asked.at_least, cursor->state);
    }
    const auto lease = index_.read(tenant.id, asked.at_least, deadline);
    const auto timer = parts_.time(telemetry::Part::search);
    const domain::Corpus& corpus = lease.corpus();
    Listed listed;
    listed.state = {tenant.epoch, cursor ? cursor->state : lease.sequence()};
    // Pinned, so that what is written between two pages neither adds to them nor takes away.
    asked.time.now = corpus.not_before_last_write(now);
    asked.time.valid_at = cursor ? cursor->valid_at : domain::valid_time(asked.time);
    if (!asked.time.as_of) {
        asked.time.as_of = listed.state.sequence;
    }
    const auto passing = passing_rows(corpus, asked.filter, asked.time);
    const auto rows = corpus.scope(asked.time, passing ? &*passing : nullptr);
    for (const auto slot :
         domain::first_after(corpus, rows, cursor ? cursor->after : 0, limit + 1)) {
        listed.memories.push_back(corpus.entry(slot).id);
    }
    listed.is_all = listed.memories.size() <= limit;
    listed.memories.resize(std::min(listed.memories.size(), limit));
    listed.time = asked.time;
    return listed;
}

}  // namespace soma::services
