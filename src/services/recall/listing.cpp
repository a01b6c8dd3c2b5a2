#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "domain/memory/page_cursor.h"
#include "services/commit/record_answer.h"
#include "services/gate/request_reader.h"
#include "services/recall/recall.h"
#include "services/recall/record.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using domain::PageCursor;

/// Rows are fetched so many at a time: sealed texts are large, and a page may end early.
constexpr std::size_t kRowsAtATime = 50;
/// A page is at most 1 MiB of JSON, and one memory with its links whatever it takes (less than
/// that).
constexpr std::size_t kMaxPageBytes = (1u << 20) - 1024;

std::optional<PageCursor> cursor_of(const std::string& text, std::uint64_t request) {
    if (text.empty()) {
        return std::nullopt;
    }
    const auto cursor = PageCursor::parse(text);
    if (!cursor) {
        throw invalid("/cursor", "is no next_cursor");
    }
    if (cursor->request != request) {
        throw invalid("/cursor", "is of a request with other parameters");
    }
    return cursor;
}

/// A link as JSON takes at most so many bytes: three names, two ids, two times, four numbers.
constexpr std::size_t kLinkBytes = 400;

/// Fills a page until it is as long as it may be.
class Page {
  public:
    Page(google::protobuf::RepeatedPtrField<MemoryRecord>& memories, std::size_t limit)
        : memories_(memories), limit_(limit) {}

    /// False: the page is full and the memory is left for the next, with its links.
    bool add(MemoryRecord memory, std::size_t links = 0) {
        const std::size_t bytes = json_bytes_of(memory) + links * kLinkBytes;
        if (is_full() || (!memories_.empty() && bytes_ + bytes > kMaxPageBytes)) {
            return false;
        }
        bytes_ += bytes;
        *memories_.Add() = std::move(memory);
        return true;
    }
    bool is_full() const { return static_cast<std::size_t>(memories_.size()) >= limit_; }
    std::vector<Uuid> ids() const {
        std::vector<Uuid> ids;
        for (const auto& memory : memories_) {
            ids.push_back(*Uuid::parse(memory.id()));
        }
        return ids;
    }

  private:
    google::protobuf::RepeatedPtrField<MemoryRecord>& memories_;
    std::size_t limit_;
    std::size_t bytes_ = 0;
};

using LinksFrom = std::unordered_map<Uuid, std::vector<domain::Link>>;

LinksFrom by_memory(std::vector<domain::Link> links) {
    LinksFrom out;
    for (auto& link : links) {
        out[link.key.from].push_back(std::move(link));
    }
    return out;
}

}  // namespace

ListMemoriesResponse Recall::list(const RequestContext& context, const Admission& admission,
                                  const ListMemoriesRequest& request) {
    if (request.include_superseded() && !request.valid_at().empty()) {
        throw invalid("/valid_at", "cannot go with include_superseded, which asks for all times");
    }
    const auto& tenant = admission.tenant;
    const std::uint64_t digest =
        domain::request_digest({request.filter(), request.valid_at(), request.as_of(),
                                request.include_superseded() ? "all" : "true"});
    const auto cursor = cursor_of(request.cursor(), digest);
    const auto limit =
        static_cast<std::size_t>(request.has_limit() ? request.limit() : kDefaultPage);
    const Listed listed = searcher_.list(tenant,
                                         {.filter = request.filter(),
                                          .valid_at = request.valid_at(),
                                          .as_of = request.as_of(),
                                          .at_any_time = request.include_superseded(),
                                          .at_least = request.at_least()},
                                         cursor, limit, context.now, context.deadline);
    ListMemoriesResponse response;
    Page page(*response.mutable_memories(), limit);
    PageCursor next{tenant.epoch, cursor ? cursor->after : 0, listed.state.sequence,
                    *listed.time.valid_at, digest};
    bool is_cut = false;
    const std::span<const Uuid> ids(listed.memories);
    for (std::size_t at = 0; at < ids.size() && !is_cut; at += kRowsAtATime) {
        const auto some = ids.subspan(at, std::min(kRowsAtATime, ids.size() - at));
        const Deadline rows = rows_deadline(committer_, context.deadline);
        LinksFrom links;
        if (request.include_links()) {
            links = by_memory(memories_.links_from(tenant.id, some, context.now, rows));
        }
        for (const auto& row : memories_.get_all(tenant.id, some, rows)) {
            const auto& from_it = links[row.facts.id];
            if (auto whole = open(tenant.id, row, context)) {
                is_cut = !page.add(record_of(domain::as_recorded(whole->facts, listed.time),
                                             std::move(whole->content)),
                                   from_it.size());
                for (const auto& link : is_cut ? std::vector<domain::Link>() : from_it) {
                    *response.add_links() = record_of(link, context.now);
                }
            }
            if (is_cut) {
                break;
            }
            next.after = row.facts.sequence;
        }
    }
    if (is_cut || !listed.is_all) {
        response.set_next_cursor(next.to_string());
    }
    response.set_state_token(listed.state.to_string());
    record(context, admission, "", request, response, page.ids());
    return response;
}

MemoryHistoryResponse Recall::history(const RequestContext& context, const Admission& admission,
                                      const MemoryHistoryRequest& request) {
    const auto& tenant = admission.tenant;
    const Uuid id = *Uuid::parse(request.id());
    const std::uint64_t digest = domain::request_digest({"history", request.id()});
    const auto cursor = cursor_of(request.cursor(), digest);
    if (cursor && cursor->epoch != tenant.epoch) {
        throw Error(ErrorKind::conflict,
                    "the cursor is of another epoch: the state was restored since")
            .at("/cursor");
    }
    const auto limit =
        static_cast<std::size_t>(request.has_limit() ? request.limit() : kDefaultPage);
    MemoryHistoryResponse response;
    Page page(*response.mutable_memories(), limit);
    Whole asked = read(tenant.id, id, context);
    if (!asked.key_hmac) {
        page.add(record_of(asked.memory.facts, std::move(asked.memory.content)));
        record(context, admission, "", request, response, page.ids());
        return response;
    }
    PageCursor next{tenant.epoch, cursor ? cursor->after : 0, 0, {}, digest};
    for (bool goes_on = true; goes_on;) {
        const auto rows =
            memories_.chain(tenant.id, *asked.key_hmac, next.after, static_cast<int>(kRowsAtATime),
                            rows_deadline(committer_, context.deadline));
        goes_on = rows.size() == kRowsAtATime;
        for (const auto& row : rows) {
            auto whole = open(tenant.id, row, context);
            if (whole && !page.add(record_of(whole->facts, std::move(whole->content)))) {
                response.set_next_cursor(next.to_string());
                goes_on = false;
                break;
            }
            next.after = row.facts.sequence;
        }
    }
    record(context, admission, "", request, response, page.ids());
    return response;
}

}  // namespace soma::services
