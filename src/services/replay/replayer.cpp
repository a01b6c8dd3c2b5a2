#include "services/replay/replayer.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "domain/ledger/buffered_event.h"
#include "services/commit/wait.h"
#include "telemetry/log.h"

namespace soma::services {
namespace {

constexpr std::chrono::seconds kPeriod{1};
constexpr std::chrono::seconds kRoundTime{10};

void add(Replayed& sum, const Replayed& more) {
    sum.written += more.written;
    sum.known += more.known;
    sum.aside += more.aside;
    sum.left += more.left;
}

}  // namespace

Replayed Replayer::drain(const Deadline& deadline) {
    Replayed all;
    Streams streams;
    std::string last;
    for (;;) {
        const auto page = buffer_.read_after(last);
        if (page.empty()) {
            return all;
        }
        last = page.back().id;
        const Replayed done = replay_page(page, streams, deadline);
        count(done);
        add(all, done);
    }
}

Replayed Replayer::replay_page(const std::vector<backends::AuditEntry>& page, Streams& streams,
                               const Deadline& deadline) {
    std::vector<Item> items;
    Replayed done;
    for (const auto& entry : page) {
        const std::string refusal = refusal_of(entry, streams, items, deadline);
        if (!refusal.empty()) {
            add(done, set_aside(entry, refusal));
        }
    }
    add(done, write(std::move(items), streams, deadline));
    return done;
}

/// Why the entry is no event that the ledger could take; "" when it has joined the items.
std::string Replayer::refusal_of(const backends::AuditEntry& entry, Streams& streams,
                                 std::vector<Item>& items, const Deadline& deadline) {
    const std::string* bytes = backends::AuditStream::event_of(entry);
    if (bytes == nullptr) {
        return "not one field named event";
    }
    auto parsed = domain::parse_buffered(*bytes);
    if (auto* reason = std::get_if<std::string>(&parsed)) {
        return std::move(*reason);
    }
    auto& event = std::get<domain::BufferedEvent>(parsed);
    const auto [stream, is_new] = streams.try_emplace(event.event.tenant.value());
    if (is_new) {
        const auto row = tenants_.find(stream->first, deadline);
        stream->second = row ? std::optional(row->streams().access) : std::nullopt;
    }
    if (!stream->second) {
        return "of no tenant here";
    }
    items.push_back({&entry, std::move(event)});
    return "";
}

/// What fails for another reason than a store's is looked for one by one: it must not hold up the
/// rest.
Replayed Replayer::write(std::vector<Item> items, const Streams& streams,
                         const Deadline& deadline) {
    Replayed done;
    if (items.empty()) {
        return done;
    }
    try {
        done.written = commit(items, streams, deadline);
        done.known = items.size() - done.written;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::internal) {
            throw;
        }
        if (items.size() == 1) {
            return set_aside(*items.front().entry, "the ledger refuses it: " + error.detail());
        }
        for (auto& item : items) {
            std::vector<Item> alone;
            alone.push_back(std::move(item));
            add(done, write(std::move(alone), streams, deadline));
        }
        return done;
    }
    // Only now: until its event is in the ledger for good, the entry is all there is of it.
    std::vector<std::string> ids;
    for (const Item& item : items) {
        ids.push_back(item.entry->id);
    }
    buffer_.remove(ids);
    return done;
}

std::size_t Replayer::commit(const std::vector<Item>& items, const Streams& streams,
                             const Deadline& deadline) {
    domain::Replay replay;
    for (const Item& item : items) {
        const Uuid& tenant = item.event.event.tenant.value();
        replay.streams.emplace(tenant, streams.at(tenant).value());
        replay.events.push_back(item.event);
    }
    domain::Intent intent{.tenant = {}, .now = wall_clock_now(), .deadline = deadline};
    intent.replay = std::move(replay);
    const auto outcome = wait_for(committer_.submit(std::move(intent)), deadline);
    return std::get<domain::EventsReplayed>(outcome).written;
}

/// A transaction of nothing: when it is answered, the outage is over.
void Replayer::probe(const Deadline& deadline) {
    commit({}, {}, deadline);
}

Replayed Replayer::set_aside(const backends::AuditEntry& entry, const std::string& reason) {
    Replayed done;
    const bool moved = buffer_.set_aside(entry, reason);
    (moved ? done.aside : done.left) = 1;
    telemetry::log(telemetry::Level::error, "an entry of the audit buffer is no event",
                   {{"name", entry.id}, {"reason", reason}});
    return done;
}

void Replayer::start() {
    thread_.repeat(kPeriod, [this] { round(); });
}

void Replayer::round() {
    const Deadline deadline(kRoundTime);
    try {
        {
            const std::size_t waiting = buffer_.length();
            const std::size_t aside = buffer_.aside_length();
            const std::scoped_lock lock(mutex_);
            health_.waiting = waiting;
            health_.set_aside = aside;
        }
        if (committer_.outage().goes_on()) {
            probe(deadline);
        }
        if (health().waiting > 0) {
            drain(deadline);
        }
        note("");
    } catch (const Error& error) {
        note(error.public_message());
    }
}

void Replayer::note(const std::string& trouble) {
    const std::scoped_lock lock(mutex_);
    if (trouble != health_.trouble) {
        telemetry::log(trouble.empty() ? telemetry::Level::info : telemetry::Level::warn,
                       "the audit buffer", {{"reason", trouble}});
    }
    health_.trouble = trouble;
}

void Replayer::count(const Replayed& done) {
    const std::scoped_lock lock(mutex_);
    add(totals_, done);
}

Replayed Replayer::totals() const {
    const std::scoped_lock lock(mutex_);
    return totals_;
}

BufferHealth Replayer::health() const {
    const std::scoped_lock lock(mutex_);
    return health_;
}

}  // namespace soma::services
