#include "services/remember/prepare.h"

#include "domain/memory/embedding.h"
#include "domain/memory/sealing.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using somabrain::v1::RememberRequest;
using test::LivingCore;

class PrepareTest : public ::testing::Test {
  protected:
    std::vector<Prepared> prepare(const backends::TenantRow& tenant,
                                  const std::vector<RememberRequest>& items,
                                  const std::string& prefix = "/items") {
        std::vector<const RememberRequest*> views;
        for (const auto& item : items) {
            views.push_back(&item);
        }
        const auto context = LivingCore::request("Memory.RememberBatch", now);
        return core.preparer.prepare(context, LivingCore::admitted(tenant, context), views, prefix);
    }
    static RememberRequest item(const std::string& text) {
        RememberRequest made;
        made.set_text(text);
        return made;
    }

    LivingCore core;
    const Time now = *parse_rfc3339("2026-03-04T05:06:07.000008Z");
};

TEST_F(PrepareTest, FactsArePlainAndContentIsSealedUnderItsSubject) {
    const auto tenant = core.tenant();
    auto request = item("Ada likes tea.");
    request.set_subject("ada");
    request.set_kind("fact");
    request.set_speaker("Bob");
    request.set_session_id("s-1");
    request.set_key("ada/drink");
    request.set_occurred_at("2026-01-01T00:00:00.000000Z");
    request.set_valid_from("2026-01-01T00:00:00.000000Z");
    request.set_valid_to("2027-01-01T00:00:00.000000Z");
    request.set_ttl_seconds(60);
    request.set_importance(0.25);
    request.add_tags("drink");
    request.set_metadata(R"({"a":1})");
    const auto prepared = prepare(tenant, {request});
    const auto& row = prepared.at(0).row;
    EXPECT_EQ(row.facts.created_at, now);
    EXPECT_EQ(row.facts.expires_at, now + std::chrono::seconds(60));
    EXPECT_EQ(row.facts.valid_to, parse_rfc3339("2027-01-01T00:00:00Z"));
    EXPECT_EQ(row.facts.importance, 0.25);
    EXPECT_TRUE(prepared[0].assign_turn);
    const auto keys = core.keyring.tenant(tenant.id, LivingCore::soon());
    EXPECT_EQ(row.subject_hmac, keys->subject_hmac("ada"));
    EXPECT_EQ(row.key_hmac, keys->key_hmac("ada/drink"));
    EXPECT_EQ(row.session_hmac, keys->session_hmac("s-1"));
    const auto ada =
        core.keyring.subject(tenant.id, "ada", Keyring::IfAbsent::nothing, LivingCore::soon());
    ASSERT_NE(ada, nullptr);
    EXPECT_EQ(domain::open_content(ada->data_key, tenant.id, row.facts.id, row.sealed),
              prepared[0].plain->content);
    const auto own =
        core.keyring.subject(tenant.id, "", Keyring::IfAbsent::create, LivingCore::soon());
    EXPECT_FALSE(domain::open_content(own->data_key, tenant.id, row.facts.id, row.sealed));
    EXPECT_EQ(prepared[0].request_digest.size(), 64U);
}

TEST_F(PrepareTest, ALongTextHasSeveralSealedPassages) {
    const auto tenant = core.tenant();
    std::string text;
    while (text.size() < 8'000) {
        text += "Every paragraph says something about the sea and the ships on it.\n\n";
    }
    const auto prepared = prepare(tenant, {item(text), item("short")});
    const auto& long_one = prepared[0];
    ASSERT_GE(long_one.row.passages.size(), 5U);
    ASSERT_EQ(long_one.row.passages.size(), long_one.plain->passages.size());
    EXPECT_EQ(prepared[1].row.passages.size(), 1U);
    const auto key =
        core.keyring.subject(tenant.id, "", Keyring::IfAbsent::nothing, LivingCore::soon());
    for (std::uint32_t number = 0; number < long_one.row.passages.size(); ++number) {
        const auto& stored = long_one.row.passages[number];
        const auto& passage = long_one.plain->passages[number];
        EXPECT_EQ(stored.passage, number);
        EXPECT_EQ(stored.model_generation, tenant.model_generation);
        const domain::PassagePlace place{tenant.id, long_one.row.facts.id, number,
                                         tenant.model_generation};
        EXPECT_EQ(domain::open_passage(key->data_key, place, stored.sealed), passage);
        const auto part = text.substr(passage.begin, passage.end - passage.begin);
        EXPECT_LE(test::embedder().count_pieces(part), 254U);
        EXPECT_EQ(passage.vector,
                  domain::stored_form(test::embedder().embed(part, LivingCore::soon()), 384, ""));
    }
    EXPECT_EQ(long_one.plain->passages.back().end, text.size());
}

TEST_F(PrepareTest, ErrorsNameTheItemAndTheField) {
    const auto tenant = core.own_vectors(2);
    auto good = item("good");
    good.add_embedding(1);
    good.add_embedding(0);
    auto reversed = good;
    reversed.set_valid_from("2026-01-02T00:00:00.000000Z");
    reversed.set_valid_to("2026-01-02T00:00:00.000000Z");
    test::expect_error(ErrorKind::invalid_argument, "/items/1/valid_to", [&] {
        prepare(tenant, {good, reversed});
    });
    test::expect_error(ErrorKind::invalid_argument, "/valid_to",
                       [&] { prepare(tenant, {reversed}, ""); });
    auto longer = good;
    longer.add_embedding(1);
    test::expect_error(ErrorKind::invalid_argument, "/items/2/embedding", [&] {
        prepare(tenant, {good, good, longer});
    });
    test::expect_error(ErrorKind::invalid_argument, "/items/0/embedding",
                       [&] { prepare(tenant, {item("needs a vector")}); });
}

TEST_F(PrepareTest, AGivenVectorStandsForTheWholeText) {
    const auto tenant = core.own_vectors(2);
    auto request = item(std::string(30'000, 'x'));
    request.add_embedding(3);
    request.add_embedding(4);
    const auto prepared = prepare(tenant, {request});
    ASSERT_EQ(prepared[0].plain->passages.size(), 1U);
    EXPECT_EQ(prepared[0].plain->passages[0].end, 30'000U);
}

TEST_F(PrepareTest, EqualRequestsHaveEqualDigestsOnlyUnderOneSubject) {
    const auto tenant = core.own_vectors(1);
    auto one = item("same");
    one.add_embedding(1);
    auto other = one;
    other.set_subject("somebody");
    const auto prepared = prepare(tenant, {one, one, other});
    EXPECT_EQ(prepared[0].request_digest, prepared[1].request_digest);
    EXPECT_NE(prepared[0].request_digest, prepared[2].request_digest);
}

}  // namespace
}  // namespace soma::services
