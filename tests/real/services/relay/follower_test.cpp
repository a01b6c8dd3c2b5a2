#include "services/relay/follower.h"

#include <gtest/gtest.h>

#include "backends/kafka/transactional_producer.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "services/relay/relay.h"
#include "support/ledger/relayed.h"
#include "support/stores/kafka_broker.h"
#include "support/stores/topic_ends.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using domain::Stream;
using domain::Topic;
using test::shared_broker;

/// Records of a ledger that never was, written as the relay writes them: also wrongly.
class FollowerTest : public ::testing::Test {
  protected:
    void SetUp() override {
        shared_broker().make(relay_topics());
        producer_ = std::make_unique<backends::TransactionalProducer>(
            shared_broker().settings(), "follower-test-" + log_.to_string());
        producer_->begin(Deadline(60s));
        places_ = test::topic_ends(Topic::audit);
    }
    void write(std::uint64_t index, std::uint64_t sequence) {
        const auto event =
            test::relayed_event(log_, index, tenant_, Stream::access, sequence, kPartition);
        write_body(event.body, domain::mark_headers({log_, index, index}));
    }
    void write_body(const std::string& body, const backends::KafkaHeaders& headers) {
        std::vector<backends::OutgoingRecord> one{{"soma.audit", kPartition, "k", body, headers}};
        producer_->commit(one, Deadline(30s));
    }
    /// Indices, in the order of their arrival.
    static std::vector<std::uint64_t> take(EventFollower& follower, std::size_t count) {
        std::vector<std::uint64_t> out;
        while (out.size() < count) {
            const auto event = follower.next(60s);
            if (!event) break;
            out.push_back(event->record.mark.log_index);
        }
        return out;
    }
    std::string trouble(EventFollower& follower) {
        try {
            follower.next(60s);
            return "";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::conflict);
            EXPECT_NE(error.detail().find("soma.audit partition 5 offset "), std::string::npos);
            return error.public_message();
        }
    }
    /// A reader that has had so many events and is asked for no more.
    std::unique_ptr<EventFollower> keep_after(std::size_t count) {
        auto out =
            std::make_unique<EventFollower>(shared_broker().settings(), Topic::audit, places_);
        EXPECT_EQ(take(*out, count).size(), count);
        return out;
    }
    EventFollower follower() { return {shared_broker().settings(), Topic::audit, places_}; }

    static constexpr int kPartition = 5;
    using Indices = std::vector<std::uint64_t>;
    Uuid log_ = Uuid::from_bytes(random_bytes(16));
    Uuid tenant_ = Uuid::from_bytes(random_bytes(16));
    FollowedPlaces places_;
    std::unique_ptr<backends::TransactionalProducer> producer_;
};

TEST_F(FollowerTest, PassesOverWhatItHasHad) {
    for (const std::uint64_t i : {1, 2, 3, 2, 3, 4, 1, 5}) write(i, i);
    auto reader = follower();
    EXPECT_EQ(take(reader, 5), (Indices{1, 2, 3, 4, 5}));
    EXPECT_EQ(reader.repeated(), 3U);
}

TEST_F(FollowerTest, ARestartInTheMiddleOfABatchLosesAndDoublesNothing) {
    for (const std::uint64_t i : {1, 2, 3, 4, 3, 4, 5}) write(i, i);
    const auto reader = keep_after(4);
    EventFollower again(shared_broker().settings(), Topic::audit, reader->places(),
                        reader->streams());
    EXPECT_EQ(take(again, 1), (Indices{5}));
    EXPECT_EQ(again.repeated(), 2U) << "known from the place alone";
}

TEST_F(FollowerTest, AfterARestartAStreamsFirstEventMayBeMissingNoMoreThanAnother) {
    for (const std::uint64_t i : {1, 2, 4}) write(i, i);
    const auto reader = keep_after(2);
    EventFollower again(shared_broker().settings(), Topic::audit, reader->places(),
                        reader->streams());
    EXPECT_NE(trouble(again).find("goes on with 4 instead of 3"), std::string::npos);
    EXPECT_EQ(again.places().at(kPartition).next_offset,
              reader->places().at(kPartition).next_offset);
}

TEST_F(FollowerTest, SaysWhatIsMissingAndStaysBeforeIt) {
    for (const std::uint64_t i : {1, 2, 4}) write(i, i);
    auto reader = follower();
    EXPECT_EQ(take(reader, 2), (Indices{1, 2}));
    const auto before = reader.places().at(kPartition).next_offset;
    EXPECT_NE(trouble(reader).find("goes on with 4 instead of 3"), std::string::npos);
    EXPECT_EQ(reader.places().at(kPartition).next_offset, before);
    EXPECT_DEATH(reader.next(1s), "behind an event that is missing");
}

TEST_F(FollowerTest, WhatIsNoEventStopsIt) {
    const auto headers = domain::mark_headers({log_, 1, 1});
    const auto good = test::relayed_event(log_, 1, tenant_, Stream::access, 1).body;
    const std::vector<std::tuple<std::string, backends::KafkaHeaders, std::string>> bad{
        {good, {}, "headers"},
        {"not json", headers, "JSON"},
        {R"({"v":2,"tenant":null,"stream":"system","stream_sequence":1})", headers,
         "schema version 2"},
        {good + std::string(domain::kMaxEventBytes, ' '), headers, "at most 65535"}};
    for (const auto& [body, with, why] : bad) {
        write_body(body, with);
        auto reader = follower();
        EXPECT_NE(trouble(reader).find(why), std::string::npos);
        places_[kPartition].next_offset += 2;  // the record, and its transaction's end
    }
    write(1, 1);  // the relay of other tests reads the last record
}

}  // namespace
}  // namespace soma::services
