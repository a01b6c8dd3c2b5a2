#include "services/commit/committer.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/postgres/ledger/ledger_transaction.h"
#include "backends/postgres/postgres_error.h"
#include "base/error.h"
#include "domain/ledger/plan.h"
#include "domain/ledger/position.h"
#include "services/commit/announcer.h"
#include "services/commit/queue.h"

namespace soma::services {
namespace {

using domain::Intent;
using domain::Outcome;
using domain::Plan;

/// After a presumption that did not hold, as many groups ask: another process is writing too.
constexpr int kGroupsThatAsk = 16;

/// Transactions sent and not answered: one at the server, one behind it so that it never waits.
constexpr std::size_t kMostFlights = 2;

constexpr const char* kRestored =
    "the database was restored while the service ran: the service must be restarted";
constexpr const char* kUnknown = "outcome unknown: repeat with the same Idempotency-Key";

/// A transaction that was sent before its predecessor was answered.
struct Flight {
    std::shared_ptr<CommitGroup> group;
    Plan plan;
    Deadline deadline;
    std::string number;
    bool commit_sent = false;
};

/// A flight that did not land, and why.
struct Lost {
    Flight flight;
    backends::PostgresError error;
};

/// COMMIT left and its answer never came.
struct OutcomeUnknown {
    std::string reason;
};

/// Worth the same transaction again at once: a session that had died since its last use, or a
/// deadlock.
bool worth_repeating(const backends::PostgresError& error) {
    return error.connection_lost() || error.sqlstate().starts_with("40");
}

void check(const Intent& intent) {
    SOMA_ASSERT(
        !intent.changes.empty() || intent.access || intent.answered || intent.law || intent.replay,
        "an intent without an event");
    SOMA_ASSERT(!intent.claim || (!intent.changes.empty() && intent.answer),
                "an Idempotency-Key replays the answer to a change");
    for (const auto& change : intent.changes) {
        const auto* insert = std::get_if<domain::Insert>(&change);
        SOMA_ASSERT(insert == nullptr || insert->plain, "projections need the plain memory");
    }
}

}  // namespace

struct Committer::State {
    State(backends::ConnectionSettings where, CommitterOptions how)
        : settings(std::move(where)),
          options(std::move(how)),
          queue(options.queue_limit, options.group_intents, options.group_rows) {}

    void run();
    void begin(std::shared_ptr<CommitGroup> group);
    bool send(const std::shared_ptr<CommitGroup>& group);
    void land();
    std::optional<backends::PostgresError> hear(Flight& flight);
    void recover(std::vector<Lost> lost);
    void commit(const std::shared_ptr<CommitGroup>& group, std::size_t first, std::size_t count,
                const Deadline& deadline, bool repeated);
    Plan transact(std::span<const Intent> intents, const Deadline& deadline);
    domain::Findings read(std::span<const Intent> intents, const domain::Questions& questions,
                          const Deadline& deadline);
    void acknowledge(DurableGroup durable);
    void fail(CommitGroup& group, std::size_t first, std::size_t count, std::exception_ptr error);
    void fail_unknown(CommitGroup& group, std::size_t first, std::size_t count,
                      const std::string& reason);
    void drop_expired(CommitGroup& group);

    template <typename Change>
    void count(Change change) {
        const std::lock_guard lock(totals_mutex);
        change(totals);
    }
    template <typename... Parts>
    void trace(const Parts&... parts) const {
        if (options.trace) {
            std::string line;
            ((line += parts), ...);
            options.trace(line);
        }
    }

    void trace_sent(const std::string& number, const Plan& plan, backends::Basis basis) const {
        if (!options.trace) {
            return;
        }
        std::string events;
        for (const auto& event : plan.events) {
            events += ' ' + event.draft.id.to_string();
        }
        trace("commit ", number, " sent: intents ", std::to_string(plan.outcomes.size()),
              ", log size ", std::to_string(plan.log_size), ", ",
              basis == backends::Basis::read ? "read" : "presumed", ", events", events);
    }

    const backends::ConnectionSettings settings;
    const CommitterOptions options;
    CommitQueue queue;
    Announcer announcer;
    std::thread thread;
    std::unique_ptr<backends::Connection> connection;
    std::uint64_t attempts = 0;  ///< numbers the trace's lines
    std::deque<Flight> flights;  ///< at most kMostFlights
    domain::Position position;   ///< after the last transaction sent
    std::optional<Uuid> log_id;  ///< of every transaction: only a restore changes it
    int groups_to_ask = 1;       ///< nothing is presumed before the first transaction
    Outage outage;

    mutable std::mutex totals_mutex;
    CommitterCounters totals;
};

Committer::Committer(backends::ConnectionSettings settings, CommitterOptions options)
    : state_(std::make_unique<State>(std::move(settings), std::move(options))) {}

Committer::~Committer() {
    stop();
}

void Committer::on_committed(OnCommitted callback) {
    SOMA_ASSERT(!state_->thread.joinable(), "projections are named before start()");
    state_->announcer.add(std::move(callback));
}

void Committer::start() {
    SOMA_ASSERT(!state_->thread.joinable(), "started once");
    state_->announcer.start();
    state_->thread = std::thread([this] { state_->run(); });
}

void Committer::stop() {
    state_->queue.close();
    if (state_->thread.joinable()) {
        state_->thread.join();
    }
    state_->announcer.stop();
    CommitGroup rest = state_->queue.rest();
    state_->fail(rest, 0, rest.size(),
                 std::make_exception_ptr(Error(ErrorKind::unavailable, "shutting down")));
}

std::future<Outcome> Committer::submit(Intent intent) {
    check(intent);
    std::future<Outcome> outcome;
    const auto refusal = state_->queue.push(intent, outcome);
    if (!refusal) {
        return outcome;
    }
    const bool full = *refusal == CommitQueue::Refusal::full;
    if (full) {
        state_->count([](CommitterCounters& counters) { ++counters.refused; });
    }
    std::promise<Outcome> refused;
    refused.set_exception(std::make_exception_ptr(
        Error(ErrorKind::unavailable, full ? "too many writes are waiting" : "shutting down")));
    return refused.get_future();
}

backends::AuditStream* Committer::buffer() const {
    return state_->options.buffer;
}

Outage& Committer::outage() {
    return state_->outage;
}

CommitterCounters Committer::counters() const {
    const std::lock_guard lock(state_->totals_mutex);
    CommitterCounters out = state_->totals;
    out.queued = state_->queue.size();
    return out;
}

void Committer::State::run() {
    for (;;) {
        const bool idle = flights.empty();
        if (!idle) {
            // Those who were just told write again at once: they belong into the next group.
            announcer.wait_until_told();
        }
        CommitGroup group =
            queue.take(idle ? CommitQueue::IfEmpty::wait : CommitQueue::IfEmpty::leave);
        const bool took = group.size() != 0;
        if (idle && !took) {
            return;
        }
        drop_expired(group);
        if (group.size() != 0) {
            begin(std::make_shared<CommitGroup>(std::move(group)));
        }
        if (!flights.empty() && (!took || flights.size() == kMostFlights)) {
            land();
        }
    }
}

void Committer::State::begin(std::shared_ptr<CommitGroup> group) {
    if (send(group)) {
        return;
    }
    while (!flights.empty()) {
        land();
    }
    commit(group, 0, group->size(), Deadline(options.transaction_timeout), false);
}

/// Plans the group from where the transaction before leaves the ledger and sends it; false when it
/// must ask first, or when something is wrong with it.
bool Committer::State::send(const std::shared_ptr<CommitGroup>& group) {
    if (groups_to_ask != 0 || connection->broken()) {
        return false;
    }
    auto found = domain::presume(domain::questions(group->intents), position);
    if (!found) {
        return false;
    }
    found->elsewhere = domain::put_elsewhere(group->intents);
    try {
        flights.push_back({group, domain::make_plan(group->intents, *found),
                           Deadline(options.transaction_timeout), std::to_string(++attempts)});
    } catch (const std::exception&) {
        return false;  // told apart item by item
    }
    Flight& flight = flights.back();
    domain::advance(position, *found, flight.plan);
    try {
        send_and_commit(
            *connection, flight.plan, backends::Basis::presumed,
            [&] {
                flight.commit_sent = true;
                trace_sent(flight.number, flight.plan, backends::Basis::presumed);
            },
            flight.deadline);
    } catch (const backends::PostgresError&) {
        // The session is gone: landing says so for every flight.
    }
    return true;
}

/// Hears of the oldest flight. When it failed, those behind it were planned from where it would
/// have left the ledger: they are heard out and whatever failed is done over.
void Committer::State::land() {
    std::vector<Lost> lost;
    do {
        Flight flight = std::move(flights.front());
        flights.pop_front();
        if (auto error = hear(flight)) {
            lost.push_back({std::move(flight), std::move(*error)});
        }
    } while (!lost.empty() && !flights.empty());
    if (!lost.empty()) {
        recover(std::move(lost));
    }
}

std::optional<backends::PostgresError> Committer::State::hear(Flight& flight) {
    try {
        connection->receive(flight.deadline);
    } catch (const backends::PostgresError& error) {
        if (flight.commit_sent && !error.connection_lost()) {
            trace("commit ", flight.number, " refused");
        }
        return error;
    }
    trace("commit ", flight.number, " answered");
    acknowledge({std::move(flight.group), 0, std::move(flight.plan)});
    return std::nullopt;
}

void Committer::State::recover(std::vector<Lost> lost) {
    connection->rollback(Deadline(options.transaction_timeout));
    position = {};
    groups_to_ask = kGroupsThatAsk;
    for (auto& [flight, error] : lost) {
        if (error.connection_lost() && flight.commit_sent) {
            trace("commit ", flight.number, " lost");
            fail_unknown(*flight.group, 0, flight.group->size(), error.detail());
        } else {
            count([](CommitterCounters& counters) { ++counters.retries; });
            commit(flight.group, 0, flight.group->size(), flight.deadline, true);
        }
    }
}

/// What waited past its deadline is not begun: its caller has gone.
void Committer::State::drop_expired(CommitGroup& group) {
    CommitGroup kept;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (group.intents[i].deadline.passed()) {
            count([](CommitterCounters& counters) { ++counters.expired; });
            fail(group, i, 1,
                 std::make_exception_ptr(Error(ErrorKind::deadline_exceeded,
                                               "the time for this write ran out",
                                               "queued past its deadline")));
        } else {
            kept.intents.push_back(std::move(group.intents[i]));
            kept.promises.push_back(std::move(group.promises[i]));
        }
    }
    group = std::move(kept);
}

/// Commits group[first, first + count) and fulfils its promises, come what may.
void Committer::State::commit(const std::shared_ptr<CommitGroup>& group, std::size_t first,
                              std::size_t count_of, const Deadline& deadline, bool repeated) {
    const std::span<const Intent> intents = std::span(group->intents).subspan(first, count_of);
    std::exception_ptr error;
    bool repeat = false;
    bool one_by_one = false;
    std::optional<Plan> done;
    try {
        done = transact(intents, deadline);
    } catch (const OutcomeUnknown& unknown) {
        fail_unknown(*group, first, count_of, unknown.reason);
        return;
    } catch (const backends::PostgresError& failure) {
        repeat = !repeated && !deadline.passed() && worth_repeating(failure);
        one_by_one = failure.kind() != ErrorKind::unavailable && count_of > 1;
        error = std::current_exception();
    } catch (const std::exception&) {
        one_by_one = count_of > 1;
        error = std::current_exception();
    }
    if (done) {
        acknowledge({group, first, std::move(*done)});
    } else if (repeat) {
        count([](CommitterCounters& counters) { ++counters.retries; });
        commit(group, first, count_of, deadline, true);
    } else if (one_by_one) {
        // One of them spoils it for all: let each stand for itself.
        count([](CommitterCounters& counters) { ++counters.retries; });
        for (std::size_t i = first; i < first + count_of; ++i) {
            commit(group, i, 1, Deadline(options.transaction_timeout), false);
        }
    } else {
        fail(*group, first, count_of, error);
    }
}

/// The group in a transaction of two round trips, which asks before it plans.
Plan Committer::State::transact(std::span<const Intent> intents, const Deadline& deadline) {
    if (!connection || connection->broken()) {
        connection = backends::Connection::open(settings, deadline);
        count([](CommitterCounters& counters) { ++counters.reconnects; });
    }
    const std::string number = std::to_string(++attempts);
    bool commit_sent = false;
    try {
        domain::Findings found = read(intents, domain::questions(intents), deadline);
        // Under the log's lock: whoever replays such an event comes before us, and the mark is
        // seen, or after us, and sees the event.
        found.elsewhere = domain::put_elsewhere(intents);
        Plan plan = domain::make_plan(intents, found);
        send_and_commit(
            *connection, plan, backends::Basis::read,
            [&] {
                commit_sent = true;
                trace_sent(number, plan, backends::Basis::read);
            },
            deadline);
        connection->receive(deadline);
        trace("commit ", number, " answered");
        domain::advance(position, found, plan);
        groups_to_ask = std::max(0, groups_to_ask - 1);
        return plan;
    } catch (const backends::PostgresError& error) {
        groups_to_ask = std::max(1, groups_to_ask);
        if (error.connection_lost() && commit_sent) {
            trace("commit ", number, " lost");
            throw OutcomeUnknown{error.detail()};
        }
        if (commit_sent) {
            trace("commit ", number, " refused");
        }
        connection->rollback(Deadline(options.transaction_timeout));
        throw;
    } catch (...) {
        connection->rollback(Deadline(options.transaction_timeout));
        throw;
    }
}

domain::Findings Committer::State::read(std::span<const Intent> intents,
                                        const domain::Questions& questions,
                                        const Deadline& deadline) {
    // Every intent's clock is the gate's; the earliest is the one that keeps a key the longest.
    Time now = intents.front().now;
    for (const Intent& intent : intents) {
        now = std::min(now, intent.now);
    }
    auto found =
        lock_and_read(*connection, questions, now - options.idempotency_lifetime, deadline);
    // Of another log, what this process has in memory is none of it: it must answer no more.
    if (log_id.value_or(found.log_id) != found.log_id) {
        outage.end();  // it does answer: nobody may go on without it
        throw Error(ErrorKind::unavailable, kRestored);
    }
    log_id = found.log_id;
    return found;
}

void Committer::State::acknowledge(DurableGroup durable) {
    count([&](CommitterCounters& counters) {
        ++counters.groups;
        counters.intents += durable.plan.outcomes.size();
        counters.rows += durable.plan.row_count();
        counters.events += durable.plan.events.size();
    });
    outage.end();
    announcer.announce(std::move(durable), flights.empty() ? Announcer::Committing::rests
                                                           : Announcer::Committing::goes_on);
}

void Committer::State::fail(CommitGroup& group, std::size_t first, std::size_t count_of,
                            std::exception_ptr error) {
    count([&](CommitterCounters& counters) { counters.failed += count_of; });
    for (std::size_t i = first; i < first + count_of; ++i) {
        group.promises[i].set_exception(error);
    }
}

void Committer::State::fail_unknown(CommitGroup& group, std::size_t first, std::size_t count_of,
                                    const std::string& reason) {
    count([&](CommitterCounters& counters) { counters.unknown += count_of; });
    fail(group, first, count_of,
         std::make_exception_ptr(backends::PostgresError::unknown(kUnknown, reason)));
}

}  // namespace soma::services
