#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/error.h"
#include "services/commit/committer.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"
#include "support/postgres/postgres_cluster.h"

namespace soma::services {
namespace {

using domain::Committed;
using domain::Outcome;
using test::IntentBuilder;

constexpr int kClients = 16;
constexpr int kWrites = 10'000;
constexpr int kWritesBetweenKills = 1'500;
/// A kill may come just past the answer; enough are tried that this many meet a COMMIT in flight.
constexpr int kWantedInFlight = 5;
constexpr int kMaxKills = 30;

/// Kills the whole cluster with SIGKILL a random moment after a COMMIT was sent, and starts it
/// again.
class Killer {
  public:
    explicit Killer(test::PostgresCluster& cluster) : cluster_(cluster) {}

    /// The committer's trace.
    void hear(std::string_view line) {
        const std::lock_guard lock(mutex_);
        if (line.ends_with(" lost")) {
            ++lost_;
        }
        sent_ = line.find(" sent") != std::string_view::npos;
        heard_.notify_all();
    }

    void kill_and_restart() {
        const auto processes = cluster_.processes();
        {
            std::unique_lock lock(mutex_);
            sent_ = false;
            heard_.wait_for(lock, std::chrono::seconds(5), [&] { return sent_; });
        }
        // Somewhere between the COMMIT's departure and its answer, or just past it.
        const auto until =
            std::chrono::steady_clock::now() +
            std::chrono::microseconds(std::uniform_int_distribution(0, 800)(random_));
        while (std::chrono::steady_clock::now() < until) {
        }
        cluster_.kill_all(processes);
        cluster_.kill_now();
        cluster_.start();
        ++kills_;
    }

    int lost() const {
        const std::lock_guard lock(mutex_);
        return lost_;
    }
    int kills() const { return kills_; }

  private:
    test::PostgresCluster& cluster_;
    std::mt19937 random_{20261122};
    mutable std::mutex mutex_;
    std::condition_variable heard_;
    bool sent_ = false;
    int lost_ = 0;
    int kills_ = 0;
};

/// Writes until each write is acknowledged, with the same Idempotency-Key every time, as the error
/// asks.
struct Client {
    std::uint64_t acknowledge(Committer& committer, const domain::TenantStreams& tenant,
                              const std::string& key) {
        for (;;) {
            IntentBuilder builder(tenant);
            builder.insert(IntentBuilder::new_id()).claim(key, "body of " + key);
            try {
                const Outcome outcome = committer.submit(builder.build()).get();
                if (const auto* committed = std::get_if<Committed>(&outcome)) {
                    return committed->changes[0].sequence;
                }
                ++replays;
                const std::string& answer = std::get<domain::Replayed>(outcome).answer;
                return std::stoull(answer.substr(std::string("sequence ").size()));
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.detail();
                ++failures;
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        }
    }
    int replays = 0;
    int failures = 0;
};

TEST(Crash, KillNineOfPostgresLosesNothingAndDoublesNothing) {
    test::PostgresWorld world;
    const backends::TenantRow tenant = world.tenant();
    Killer killer(world.cluster);
    CommitterOptions options;
    options.trace = [&](std::string_view line) { killer.hear(line); };
    Committer committer(world.cluster.app(), options);
    std::vector<std::uint64_t> applied;
    committer.on_committed(
        [&](const domain::AppliedChange& change) { applied.push_back(change.sequence); });
    committer.start();

    std::atomic<int> next = 0;
    std::atomic<bool> killing = true;
    std::mutex mutex;
    std::map<std::uint64_t, std::string> acknowledged;
    std::vector<Client> clients(kClients);
    std::vector<std::thread> threads;
    for (Client& client : clients) {
        threads.emplace_back([&] {
            for (int n = next++; n < kWrites || killing; n = next++) {
                const std::string key = "write " + std::to_string(n);
                const auto sequence = client.acknowledge(committer, tenant.streams(), key);
                const std::lock_guard lock(mutex);
                EXPECT_TRUE(acknowledged.emplace(sequence, key).second) << "a sequence twice";
            }
        });
    }
    while (killer.lost() < kWantedInFlight && killer.kills() < kMaxKills) {
        for (const int from = next; next < from + kWritesBetweenKills;) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        killer.kill_and_restart();
    }
    killing = false;
    for (auto& thread : threads) {
        thread.join();
    }
    committer.stop();

    int replays = 0;
    int failures = 0;
    for (const Client& client : clients) {
        replays += client.replays;
        failures += client.failures;
    }
    std::cout << "kills " << killer.kills() << ", between COMMIT sent and answered "
              << killer.lost() << ", failed attempts " << failures
              << ", found committed on repeating " << replays << ", groups "
              << committer.counters().groups << "\n";
    EXPECT_GE(killer.lost(), kWantedInFlight) << "too few kills met a COMMIT in flight";
    // Each write once: sequences 1..N, N rows, N claims, and the ledger whole.
    const auto writes = acknowledged.size();
    ASSERT_GE(writes, std::size_t{kWrites});
    EXPECT_EQ(acknowledged.begin()->first, 1U);
    EXPECT_EQ(acknowledged.rbegin()->first, writes);
    EXPECT_EQ(test::count_rows(world.cluster.superuser(), "memories", tenant.id),
              static_cast<std::int64_t>(writes));
    EXPECT_EQ(test::count_rows(world.cluster.superuser(), "idempotency_keys", tenant.id),
              static_cast<std::int64_t>(writes));
    test::expect_ledger_whole(world.cluster.superuser(), tenant);
    // Projections heard of everything but the groups whose answer was lost: those are gaps, in
    // order.
    EXPECT_TRUE(std::is_sorted(applied.begin(), applied.end()));
    EXPECT_GE(applied.size() + static_cast<std::size_t>(replays), writes);
}

TEST(Crash, AStoppedServerIsUnavailableInTimeAndServesAgain) {
    test::PostgresWorld world;
    const backends::TenantRow tenant = world.tenant();
    CommitterOptions options;
    options.transaction_timeout = std::chrono::milliseconds(300);
    Committer committer(world.cluster.app(), options);
    committer.start();
    const auto write = [&] {
        IntentBuilder builder(tenant.streams());
        return committer.submit(builder.insert(IntentBuilder::new_id()).build()).get();
    };
    EXPECT_TRUE(std::holds_alternative<Committed>(write()));
    for (const pid_t process : world.cluster.processes()) {
        ::kill(process, SIGSTOP);
    }
    try {
        write();
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
    for (const pid_t process : world.cluster.processes()) {
        ::kill(process, SIGCONT);
    }
    const Deadline patience(std::chrono::seconds(20));
    for (bool served = false; !served;) {
        ASSERT_FALSE(patience.passed());
        try {
            served = std::holds_alternative<Committed>(write());
        } catch (const Error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    test::expect_ledger_whole(world.cluster.superuser(), tenant);
}

}  // namespace
}  // namespace soma::services
