#include "services/audit/audit.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/ledger/event.h"
#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/proof.h"
#include "domain/ledger/proving/checkpoint_place.h"
#include "services/gate/request_reader.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using backends::EventOrder;
using backends::EventRow;
using domain::CheckpointPlace;

/// A page is at most 1 MiB of JSON, and one event whatever it takes (less than that).
constexpr std::size_t kMaxPageBytes = (1u << 20) - 1024;
/// What an event takes beside its body at most: names of members, ids, numbers, a time, and actor,
/// action and reference with every character escaped.
constexpr std::size_t kBesideBody = 4096;
/// The next second's checkpoint covers it.
constexpr int kSignedSoonSeconds = 1;

std::optional<std::string> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<Time> time_of(const std::string& text) {
    return text.empty() ? std::nullopt : parse_rfc3339(text);
}

backends::EventFilter filter_of(const ListAuditEventsRequest& request) {
    backends::EventFilter filter{given(request.stream()), time_of(request.from()),
                                 time_of(request.to()),   given(request.action()),
                                 given(request.actor()),  given(request.telemetry_ref())};
    if (filter.from && filter.to && *filter.to <= *filter.from) {
        throw invalid("/to", "must be after from");
    }
    return filter;
}

template <typename Request>
std::size_t limit_of(const Request& request) {
    return static_cast<std::size_t>(request.has_limit() ? request.limit() : kDefaultPage);
}

void show(EventRow row, AuditEvent& event) {
    event.set_id(row.id.to_string());
    event.set_log_id(row.log_id.to_string());
    event.set_log_index(row.log_index);
    event.set_stream(std::move(row.stream));
    event.set_stream_sequence(row.stream_sequence);
    event.set_time(format_rfc3339(row.time));
    event.set_actor(std::move(row.actor));
    event.set_action(std::move(row.action));
    if (row.telemetry_ref) {
        event.set_telemetry_ref(std::move(*row.telemetry_ref));
    }
    event.set_body(std::move(row.body));
}

/// As many of the rows as a page holds.
std::size_t page_of(const std::vector<EventRow>& rows, std::size_t limit) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < std::min(rows.size(), limit)) {
        bytes += kBesideBody + rows[count].body.size();
        if (count > 0 && bytes > kMaxPageBytes) {
            break;
        }
        ++count;
    }
    return count;
}

/// The checkpoint that covers the leaf.
const backends::SignedCheckpoint& covering(const backends::LoggedEvent& event, std::uint64_t leaf) {
    if (event.newest && event.newest->size > leaf) {
        return *event.newest;
    }
    if (event.log.ended) {
        throw Error(ErrorKind::conflict,
                    "the log ended with a restore before a checkpoint covered the event")
            .at("/id");
    }
    throw Error(ErrorKind::unavailable, "no checkpoint covers the event yet")
        .at("/id")
        .retry_after(kSignedSoonSeconds);
}

}  // namespace

ListAuditEventsResponse Audit::events(const RequestContext& context, const Admission& admission,
                                      const ListAuditEventsRequest& request) {
    const Uuid& tenant = admission.tenant.id;
    const auto filter = filter_of(request);
    std::optional<std::uint64_t> after;
    if (!request.cursor().empty()) {
        after = log_.place(tenant, *Uuid::parse(request.cursor()), context.deadline);
        if (!after) {
            throw invalid("/cursor", "is no event of this tenant, or none any more");
        }
    }
    const auto order =
        request.order() == "oldest_first" ? EventOrder::oldest_first : EventOrder::newest_first;
    const std::size_t limit = limit_of(request);
    // One more tells whether there are more.
    auto rows = log_.events(tenant, filter, order, after, static_cast<std::int32_t>(limit + 1),
                            context.deadline);
    const std::size_t count = page_of(rows, limit);
    ListAuditEventsResponse response;
    if (count < rows.size()) {
        response.set_next(rows[count - 1].id.to_string());
    }
    rows.resize(count);
    for (EventRow& row : rows) {
        show(std::move(row), *response.add_events());
    }
    writer_.record_read(context, admission, request, response, {});
    return response;
}

ProveAuditEventResponse Audit::prove(const RequestContext& context, const Admission& admission,
                                     const ProveAuditEventRequest& request) {
    const auto event =
        log_.event(admission.tenant.id, *Uuid::parse(request.id()), context.deadline);
    if (!event) {
        throw Error(ErrorKind::not_found, "no such event").at("/id");
    }
    const std::uint64_t leaf = event->log_index - event->log.first_index;
    const auto& newest = covering(*event, leaf);
    const auto checkpoint = domain::parse_checkpoint(domain::parse_note(newest.note).text);
    const auto tiles =
        log_.tiles(event->log, domain::tiles_of_proof(leaf, checkpoint.size), context.deadline);
    const auto hashes = domain::proof_from_tiles(leaf, checkpoint.size, tiles);
    const std::string hash = domain::leaf_hash(event->body);
    if (!domain::verify_inclusion(hash, leaf, checkpoint.size, hashes, checkpoint.root)) {
        throw Error(ErrorKind::internal, "the ledger's store contradicts its signed checkpoint",
                    "leaf " + std::to_string(leaf) + " of " + event->log.id.to_string());
    }
    ProveAuditEventResponse response;
    response.set_id(request.id());
    response.set_log_id(event->log.id.to_string());
    response.set_leaf_index(leaf);
    response.set_tree_size(checkpoint.size);
    response.set_entry(to_base64(event->body));
    response.set_leaf(to_hex(hash));
    for (const std::string& each : hashes) {
        response.add_hashes(to_hex(each));
    }
    response.set_checkpoint(newest.note);
    writer_.record_read(context, admission, request, response, {});
    return response;
}

ListCheckpointsResponse Audit::checkpoints(const RequestContext& context,
                                           const Admission& admission,
                                           const ListCheckpointsRequest& request) {
    const auto logs = log_.logs(context.deadline);
    auto log = logs.begin();
    std::uint64_t below = domain::kMaxTreeSize + 1;
    if (!request.cursor().empty()) {
        const auto place = CheckpointPlace::parse(request.cursor());
        log = std::find_if(logs.begin(), logs.end(), [&place](const backends::LogSpan& each) {
            return place && each.id == place->log;
        });
        if (log == logs.end()) {
            throw invalid("/cursor", "is no next of this list");
        }
        below = place->size;
    }
    const std::size_t limit = limit_of(request);
    ListCheckpointsResponse response;
    CheckpointPlace last;
    for (; log != logs.end() && !response.has_next(); ++log) {
        const std::size_t room = limit - static_cast<std::size_t>(response.checkpoints_size());
        for (auto& row : log_.checkpoints(log->id, below, static_cast<std::int32_t>(room + 1),
                                          context.deadline)) {
            if (static_cast<std::size_t>(response.checkpoints_size()) == limit) {
                response.set_next(last.to_string());
                break;
            }
            last = {log->id, row.size};
            auto& checkpoint = *response.add_checkpoints();
            checkpoint.set_log_id(log->id.to_string());
            checkpoint.set_size(row.size);
            checkpoint.set_root(
                to_hex(domain::parse_checkpoint(domain::parse_note(row.note).text).root));
            checkpoint.set_signed_at(format_rfc3339(row.signed_at));
            checkpoint.set_note(std::move(row.note));
        }
        below = domain::kMaxTreeSize + 1;
    }
    writer_.record_read(context, admission, request, response, {});
    return response;
}

}  // namespace soma::services
