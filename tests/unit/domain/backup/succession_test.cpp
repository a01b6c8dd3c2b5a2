#include "domain/backup/succession.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/crypto.h"
#include "base/encoding.h"

namespace soma::domain {
namespace {

class SuccessionTest : public ::testing::Test {
  protected:
    Restored restored(std::uint64_t size) {
        return {.former = {ids.next(now), 0, size, size == 0 ? "" : sha256("leaf")},
                .backed_up_at = *parse_rfc3339("2026-01-01T00:00:00Z"),
                .system = {ids.next(now), 3},
                .states = {},
                .erased = {}};
    }
    static boost::json::object body(const PlannedEvent& event) {
        return boost::json::parse(event.body).as_object();
    }

    const Time now = *parse_rfc3339("2026-01-02T00:00:00Z");
    UuidGenerator ids;
};

TEST_F(SuccessionTest, BeginsBehindTheFormerLogWhereATileBegins) {
    for (const auto& [size, first] : {std::pair<std::uint64_t, std::uint64_t>{0, 0},
                                      {1, 65'536},
                                      {65'535, 65'536},
                                      {65'536, 65'536},
                                      {65'537, 131'072},
                                      {4'194'305, 4'259'840}}) {
        const Succession next = succeed(restored(size), ids, now);
        EXPECT_EQ(next.first_index, first) << size;
        EXPECT_EQ(next.events.at(0).log_index, first);
        EXPECT_EQ(next.size, first + 1);
        EXPECT_EQ(next.first_index % kLogAlignment, 0U);
    }
}

TEST_F(SuccessionTest, TheFirstEventNamesTheFormerLogsEnd) {
    const Restored before = restored(1'234);
    const Succession next = succeed(before, ids, now);
    ASSERT_EQ(next.events.size(), 1U);
    const PlannedEvent& event = next.events[0];
    EXPECT_NE(next.log_id, before.former.id);
    EXPECT_EQ(event.leaf, leaf_hash(event.body));
    EXPECT_EQ(event.stream_sequence, 4U);
    EXPECT_EQ(next.streams, (std::map<Uuid, std::uint64_t>{{before.system.id, 4}}));
    const auto said = body(event);
    EXPECT_EQ(said.at("action"), "log.restored");
    EXPECT_EQ(said.at("stream"), "system");
    EXPECT_TRUE(said.at("tenant").is_null());
    const auto& details = said.at("details").as_object();
    EXPECT_EQ(details.at("former_log_id").as_string(), before.former.id.to_string());
    EXPECT_EQ(details.at("former_first_index"), 0);
    EXPECT_EQ(details.at("former_last_index"), 1'233);
    EXPECT_EQ(details.at("former_last_leaf").as_string(), to_hex(sha256("leaf")));
    EXPECT_EQ(details.at("backed_up_at").as_string(), "2026-01-01T00:00:00.000000Z");
}

TEST_F(SuccessionTest, ALogWithoutEventsHasNoLastOne) {
    Restored before = restored(0);
    EXPECT_FALSE(body(succeed(before, ids, now).events[0])
                     .at("details")
                     .as_object()
                     .contains("former_last_index"));
    before.former.first_index = before.former.size = 65'536;
    const Succession next = succeed(before, ids, now);
    EXPECT_EQ(next.first_index, 65'536U);
    EXPECT_FALSE(body(next.events[0]).at("details").as_object().contains("former_last_leaf"));
}

TEST_F(SuccessionTest, EachErasedSubjectHasItsEventInItsTenantsState) {
    Restored before = restored(10);
    const Uuid one = ids.next(now);
    const Uuid two = ids.next(now);
    before.states = {{one, {ids.next(now), 7}}, {two, {ids.next(now), 0}}};
    before.erased = {
        {one, sha256("a"), 2, 1, 0}, {two, sha256("b"), 1, 0, 0}, {one, sha256("c"), 0, 0, 4}};
    const Succession next = succeed(before, ids, now);
    ASSERT_EQ(next.events.size(), 4U);
    for (std::size_t i = 0; i < next.events.size(); ++i) {
        EXPECT_EQ(next.events[i].log_index, next.first_index + i);
    }
    EXPECT_EQ(next.size, next.first_index + 4);
    EXPECT_EQ(next.events[1].stream_sequence, 8U);
    EXPECT_EQ(next.events[2].stream_sequence, 1U);
    EXPECT_EQ(next.events[3].stream_sequence, 9U);
    EXPECT_EQ(next.streams.at(before.states.at(one).id), 9U);
    EXPECT_EQ(next.streams.at(before.states.at(two).id), 1U);
    const auto said = body(next.events[1]);
    EXPECT_EQ(said.at("action"), "subject.erase");
    EXPECT_EQ(said.at("stream"), "state");
    EXPECT_EQ(said.at("tenant").as_string(), one.to_string());
    EXPECT_EQ(said.at("details").as_object().at("subject").as_string(), to_hex(sha256("a")));
    EXPECT_EQ(said.at("details").as_object().at("memories"), 2);
    EXPECT_EQ(body(next.events[3]).at("details").as_object().at("feedback"), 4);
}

}  // namespace
}  // namespace soma::domain
