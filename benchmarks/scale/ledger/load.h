#pragma once
#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "ledger/figures.h"
#include "services/commit/committer.h"

namespace soma::bench {

/// What recall records, with the fields the service fills and ten memories found: nothing but its
/// event. One in eight ends a session instead, so that stream `state` and its topic have work, too.
inline domain::Intent record_of(const backends::TenantRow& tenant, UuidGenerator& ids,
                                std::uint64_t number) {
    const Time now = wall_clock_now();
    domain::EventDraft event;
    event.id = ids.next(now);
    event.actor = "agent-" + std::to_string(number % 16);
    event.request_id = ids.next(now).to_string();
    event.trace_id = std::string(32, 'a');
    event.telemetry_ref = "run-" + std::to_string(number % 1'000);
    event.status = 200;
    event.constitution_version = 3;
    event.constitution_hash = std::string(128, 'c');
    event.request_digest = event.answer_digest = to_hex(sha256(event.request_id));
    domain::Intent intent{
        .tenant = tenant.streams(), .now = now, .deadline = Deadline(std::chrono::seconds(30))};
    if (number % 8 == 0) {
        event.action = "session.end";
        intent.changes.emplace_back(
            domain::EndSession{sha256("session " + std::to_string(number)), std::move(event)});
        return intent;
    }
    event.action = "recall";
    event.targets.assign(10, event.id);
    intent.access = domain::AccessRecord{std::move(event), {}};
    return intent;
}

struct Written {
    std::uint64_t acknowledged = 0;
    std::uint64_t failed = 0;  ///< refused, or their COMMIT without an answer
    double seconds = 0;
};

/// Records at a fixed rate whatever the answers do, from threads of their own, each with its share
/// of the tenants. What the committer's queue refuses is counted.
class OpenLoop {
  public:
    static constexpr int kThreads = 4;

    OpenLoop(services::Committer& committer, const std::vector<backends::TenantRow>& tenants)
        : committer_(committer), tenants_(tenants) {}

    Written run(double rate, std::chrono::duration<double> length) {
        const auto begin = Clock::now();
        std::vector<std::thread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] { send(i, rate / kThreads, begin, length); });
        }
        for (auto& each : threads) {
            each.join();
        }
        return {acknowledged_, failed_, seconds_since(begin)};
    }

  private:
    using Waiting = std::deque<std::future<domain::Outcome>>;

    void send(int thread, double rate, Clock::time_point begin,
              std::chrono::duration<double> length) {
        UuidGenerator ids;
        Waiting waiting;
        std::uint64_t sent = 0;
        while (Clock::now() - begin < length) {
            const auto due = static_cast<std::uint64_t>(rate * seconds_since(begin));
            for (; sent < due; ++sent) {
                const std::uint64_t number = sent * kThreads + static_cast<std::uint64_t>(thread);
                waiting.push_back(
                    committer_.submit(record_of(tenants_[number % tenants_.size()], ids, number)));
            }
            take_answers(waiting, std::chrono::milliseconds(0));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        take_answers(waiting, std::chrono::seconds(30));
        failed_ += waiting.size();
    }

    /// Those that are there; each is waited for so long.
    void take_answers(Waiting& waiting, std::chrono::milliseconds patience) {
        while (!waiting.empty() &&
               waiting.front().wait_for(patience) == std::future_status::ready) {
            try {
                waiting.front().get();
                ++acknowledged_;
            } catch (const Error&) {
                ++failed_;
            }
            waiting.pop_front();
        }
    }

    services::Committer& committer_;
    const std::vector<backends::TenantRow>& tenants_;
    std::atomic<std::uint64_t> acknowledged_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
};

/// So many records as fast as they are taken, half the committer's queue at a time.
inline Written write(services::Committer& committer,
                     const std::vector<backends::TenantRow>& tenants, std::uint64_t count) {
    UuidGenerator ids;
    const auto begin = Clock::now();
    std::deque<std::future<domain::Outcome>> waiting;
    Written out;
    for (std::uint64_t i = 0; i < count || !waiting.empty(); ++i) {
        if (i < count) {
            waiting.push_back(committer.submit(record_of(tenants[i % tenants.size()], ids, i)));
        }
        if (i >= count || waiting.size() >= 512) {
            waiting.front().get();
            waiting.pop_front();
            ++out.acknowledged;
        }
    }
    out.seconds = seconds_since(begin);
    return out;
}

}  // namespace soma::bench
