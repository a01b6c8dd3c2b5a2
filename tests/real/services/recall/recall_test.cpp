#include "services/recall/recall.h"

#include "base/encoding.h"
#include "services/recall/find.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

class RecallTest : public ::testing::Test {
  protected:
    static RememberRequest item(const std::string& text) {
        RememberRequest made;
        made.set_text(text);
        made.add_embedding(1);
        made.add_embedding(1);
        return made;
    }
    static RecallRequest asking(const std::string& query) {
        RecallRequest asked;
        asked.set_query(query);
        return asked;
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(2);
};

TEST_F(RecallTest, AnswersWithWhatItRecordsAsTargets) {
    const auto first = core.remember(tenant, item("the river froze"));
    const auto second = core.remember(tenant, item("the river thawed"));
    const auto asked = asking("river froze");
    const auto answer = core.recall(tenant, asked);
    ASSERT_EQ(answer.results_size(), 2);
    EXPECT_EQ(answer.results(0).id(), first.id());
    EXPECT_EQ(answer.results(1).id(), second.id());
    EXPECT_EQ(answer.capped_size(), 0);
    EXPECT_EQ(answer.state_token(), second.state_token());
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("stream"), "access");
    EXPECT_EQ(event.at("action"), "memory.recall");
    EXPECT_EQ(event.at("decision"), "allowed");
    ASSERT_EQ(event.at("targets").as_array().size(), 2U);
    EXPECT_EQ(event.at("targets").at(0), first.id().c_str());
    const auto own =
        core.keyring.subject(tenant.id, "", Keyring::IfAbsent::nothing, LivingCore::soon());
    EXPECT_EQ(event.at("request_digest"), to_hex(own->digest(asked.SerializeAsString())).c_str());
    EXPECT_EQ(event.at("answer_digest"), to_hex(own->digest(answer.SerializeAsString())).c_str());
}

/// The benchmark of what recording costs leaves out nothing else.
TEST_F(RecallTest, FindsWhatItAnswersBeforeItRecordsIt) {
    core.remember(tenant, item("the river froze"));
    const auto before = core.events(tenant.id).size();
    const auto asked = asking("river");
    const Time now = wall_clock_now();
    const auto context = LivingCore::request("Memory.Recall", now);
    const auto theta = core.weights.of(LivingCore::admitted(tenant, context), context.deadline);
    const auto found = find_answer(core.searcher, theta.weights, context, tenant, asked);
    EXPECT_EQ(core.events(tenant.id).size(), before);
    EXPECT_EQ(core.recall(tenant, asked, now).SerializeAsString(),
              found.response.SerializeAsString());
    EXPECT_EQ(core.events(tenant.id).size(), before + 1);
}

TEST_F(RecallTest, ExplainedViewsRecomputeToTheScore) {
    core.remember(tenant, item("the river froze"));
    core.remember(tenant, item("a quiet street"));
    auto asked = asking("river");
    asked.add_embedding(1);
    asked.add_embedding(0);
    asked.set_explain(true);
    const auto answer = core.recall(tenant, asked);
    EXPECT_EQ(answer.results_size(), 2);
    for (const auto& memory : answer.results()) {
        domain::ViewValues values;
        for (const auto& [name, value] : memory.view_values()) {
            values[domain::view_of(name).value()] = value;
        }
        EXPECT_EQ(domain::score_of(values, domain::default_weights()), memory.score());
    }
}

TEST_F(RecallTest, NeedsAQueryOrAVectorAndKeepsTopK) {
    test::expect_error(ErrorKind::invalid_argument, "/query",
                       [&] { core.recall(tenant, RecallRequest()); });
    for (int i = 0; i < 12; ++i) {
        core.remember(tenant, item("stone " + std::to_string(i)));
    }
    auto asked = asking("stone");
    EXPECT_EQ(core.recall(tenant, asked).results_size(), 10) << "the default";
    asked.set_top_k(3);
    EXPECT_EQ(core.recall(tenant, asked).results_size(), 3);
}

TEST_F(RecallTest, LargeMetadataIsCappedFromTheLowestRank) {
    RememberBatchRequest batch;
    for (int i = 0; i < 100; ++i) {
        auto& one = *batch.add_items() = item("heavy " + std::string(2'000, 'x'));
        one.set_metadata("{\"m\":\"" + std::string(8'180, 'y') + "\"}");
        for (int t = 0; t < 32; ++t) {
            one.add_tags(std::string(250, static_cast<char>('a' + t % 26)) + std::to_string(t));
        }
    }
    const auto context = LivingCore::request("Memory.RememberBatch");
    core.stories.batch(context, LivingCore::admitted(tenant, context), batch);
    auto asked = asking("heavy");
    asked.set_top_k(100);
    const auto answer = core.recall(tenant, asked);
    ASSERT_EQ(answer.results_size(), 100);
    ASSERT_EQ(answer.capped_size(), 1);
    EXPECT_EQ(answer.capped(0), "metadata");
    EXPECT_EQ(answer.results(0).tags_size(), 32);
    EXPECT_EQ(answer.results(99).tags_size(), 0);
    EXPECT_EQ(answer.results(99).text().size(), answer.results(0).text().size());
    EXPECT_LT(answer.ByteSizeLong(), 1024U * 1024U);
    EXPECT_EQ(core.get(tenant, answer.results(99).id()).tags_size(), 32) << "GET has them all";
}

TEST_F(RecallTest, GetHasTheWholeTextAndEveryField) {
    auto request = item(std::string(32'768, 'w'));
    request.set_subject("ada");
    request.set_kind("fact");
    request.set_speaker("Bob");
    request.set_key("k");
    request.set_importance(0.5);
    request.set_valid_from("2026-01-01T00:00:00.000000Z");
    request.add_tags("t");
    request.set_metadata(R"({"a":1})");
    const auto made = core.remember(tenant, request);
    const auto whole = core.get(tenant, made.id());
    EXPECT_EQ(whole.text(), request.text());
    EXPECT_EQ(whole.subject(), "ada");
    EXPECT_EQ(whole.kind(), "fact");
    EXPECT_EQ(whole.speaker(), "Bob");
    EXPECT_EQ(whole.key(), "k");
    EXPECT_EQ(whole.importance(), 0.5);
    EXPECT_EQ(whole.valid_from(), request.valid_from());
    EXPECT_EQ(whole.tags(0), "t");
    EXPECT_EQ(whole.metadata(), R"({"a":1})");
    EXPECT_EQ(whole.sequence(), made.sequence());
    EXPECT_EQ(whole.created_at(), made.created_at());
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("action"), "memory.get");
    EXPECT_EQ(event.at("targets").at(0), made.id().c_str());
}

TEST_F(RecallTest, ExpiredForeignAndAbsentLookAlike) {
    auto fleeting = item("gone in a minute");
    fleeting.set_ttl_seconds(60);
    const auto made = core.remember(tenant, fleeting);
    const Time later = wall_clock_now() + std::chrono::seconds(61);
    EXPECT_EQ(core.get(tenant, made.id()).text(), "gone in a minute");
    const auto other = core.own_vectors(2);
    std::set<std::string> messages;
    for (const auto& error :
         {test::error_of([&] { core.get(tenant, made.id(), later); }),
          test::error_of([&] { core.get(other, made.id()); }),
          test::error_of([&] { core.get(tenant, core.ids.next(later).to_string()); })}) {
        ASSERT_TRUE(error.has_value());
        EXPECT_EQ(error->kind(), ErrorKind::not_found);
        messages.insert(error->field() + error->public_message() + error->detail());
    }
    EXPECT_EQ(messages.size(), 1U);
    EXPECT_EQ(core.recall(tenant, asking("minute"), later).results_size(), 0);
}

TEST_F(RecallTest, WithoutItsEventNothingIsAnswered) {
    core.remember(tenant, item("unsaid"));
    core.committer.stop();
    test::expect_error(ErrorKind::unavailable, "", [&] { core.recall(tenant, asking("unsaid")); });
}

}  // namespace
}  // namespace soma::services
