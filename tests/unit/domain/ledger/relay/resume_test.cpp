#include "domain/ledger/relay/resume.h"

#include <gtest/gtest.h>

#include <deque>

#include "domain/ledger/relay/batch.h"
#include "support/ledger/relayed.h"
#include "support/property.h"

namespace soma::domain {
namespace {

using test::relayed_event;
using test::uuid_of;

const Uuid kLog = uuid_of(1);
const Uuid kFormer = uuid_of(2);
const Uuid kOlder = uuid_of(3);

RelayedEvent event(std::uint64_t index, const Uuid& log = kLog, int shard = 5) {
    return relayed_event(log, index, uuid_of(7), Stream::state, 1, shard);
}

TEST(Resume, AnEmptyKafkaGetsEverything) {
    const Resume resume({kLog, 0, 100, {}}, {});
    EXPECT_EQ(resume.from(), std::nullopt);
    EXPECT_FALSE(resume.relayed(Topic::audit, event(0)));
}

TEST(Resume, GoesBackToWhereTheNewestTransactionBegan) {
    const Resume resume({kLog, 0, 100, {}}, {{{Topic::audit, 5}, {kLog, 40, 30}},
                                             {{Topic::memory_events, 5}, {kLog, 44, 42}},
                                             {{Topic::audit, 6}, {kLog, 20, 10}}});
    EXPECT_EQ(resume.from(), 42U);
    EXPECT_TRUE(resume.relayed(Topic::audit, event(40)));
    EXPECT_FALSE(resume.relayed(Topic::audit, event(41))) << "torn off there";
    EXPECT_TRUE(resume.relayed(Topic::memory_events, event(44)));
    EXPECT_FALSE(resume.relayed(Topic::memory_events, event(45)));
    EXPECT_FALSE(resume.relayed(Topic::audit, event(42, kLog, 6))) << "another partition";
    EXPECT_FALSE(resume.relayed(Topic::constitution_revisions, event(42)));
}

TEST(Resume, ARestoredLogBeginsWithWhatTheFormerOwed) {
    const LogSpan log{kLog, 65'536, 65'600, kFormer};
    const Resume resume(log, {{{Topic::audit, 5}, {kFormer, 40, 30}}});
    EXPECT_EQ(resume.from(), 30U);
    EXPECT_TRUE(resume.relayed(Topic::audit, event(40, kFormer)));
    EXPECT_FALSE(resume.relayed(Topic::audit, event(41, kFormer)));
    EXPECT_FALSE(resume.relayed(Topic::audit, event(65'536)));
}

TEST(Resume, KafkaMayHaveMoreOfTheFormerLogThanTheBackup) {
    const Resume resume({kLog, 65'536, 65'600, kFormer},
                        {{{Topic::audit, 5}, {kFormer, 70'000, 69'990}}});
    EXPECT_EQ(resume.from(), 65'536U);
    EXPECT_FALSE(resume.relayed(Topic::audit, event(65'540))) << "another log's number";
}

TEST(Resume, NoPartitionGoesBackToAFormerLog) {
    const Resume resume({kLog, 65'536, 65'600, kFormer},
                        {{{Topic::audit, 5}, {kLog, 65'540, 65'536}},
                         {{Topic::audit, 6}, {kFormer, 90'000, 80'000}}});
    EXPECT_EQ(resume.from(), 65'536U) << "the newest of the log in force, not the highest number";
    EXPECT_TRUE(resume.relayed(Topic::audit, event(40, kFormer)));
    EXPECT_FALSE(resume.relayed(Topic::audit, event(65'541)));
}

TEST(Resume, ALogThatNobodyKnowsSaysNothing) {
    const Resume resume({kLog, 65'536, 65'600, kFormer}, {{{Topic::audit, 5}, {kOlder, 40, 30}}});
    EXPECT_EQ(resume.from(), std::nullopt);
    EXPECT_FALSE(resume.relayed(Topic::audit, event(10, kFormer)));
}

// The law itself: however often a relay dies, and whether its last transaction was kept, lost or
// torn, every partition holds each of its events once, in order.

using Kafka = std::map<std::pair<Topic, int>, std::vector<RelayMark>>;

LastMarks last_of(const Kafka& kafka) {
    LastMarks out;
    for (const auto& [place, records] : kafka) {
        if (!records.empty()) out.emplace(place, records.back());
    }
    return out;
}

/// One relay's life: batches until `lives` of them are committed; the one after is kept in the
/// partitions that `kept` draws.
void live(Kafka& kafka, const std::deque<RelayedEvent>& ledger, const LogSpan& log,
          std::size_t lives, const std::function<bool()>& kept) {
    const Resume resume(log, last_of(kafka));
    auto at = resume.from();
    for (std::size_t batch = 0; batch <= lives; ++batch) {
        std::vector<RelayedEvent> page;
        for (const auto& e : ledger) {
            if (e.log_index >= at.value_or(0)) page.push_back(e);
        }
        const auto size = next_batch(page, at, log, {4, 1'000'000});
        if (size == 0) return;
        std::map<std::pair<Topic, int>, bool> keeps;
        for (std::size_t i = 0; i < size; ++i) {
            for (const Topic topic : kTopics) {
                if (!belongs(topic, page[i]) || resume.relayed(topic, page[i])) continue;
                const std::pair place{topic, partition_of(page[i])};
                if (batch == lives && !keeps.contains(place)) keeps[place] = kept();
                if (batch == lives && !keeps[place]) continue;
                kafka[place].push_back({page[i].log_id, page[i].log_index, page[0].log_index});
            }
        }
        at = page[size - 1].log_index + 1;
    }
}

/// What each partition must hold of these logs.
Kafka wanted(const std::deque<RelayedEvent>& ledger) {
    Kafka out;
    for (const auto& e : ledger) {
        for (const Topic topic : kTopics) {
            if (belongs(topic, e))
                out[{topic, partition_of(e)}].push_back({e.log_id, e.log_index, 0});
        }
    }
    return out;
}

void expect_each_once(Kafka kafka, const std::deque<RelayedEvent>& ledger) {
    for (auto& [place, records] : kafka) {
        for (auto& mark : records) mark.complete_below = 0;
        // Of a former log Kafka may have more than the backup.
        std::erase_if(records, [&](const RelayMark& mark) {
            return std::none_of(ledger.begin(), ledger.end(), [&](const RelayedEvent& e) {
                return e.log_id == mark.log_id && e.log_index == mark.log_index;
            });
        });
    }
    std::erase_if(kafka, [](const auto& entry) { return entry.second.empty(); });
    RC_ASSERT(kafka == wanted(ledger));
}

void append(std::deque<RelayedEvent>& ledger, const Uuid& log, std::uint64_t& size) {
    const auto kind = *rc::gen::inRange(0, 4);
    const bool system = kind == 0;
    ledger.push_back(relayed_event(log, size++, system ? std::nullopt : std::optional(uuid_of(7)),
                                   system      ? Stream::system
                                   : kind == 1 ? Stream::access
                                               : Stream::state,
                                   1, *rc::gen::inRange(0, 3),
                                   system ? "constitution.sign" : "memory.remember"));
}

TEST(Resume, EachEventOnceAndInOrderWhateverBecomesOfTransactions) {
    test::property([] {
        std::deque<RelayedEvent> ledger;
        Kafka kafka;
        LogSpan log{kFormer, 0, 0, {}};
        const auto kept = [] { return *rc::gen::arbitrary<bool>(); };
        const int restore = *rc::gen::inRange(0, 12);
        for (int round = 0; round < 8; ++round) {
            for (int i = *rc::gen::inRange(0, 12); i > 0; --i) append(ledger, log.log_id, log.size);
            live(kafka, ledger, log, static_cast<std::size_t>(*rc::gen::inRange(0, 3)), kept);
            if (round == restore) {  // of a backup that is older
                ledger.erase(ledger.end() - static_cast<long>(ledger.size() / 3), ledger.end());
                const auto former = ledger.empty() ? std::nullopt : std::optional(kFormer);
                // The former log in Kafka may go on beyond the new one's beginning.
                const auto first = *rc::gen::element<std::uint64_t>(
                    ledger.empty() ? 0 : ledger.back().log_index + 1, 65'536);
                log = {kLog, first, first, former};
            }
        }
        live(kafka, ledger, log, 1'000, kept);
        expect_each_once(kafka, ledger);
    });
}

}  // namespace
}  // namespace soma::domain
