#include "services/relay/relay.h"

#include <gtest/gtest.h>

#include <functional>

#include "services/relay/follower.h"
#include "support/postgres/relay_ledger.h"
#include "support/stores/kafka_broker.h"
#include "support/stores/topic_ends.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using domain::Topic;
using test::RelayLedger;
using test::shared_broker;

/// Polls; the bound only ends a broken test.
void wait_until(const std::function<bool()>& condition, const char* what) {
    const Deadline deadline(120s);
    while (!condition()) {
        ASSERT_FALSE(deadline.passed()) << what;
        std::this_thread::sleep_for(5ms);
    }
}

class RelayTest : public ::testing::Test {
  protected:
    void SetUp() override {
        shared_broker().make(relay_topics());
        for (const Topic topic : domain::kTopics) places_[topic] = test::topic_ends(topic);
    }

    RelaySettings settings() {
        RelaySettings out;
        out.postgres = ledger.relay();
        out.kafka = shared_broker().settings();
        out.batch.events = 50;
        out.timeout = 3s;
        out.stand_by = 50ms;
        out.longest_retry = 400ms;
        return out;
    }
    /// Events of this ledger that a topic holds, once `count` of them have come. The follower
    /// itself throws when one is missing.
    std::vector<FollowedEvent> follow(Topic topic, std::size_t count) {
        EventFollower follower(shared_broker().settings(), topic, places_.at(topic));
        std::vector<FollowedEvent> out;
        const Deadline deadline(120s);
        while (out.size() < count && !deadline.passed()) {
            auto event = follower.next(1s);
            if (event && event->record.mark.log_id == ledger.log_id()) {
                out.push_back(std::move(*event));
            }
        }
        EXPECT_EQ(follower.repeated(), 0U);
        while (auto event = follower.next(300ms)) {
            EXPECT_NE(event->record.mark.log_id, ledger.log_id()) << "one too many";
        }
        EXPECT_EQ(out.size(), count);
        return out;
    }
    /// Each index of the ledger exactly once.
    void expect_all_in_audit() {
        std::set<std::uint64_t> seen;
        for (const auto& event : follow(Topic::audit, ledger.size())) {
            EXPECT_TRUE(seen.insert(event.record.mark.log_index).second);
        }
        EXPECT_EQ(seen.size(), ledger.size());
    }
    void wait_for(Relay& relay, RelayState state) {
        wait_until([&] { return relay.health().state == state; }, "the relay's state");
    }
    static double lag() { return telemetry::metrics().gauge("somabrain_relay_lag_events").Value(); }
    static double total() {
        return telemetry::metrics().counter("somabrain_relay_events_total").Value();
    }

    RelayLedger ledger;
    std::map<Topic, FollowedPlaces> places_;  ///< behind what other tests wrote
};

TEST_F(RelayTest, CarriesEveryEventToItsTopics) {
    ledger.add(700);
    Relay relay(settings());
    relay.start();
    expect_all_in_audit();
    ledger.add(70);
    expect_all_in_audit();
    EXPECT_EQ(follow(Topic::constitution_revisions, 110).back().record.place.stream,
              domain::Stream::system);
    for (const auto& event : follow(Topic::memory_events, 330)) {
        EXPECT_EQ(event.record.place.stream, domain::Stream::state);
        EXPECT_EQ(event.partition % 20, 0) << "a tenant's shard";
    }
    wait_until([] { return lag() == 0; }, "no lag");
    EXPECT_EQ(relay.health().trouble, "");
}

TEST_F(RelayTest, GoesOnWhereItEnded) {
    for (int round = 0; round < 4; ++round) {
        ledger.add(90);
        Relay relay(settings());
        const double before = total();
        relay.start();
        wait_until([&] { return total() > before; }, "something relayed");
        relay.stop();  // in the middle, mostly
    }
    Relay relay(settings());
    relay.start();
    expect_all_in_audit();
}

TEST_F(RelayTest, ASecondOneStandsByUntilTheFirstIsGone) {
    ledger.add(60);
    auto first = std::make_unique<Relay>(settings());
    first->start();
    wait_for(*first, RelayState::relaying);
    Relay second(settings());
    second.start();
    wait_for(second, RelayState::standing_by);
    ledger.add(60);
    expect_all_in_audit();
    first.reset();
    wait_for(second, RelayState::relaying);
    ledger.add(60);
    expect_all_in_audit();
}

TEST_F(RelayTest, WithKafkaDownTheLagGrowsAndThenDrains) {
    ledger.add(50);
    Relay relay(settings());
    relay.start();
    wait_until([] { return lag() == 0; }, "no lag");
    shared_broker().kill_now();
    ledger.add(120);
    wait_for(relay, RelayState::failing);
    wait_until([] { return lag() >= 120; }, "the lag is seen");
    EXPECT_EQ(relay.health().trouble, "kafka is not available");
    shared_broker().start();
    expect_all_in_audit();
    wait_until([] { return lag() == 0; }, "drained");
}

TEST_F(RelayTest, SurvivesPostgresAndAFrozenBroker) {
    ledger.add(50);
    Relay relay(settings());
    relay.start();
    wait_for(relay, RelayState::relaying);
    shared_broker().freeze();
    ledger.add(50);
    wait_for(relay, RelayState::failing);
    ledger.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'soma_relay'");
    shared_broker().thaw();
    ledger.add(50);
    expect_all_in_audit();
}

TEST_F(RelayTest, AnEventThatIsMissingStopsItAndSaysSo) {
    ledger.add(50);
    Relay relay(settings());
    relay.start();
    expect_all_in_audit();
    ledger.add(20);
    wait_until([] { return lag() == 0; }, "no lag");
    relay.stop();
    ledger.add(20);
    ledger.sql("DELETE FROM events WHERE log_index = 75");
    Relay next(settings());
    next.start();
    wait_for(next, RelayState::failing);
    EXPECT_EQ(next.health().trouble, "events are missing from the ledger");
    wait_until([] { return lag() >= 15; }, "the lag is seen");
}

TEST_F(RelayTest, WritesNothingBesideWhatKafkaHasNotDecidedOn) {
    ledger.add(60);
    const auto stranger = [] {
        auto out = std::make_unique<backends::TransactionalProducer>(shared_broker().settings(),
                                                                     "a stranger");
        out->begin(Deadline(60s));
        return out;
    };
    auto producer = stranger();
    const std::string_view audit = domain::topic_name(Topic::audit);
    // A partition that is not there fails the batch after the first record was sent.
    const std::vector<backends::OutgoingRecord> batch{{audit, 0, {}, {}, {}},
                                                      {audit, domain::kPartitions, {}, {}, {}}};
    EXPECT_THROW(producer->commit(batch, Deadline(30s)), Error);
    Relay relay(settings());
    relay.start();
    wait_for(relay, RelayState::failing);
    EXPECT_EQ(relay.health().trouble, "kafka has not decided on what lies at a topic's end");
    producer = stranger();  // which ends the former's transaction
    expect_all_in_audit();
}

TEST_F(RelayTest, WithoutItsTopicsItSaysWhoMakesThem) {
    RelaySettings elsewhere = settings();
    test::KafkaBroker empty;
    elsewhere.kafka = empty.settings();
    Relay relay(elsewhere);
    relay.start();
    wait_for(relay, RelayState::failing);
    EXPECT_NE(relay.health().trouble.find("run `somabrain topics`"), std::string::npos);
    empty.make(relay_topics());
    wait_for(relay, RelayState::relaying);
}

TEST_F(RelayTest, ARestoredLogFollowsTheFormerOne) {
    ledger.add(100);
    {
        Relay relay(settings());
        relay.start();
        expect_all_in_audit();
    }
    const auto former = ledger.log_id();
    // As `restore` does: a new id, its first event behind the old ones.
    ledger.add(20);  // owed of the former log
    ledger.restore();
    ledger.add(50);
    Relay relay(settings());
    relay.start();
    EXPECT_EQ(follow(Topic::audit, 50).size(), 50U);
    std::size_t of_former = 0;
    EventFollower follower(shared_broker().settings(), Topic::audit, places_.at(Topic::audit));
    while (auto event = follower.next(1s)) {
        of_former += event->record.mark.log_id == former ? 1 : 0;
    }
    EXPECT_EQ(of_former, 120U);
}

}  // namespace
}  // namespace soma::services
