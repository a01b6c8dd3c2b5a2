#include "services/search/search.h"

#include "base/error.h"
#include "domain/memory/embedding.h"

namespace soma::services {
namespace {

/// The state sequence a token asks for; 0 without a token.
std::uint64_t asked_sequence(std::string_view at_least, std::uint64_t epoch) {
    if (at_least.empty()) {
        return 0;
    }
    const auto token = domain::StateToken::parse(at_least);
    if (!token) {
        throw invalid("/at_least", "is no state_token");
    }
    if (token->epoch != epoch) {
        throw Error(ErrorKind::conflict,
                    "the state_token is of another epoch: the state was restored since")
            .at("/at_least");
    }
    return token->sequence;
}

FoundMemory copy_out(const domain::Corpus& corpus, const domain::Hit& hit) {
    return {.hit = hit,
            .facts = corpus.facts(hit.slot),
            .content = corpus.content(hit.slot, hit.passage),
            .truncated = corpus.truncated(hit.slot, hit.passage),
            .vector = corpus.vector(hit.slot, hit.passage)};
}

}  // namespace

std::uint64_t Searcher::sequence_of(const backends::TenantRow& tenant, std::string_view at_least,
                                    const Deadline& deadline) {
    const std::uint64_t sequence = asked_sequence(at_least, tenant.epoch);
    // Nobody may wait, and hold a worker, for a state that nobody ever wrote.
    if (sequence > 0 && !index_.holds(tenant.id, sequence) &&
        sequence > memories_.state_sequence(tenant.state_stream_id, deadline)) {
        throw Error(ErrorKind::conflict, "is ahead of everything that was written").at("/at_least");
    }
    return sequence;
}

std::optional<math::QuantizedVector> Searcher::embed(const backends::TenantRow& tenant,
                                                     const SearchQuery& query,
                                                     std::uint64_t at_least, Time now,
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
    const std::string text =
        index_.read(tenant.id, at_least, deadline).corpus().strip_names(query.text, now);
    const auto timer = parts_.time(telemetry::Part::embed);
    return domain::stored_form(queries_.embed(text, deadline), dimension, "/query");
}

Found Searcher::search(const backends::TenantRow& tenant, const SearchQuery& query, Time now,
                       const Deadline& deadline) {
    const std::uint64_t at_least = sequence_of(tenant, query.at_least, deadline);
    const auto weights = domain::keep_views(domain::default_weights(), query.views);
    const auto vector = embed(tenant, query, at_least, now, deadline);
    const auto lease = index_.read(tenant.id, at_least, deadline);
    const auto timer = parts_.time(telemetry::Part::search);
    const auto result = domain::search(lease.corpus(), {.text = query.text,
                                                        .vector = vector ? &*vector : nullptr,
                                                        .now = now,
                                                        .weights = weights,
                                                        .top_k = query.top_k,
                                                        .graph = query.explain});
    Found found;
    found.query = vector.value_or(math::QuantizedVector{
        0, std::vector<std::int8_t>(static_cast<std::size_t>(tenant.dimension))});
    for (const auto& hit : result.hits) {
        found.memories.push_back(copy_out(lease.corpus(), hit));
    }
    found.state = {tenant.epoch, lease.sequence()};
    return found;
}

}  // namespace soma::services
