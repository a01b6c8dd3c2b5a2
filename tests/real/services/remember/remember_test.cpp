#include "services/remember/remember.h"

#include "base/encoding.h"
#include "support/living_core.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

class RememberTest : public ::testing::Test {
  protected:
    static RememberRequest item(const std::string& text, const std::string& key = {}) {
        RememberRequest made;
        made.set_text(text);
        made.set_key(key);
        made.add_embedding(1);
        made.add_embedding(1);
        return made;
    }
    RememberResponse with_key(const std::string& idempotency_key, const RememberRequest& request) {
        auto context = LivingCore::request("Memory.Remember");
        context.idempotency_key = idempotency_key;
        return core.stories.one(context, LivingCore::admitted(tenant, context), request);
    }
    RememberBatchResponse batch(const RememberBatchRequest& request) {
        auto context = LivingCore::request("Memory.RememberBatch");
        context.idempotency_key = "batch";
        return core.stories.batch(context, LivingCore::admitted(tenant, context), request);
    }
    std::int64_t rows(const std::string& table) {
        return test::count_rows(core.world.cluster.superuser(), table, tenant.id);
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(2);
};

TEST_F(RememberTest, AnswersWithWhereItLandedAndRecordsDigestsOnly) {
    const auto answer = core.remember(tenant, item("The kettle is blue."));
    EXPECT_EQ(answer.sequence(), 1U);
    EXPECT_EQ(domain::StateToken::parse(answer.state_token()),
              (domain::StateToken{tenant.epoch, 1}));
    const auto events = core.events(tenant.id);
    ASSERT_EQ(events.size(), 1U);
    const auto& event = events[0];
    EXPECT_EQ(event.at("stream"), "state");
    EXPECT_EQ(event.at("action"), "memory.remember");
    EXPECT_EQ(event.at("status"), 201);
    EXPECT_EQ(event.at("targets").at(0), answer.id().c_str());
    const auto own =
        core.keyring.subject(tenant.id, "", Keyring::IfAbsent::nothing, LivingCore::soon());
    EXPECT_EQ(event.at("request_digest"),
              to_hex(own->digest(item("The kettle is blue.").SerializeAsString())).c_str());
    EXPECT_EQ(event.at("answer_digest"), to_hex(own->digest(answer.SerializeAsString())).c_str());
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
}

TEST_F(RememberTest, NothingOfTheContentIsInAnyRow) {
    auto request = item("marker-in-text", "marker-in-key");
    request.set_subject("marker-in-subject");
    request.set_speaker("marker-in-speaker");
    request.set_session_id("marker-in-session");
    request.add_tags("marker-in-tag");
    request.set_metadata(R"({"marker-in-metadata":1})");
    with_key("marker-in-idempotency-key", request);
    core.evaluate(tenant, "marker-in-query", "marker-in-session");
    const auto connection =
        backends::Connection::open(core.world.cluster.superuser(), LivingCore::soon());
    for (const std::string table :
         {"memories", "embeddings", "evaluations", "idempotency_keys", "events"}) {
        ASSERT_GT(rows(table), 0) << table;
        // Any column, text or bytes, as hexadecimal or as it is.
        const std::string sql = "SELECT count(*) FROM " + table +
                                " t WHERE t.tenant = $1::uuid AND (t::text LIKE '%marker-in%' OR"
                                " t::text LIKE '%' || encode('marker-in', 'hex') || '%')";
        const std::string name = "marker_" + table;
        const auto result = connection->run(backends::Statement{name.c_str(), sql.c_str()},
                                            backends::Params().add(tenant.id), LivingCore::soon());
        EXPECT_EQ(result.row(0).int64(0), 0) << table;
    }
}

TEST_F(RememberTest, ABatchLandsWholeAndInOrder) {
    RememberBatchRequest request;
    for (int i = 0; i < 50; ++i) {
        *request.add_items() = item("item " + std::to_string(i));
    }
    const auto answer = batch(request);
    ASSERT_EQ(answer.results_size(), 50);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(answer.results(i).sequence(), static_cast<std::uint64_t>(i) + 1);
        EXPECT_EQ(core.get(tenant, answer.results(i).id()).text(), "item " + std::to_string(i));
    }
    EXPECT_EQ(batch(request).SerializeAsString(), answer.SerializeAsString()) << "replayed";
    EXPECT_EQ(rows("memories"), 50);
}

TEST_F(RememberTest, ABadItemStoresNothingOfItsBatch) {
    RememberBatchRequest request;
    *request.add_items() = item("good");
    *request.add_items() = item("bad");
    request.mutable_items(1)->add_embedding(1);
    test::expect_error(ErrorKind::invalid_argument, "/items/1/embedding", [&] { batch(request); });
    EXPECT_EQ(rows("memories"), 0);
    EXPECT_TRUE(core.events(tenant.id).empty());
}

TEST_F(RememberTest, AnIdempotencyKeyReplaysItsAnswerAndRefusesAnotherBody) {
    const auto first = with_key("k", item("once"));
    EXPECT_EQ(with_key("k", item("once")).SerializeAsString(), first.SerializeAsString());
    EXPECT_EQ(rows("memories"), 1);
    test::expect_error(ErrorKind::idempotency_reused, "Idempotency-Key",
                       [&] { with_key("k", item("twice")); });
    DeleteMemoryRequest forget;
    forget.set_id(first.id());
    auto context = LivingCore::request("Memory.DeleteMemory");
    context.idempotency_key = "k";
    test::expect_error(ErrorKind::idempotency_reused, "Idempotency-Key", [&] {
        core.stories.forget(context, LivingCore::admitted(tenant, context), forget);
    });
    // Keys belong to a tenant: the same one elsewhere is another key.
    const auto other = core.own_vectors(2);
    context = LivingCore::request("Memory.Remember");
    context.idempotency_key = "k";
    const auto there =
        core.stories.one(context, LivingCore::admitted(other, context), item("twice"));
    EXPECT_NE(there.id(), first.id());
}

TEST_F(RememberTest, ANewMemoryOfAKeySupersedesTheOldOne) {
    const auto old = core.remember(tenant, item("lives in Rome", "city"));
    const auto fresh = core.remember(tenant, item("lives in Oslo", "city"));
    const auto kept = core.get(tenant, old.id());
    EXPECT_EQ(kept.superseded_by(), fresh.id());
    EXPECT_EQ(kept.valid_to(), fresh.created_at());
    RecallRequest asked;
    asked.set_query("lives");
    const auto found = core.recall(tenant, asked);
    ASSERT_EQ(found.results_size(), 1);
    EXPECT_EQ(found.results(0).text(), "lives in Oslo");
    EXPECT_EQ(core.events(tenant.id).at(1).at("supersedes").at(0), old.id().c_str());
}

TEST_F(RememberTest, ForgettingTakesItFromEverywhereOnce) {
    const auto made = core.remember(tenant, item("to be forgotten"));
    const auto gone = core.forget(tenant, made.id());
    EXPECT_EQ(gone.sequence(), 2U);
    RecallRequest asked;
    asked.set_query("forgotten");
    asked.set_at_least(gone.state_token());
    EXPECT_EQ(core.recall(tenant, asked).results_size(), 0);
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.get(tenant, made.id()); });
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.forget(tenant, made.id()); });
    EXPECT_EQ(rows("memories"), 0);
    EXPECT_EQ(rows("embeddings"), 0);
    const auto event = core.events(tenant.id).at(1);
    EXPECT_EQ(event.at("action"), "memory.delete");
    EXPECT_EQ(event.at("targets").at(0), made.id().c_str());
}

TEST_F(RememberTest, AnotherTenantsMemoryIsAbsent) {
    const auto made = core.remember(tenant, item("mine"));
    const auto other = core.own_vectors(2);
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.forget(other, made.id()); });
    EXPECT_EQ(core.get(tenant, made.id()).text(), "mine");
}

TEST_F(RememberTest, TurnsCountOnFromTheSessionsLast) {
    auto turn = item("turn");
    turn.set_session_id("s");
    turn.set_turn(7);
    core.remember(tenant, turn);
    turn.clear_turn();
    EXPECT_EQ(core.get(tenant, core.remember(tenant, turn).id()).turn(), 8);
    turn.set_session_id("another");
    EXPECT_EQ(core.get(tenant, core.remember(tenant, turn).id()).turn(), 0);
}

}  // namespace
}  // namespace soma::services
