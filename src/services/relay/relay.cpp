#include "services/relay/relay.h"

#include <algorithm>

#include "base/error.h"
#include "services/relay/last_marks.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

using domain::RelayedEvent;
using telemetry::Level;
using telemetry::metrics;

/// An event is late when it reaches Kafka this long after its time: one of the two ways in which
/// the ledger falls back, whose shares are bounded.
constexpr std::chrono::seconds kLate{10};

double seconds_between(Time from, Time to) {
    return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

void count_written(std::span<const RelayedEvent> batch, Time now) {
    static auto& written = metrics().counter("somabrain_relay_events_total");
    static auto& late = metrics().counter("somabrain_relay_late_events_total");
    written.Increment(static_cast<double>(batch.size()));
    late.Increment(static_cast<double>(std::count_if(
        batch.begin(), batch.end(), [&](const auto& event) { return now - event.time > kLate; })));
}

void set_lag(std::uint64_t events, double seconds) {
    static auto& lag_events = metrics().gauge("somabrain_relay_lag_events");
    static auto& lag_seconds = metrics().gauge("somabrain_relay_lag_seconds");
    lag_events.Set(static_cast<double>(events));
    lag_seconds.Set(seconds);
}

}  // namespace

std::vector<backends::KafkaTopic> relay_topics() {
    std::vector<backends::KafkaTopic> out;
    for (const auto topic : domain::kTopics) {
        out.push_back({std::string(domain::topic_name(topic)), domain::kPartitions});
    }
    return out;
}

void Relay::start() {
    thread_.start([this](const std::stop_token& stop) { run(stop); });
}

RelayHealth Relay::health() const {
    const std::scoped_lock lock(mutex_);
    return health_;
}

void Relay::set_state(RelayState state, std::string trouble) {
    static auto& active = metrics().gauge("somabrain_relay_active");
    active.Set(state == RelayState::relaying ? 1 : 0);
    const std::scoped_lock lock(mutex_);
    health_ = {state, std::move(trouble)};
}

void Relay::trace(const std::string& line) const {
    if (settings_.trace) {
        settings_.trace(line);
    }
}

void Relay::trace_place(const domain::Resume& resume) const {
    std::string line = "resume " + std::to_string(resume.from().value_or(0));
    for (const auto& [place, mark] : resume.last()) {
        line += ' ' + std::string(domain::topic_name(place.first)) + ':' +
                std::to_string(place.second) + '=' + std::to_string(mark.log_index);
    }
    trace(line);
}

void Relay::run(const std::stop_token& stop) {
    auto retry = settings_.retry;
    do {
        try {
            session(stop);
            retry = settings_.retry;
        } catch (const Error& error) {
            if (health().state == RelayState::relaying) {
                retry = settings_.retry;
            }
            trace("failed");
            set_state(RelayState::failing, error.public_message());
            metrics().counter("somabrain_relay_failures_total").Increment();
            telemetry::log(Level::warn, "the relay begins anew",
                           {{"error", error.public_message()}, {"detail", error.detail()}});
            look_at_lag();
            retry = std::min(retry * 2, settings_.longest_retry);
        }
    } while (pause(stop, retry));
}

void Relay::session(const std::stop_token& stop) {
    backends::EventSource source(settings_.postgres, step());
    if (!wait_for_turn(source, stop)) {
        return;
    }
    const auto log = source.log(step());
    backends::KafkaAdmin(settings_.kafka).check(relay_topics(), step());
    backends::TransactionalProducer producer(settings_.kafka,
                                             "soma-relay-" + log.log_id.to_string());
    // No longer than any other step: while Kafka is away the lag is looked at between two attempts.
    producer.begin(step());
    trace("begun");
    // Only now does nobody else write.
    const auto resume = find_place(log, producer);
    set_state(RelayState::relaying);
    trace_place(resume);
    telemetry::log(
        Level::info, "relaying",
        {{"sequence", resume.from().value_or(0)}, {"count", log.size}, {"name", "soma.audit"}});
    carry(source, producer, log, resume, stop);
}

bool Relay::wait_for_turn(backends::EventSource& source, const std::stop_token& stop) {
    while (!source.take_turn(step())) {
        if (health().state != RelayState::standing_by) {
            set_state(RelayState::standing_by);
            telemetry::log(Level::info, "another relay is at work: standing by");
        }
        if (!pause(stop, settings_.stand_by)) {
            return false;
        }
    }
    return true;
}

domain::Resume Relay::find_place(const domain::LogSpan& log,
                                 backends::TransactionalProducer& producer) {
    auto ends = last_marks(settings_.kafka, Deadline(settings_.resume_timeout));
    if (!ends.undecided.empty()) {
        // A broker that was killed has left records that its coordinator knows nothing of: our next
        // transaction there would commit them, beside the same events written again.
        telemetry::log(Level::warn, "ending what an earlier relay left open in kafka",
                       {{"count", ends.undecided.size()}});
        producer.abort_in(ends.undecided, step());
        ends = last_marks(settings_.kafka, Deadline(settings_.resume_timeout));
    }
    if (!ends.undecided.empty()) {
        throw Error(ErrorKind::unavailable, "kafka has not decided on what lies at a topic's end",
                    ends.undecided.begin()->first);
    }
    return {log, std::move(ends.marks)};
}

void Relay::carry(backends::EventSource& source, backends::TransactionalProducer& producer,
                  const domain::LogSpan& log, const domain::Resume& resume,
                  const std::stop_token& stop) {
    std::optional<std::uint64_t> at = resume.from();
    next_ = at;
    const auto limit = static_cast<int>(settings_.batch.events);
    for (bool full = true; full || pause(stop, settings_.period);) {
        const auto page = source.read(at.value_or(0), limit, step());
        if (page.log.log_id != log.log_id) {
            return;  // a restore: another producer, another beginning
        }
        const auto size = domain::next_batch(page.events, at, log, settings_.batch);
        const std::span batch(page.events.data(), size);
        if (!batch.empty()) {
            write(batch, resume, producer);
            at = batch.back().log_index + 1;
            next_ = at;
        }
        note_lag(page, size);
        // A full page is followed at once, but a stop is heard.
        full = size > 0 && (page.events.size() > size || static_cast<int>(size) == limit) &&
               pause(stop, std::chrono::milliseconds(0));
    }
}

void Relay::write(std::span<const RelayedEvent> batch, const domain::Resume& resume,
                  backends::TransactionalProducer& producer) {
    std::vector<backends::OutgoingRecord> records;
    records.reserve(batch.size() + batch.size() / 2);
    for (const RelayedEvent& event : batch) {
        for (const auto topic : domain::kTopics) {
            if (!domain::belongs(topic, event) || resume.relayed(topic, event)) {
                continue;
            }
            records.push_back(
                {domain::topic_name(topic), domain::partition_of(event), domain::record_key(event),
                 event.body,
                 domain::mark_headers({event.log_id, event.log_index, batch.front().log_index})});
        }
    }
    const auto begin = std::chrono::steady_clock::now();
    const std::string span =
        std::to_string(batch.front().log_index) + " " + std::to_string(batch.back().log_index + 1);
    trace("send " + span);
    if (records.empty()) {
        trace("sent " + span);
        return;
    }
    producer.commit(records, step());
    trace("sent " + span);
    metrics()
        .histogram("somabrain_relay_batch_seconds")
        .Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    count_written(batch, wall_clock_now());
}

void Relay::note_lag(const backends::EventPage& page, std::size_t written) {
    const bool more = page.events.size() > written;
    const std::uint64_t size = page.log.size;
    const std::uint64_t next = next_.value_or(page.log.first_index);
    set_lag(size > next ? size - next : 0,
            more ? seconds_between(page.events[written].time, wall_clock_now()) : 0);
}

void Relay::look_at_lag() {
    try {
        backends::EventSource source(settings_.postgres, step());
        note_lag(source.read(next_.value_or(0), 1, step()), 0);
    } catch (const Error&) {
        // PostgreSQL does not answer either: the lag stays what it was known to be.
    }
}

}  // namespace soma::services
