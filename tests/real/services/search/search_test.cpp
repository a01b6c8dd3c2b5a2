#include "services/search/search.h"

#include "domain/memory/embedding.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using somabrain::v1::RememberRequest;
using test::LivingCore;

/// A query by text, with what a test says beside it.
SearchQuery about(std::string_view text, std::span<const float> embedding = {},
                  std::span<const std::string> views = {}, std::string_view at_least = {}) {
    return {.text = text, .embedding = embedding, .views = views, .scope = {.at_least = at_least}};
}

class SearchTest : public ::testing::Test {
  protected:
    Found search(const backends::TenantRow& tenant, const SearchQuery& query,
                 const Deadline& deadline = LivingCore::soon()) {
        return core.searcher.search(tenant, query, wall_clock_now(), deadline);
    }
    void given(const backends::TenantRow& tenant, const std::string& text,
               std::vector<float> vector) {
        RememberRequest item;
        item.set_text(text);
        item.mutable_embedding()->Add(vector.begin(), vector.end());
        core.remember(tenant, item);
    }
    static std::string token(const backends::TenantRow& tenant, std::uint64_t sequence) {
        return domain::StateToken{tenant.epoch, sequence}.to_string();
    }

    LivingCore core;
};

TEST_F(SearchTest, FindsByMeaningWhatSharesNoWord) {
    const auto tenant = core.tenant();
    core.remember(tenant, "The dog chased a ball across the garden.");
    core.remember(tenant, "Quarterly revenue rose by nine percent.");
    const auto found = search(tenant, about("puppy playing outdoors"));
    ASSERT_EQ(found.memories.size(), 2U);
    EXPECT_EQ(found.memories[0].content.text, "The dog chased a ball across the garden.");
    EXPECT_FALSE(found.memories[0].truncated);
    EXPECT_EQ(found.query.dimension(), 384U);
    EXPECT_EQ(found.memories[0].vector.dimension(), 384U);
    EXPECT_EQ(found.state, (domain::StateToken{tenant.epoch, 2}));
}

double raised(const char* gauge) {
    return telemetry::metrics().gauge(gauge).Value();
}

TEST_F(SearchTest, AViewWhoseModuleIsOffIsNothingWhateverItWasTaughtToWeigh) {
    auto tenant = core.own_vectors(2);
    given(tenant, "north wind", {1, 0.5F});
    given(tenant, "south wind", {0.4F, 1});
    const std::vector<float> east{1, 0.1F};
    auto query = about("south wind", east);
    query.weights[domain::View::density] = query.weights[domain::View::bridge] = 0.5;
    query.explained = domain::all_modules;
    const auto plain = about("south wind", east);
    const auto without = search(tenant, query);
    const auto expected = search(tenant, plain);
    EXPECT_EQ(without.weights, domain::default_weights());
    ASSERT_EQ(without.memories.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(without.memories[i].hit.id, expected.memories[i].hit.id);
        EXPECT_EQ(without.memories[i].hit.score, expected.memories[i].hit.score);
        EXPECT_EQ(without.memories[i].hit.values[domain::View::density], 0);
        EXPECT_EQ(without.memories[i].hit.values[domain::View::bridge], 0);
    }
    tenant.modules = domain::all_modules;
    const auto with = search(tenant, query);
    EXPECT_EQ(with.weights, query.weights);
    for (const auto& memory : with.memories) {
        EXPECT_GT(memory.hit.values[domain::View::density], 0);
        EXPECT_GT(memory.hit.values[domain::View::bridge], 0);
        EXPECT_EQ(memory.hit.score, domain::score_of(memory.hit.values, query.weights));
    }
    EXPECT_LE(raised("somabrain_math_density_trace_error_ratio"), 1e-12);
    EXPECT_LE(raised("somabrain_math_density_negative_eigenvalue_ratio"), 1e-12);
    EXPECT_GT(raised("somabrain_math_bridge_margin_error_ratio"), 0) << "it was measured";
    EXPECT_LE(raised("somabrain_math_bridge_margin_error_ratio"), 1e-9);
}

TEST_F(SearchTest, NamingAViewWhoseModuleIsOffIsRefused) {
    auto tenant = core.own_vectors(1);
    const std::vector<std::string> views{"dense", "bridge"};
    test::expect_error(ErrorKind::invalid_argument, "/views/1",
                       [&] { search(tenant, about("x", {}, views)); });
    tenant.modules = {domain::Module::bridge};
    EXPECT_NO_THROW(search(tenant, about("x", {}, views)));
    const std::vector<std::string> graph{"graph"};
    test::expect_error(ErrorKind::invalid_argument, "/views/0",
                       [&] { search(tenant, about("x", {}, graph)); });
}

TEST_F(SearchTest, SpeakersNamesAreNotEmbedded) {
    const auto tenant = core.tenant();
    RememberRequest item;
    item.set_text("I moved to Lisbon last spring.");
    item.set_speaker("Ada");
    core.remember(tenant, item);
    const auto named = search(tenant, about("Where did Ada move?"));
    const auto lease = core.index.read(tenant.id, 1, LivingCore::soon());
    const auto stripped =
        lease.corpus().strip_names("Where did Ada move?", {.now = wall_clock_now()});
    EXPECT_EQ(stripped.find("Ada"), std::string::npos);
    EXPECT_EQ(named.query, domain::stored_form(test::embedder().embed(stripped, LivingCore::soon()),
                                               384, "/query"));
}

TEST_F(SearchTest, ATenantOfOwnVectorsIsSearchedByThemOrByWords) {
    const auto tenant = core.own_vectors(4);
    given(tenant, "north wind", {1, 0, 0, 0});
    given(tenant, "south sea", {0, 1, 0, 0});
    const std::vector<float> near_south{0.1F, 0.9F, 0, 0};
    const auto by_vector = search(tenant, about("", near_south));
    EXPECT_EQ(by_vector.memories.at(0).content.text, "south sea");
    const auto by_words = search(tenant, about("what of the wind"));
    EXPECT_EQ(by_words.memories.at(0).content.text, "north wind");
    EXPECT_EQ(by_words.query, (math::QuantizedVector{0, std::vector<std::int8_t>(4)}))
        << "nothing was embedded";
}

TEST_F(SearchTest, AVectorMustHaveTheTenantsDimension) {
    const auto tenant = core.own_vectors(4);
    for (const auto& wrong : {std::vector<float>{1, 2, 3}, std::vector<float>(384, 1.0F),
                              std::vector<float>(4, 0.0F)}) {
        test::expect_error(ErrorKind::invalid_argument, "/embedding",
                           [&] { search(tenant, about("x", wrong)); });
    }
}

TEST_F(SearchTest, ViewsLimitTheScore) {
    const auto tenant = core.own_vectors(4);
    given(tenant, "alpha", {1, 0, 0, 0});
    given(tenant, "beta", {0, 1, 0, 0});
    const std::vector<float> beta{0, 1, 0, 0};
    const std::vector<std::string> lexical{"lexical"};
    EXPECT_EQ(search(tenant, about("alpha", beta, lexical)).memories[0].content.text, "alpha");
    const std::vector<std::string> dense{"dense"};
    EXPECT_EQ(search(tenant, about("alpha", beta, dense)).memories[0].content.text, "beta");
    const std::vector<std::string> unknown{"dense", "smell"};
    test::expect_error(ErrorKind::invalid_argument, "/views/1",
                       [&] { search(tenant, about("alpha", {}, unknown)); });
}

TEST_F(SearchTest, TokensOfAnotherEpochAndNonsenseAreToldApart) {
    const auto tenant = core.own_vectors(4);
    auto restored = tenant;
    restored.epoch ^= 1;
    test::expect_error(ErrorKind::conflict, "/at_least",
                       [&] { search(tenant, about("x", {}, {}, token(restored, 0))); });
    for (const auto* nonsense : {"not a token", "AAAA", "=", "AAAAAAAAAAAAAAAAAAAAA="}) {
        test::expect_error(ErrorKind::invalid_argument, "/at_least",
                           [&] { search(tenant, about("x", {}, {}, nonsense)); });
    }
}

TEST_F(SearchTest, AStateNobodyWroteIsNotWaitedFor) {
    const auto tenant = core.own_vectors(4);
    given(tenant, "first", {1, 0, 0, 0});
    for (const std::uint64_t ahead : {std::uint64_t{2}, ~std::uint64_t{0}}) {
        test::expect_error(ErrorKind::conflict, "/at_least",
                           [&] { search(tenant, about("x", {}, {}, token(tenant, ahead))); });
    }
    EXPECT_EQ(search(tenant, about("first", {}, {}, token(tenant, 1))).state.sequence, 1U);
}

TEST_F(SearchTest, AStateThatExistsIsWaitedForUntilTheDeadline) {
    const auto tenant = core.own_vectors(4);
    given(tenant, "first", {1, 0, 0, 0});
    LivingCore other;
    const auto there = [&](std::string_view at_least, const Deadline& deadline) {
        return other.searcher.search(tenant, about("first", {}, {}, at_least), wall_clock_now(),
                                     deadline);
    };
    EXPECT_EQ(there({}, LivingCore::soon()).memories.size(), 1U);
    given(tenant, "second", {0, 1, 0, 0});  // which the other process's index does not hear of
    test::expect_error(ErrorKind::unavailable, "",
                       [&] { there(token(tenant, 2), Deadline(std::chrono::milliseconds(50))); });
}

TEST_F(SearchTest, AnotherProcessFindsTheSameFromPostgres) {
    const auto tenant = core.tenant();
    std::string text = "The lighthouse keeper wrote every evening. ";
    while (text.size() < 4'000) {
        text += "Ships passed and the lamp turned through fog and rain. ";
    }
    core.remember(tenant, text);
    core.remember(tenant, "A recipe for bread");
    core.forget(tenant, core.remember(tenant, "The lighthouse burned down").id());
    LivingCore other;  // its index starts empty
    const auto here = search(tenant, about("lighthouse lamp"));
    const auto there = other.searcher.search(tenant, about("lighthouse lamp"), wall_clock_now(),
                                             LivingCore::soon());
    ASSERT_EQ(there.memories.size(), 2U);
    ASSERT_EQ(here.memories.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(there.memories[i].content, here.memories[i].content);
        EXPECT_EQ(there.memories[i].hit.score, here.memories[i].hit.score);
        EXPECT_EQ(there.memories[i].vector, here.memories[i].vector);
    }
    EXPECT_TRUE(there.memories[0].truncated);
    EXPECT_LE(there.memories[0].content.text.size(), 2'048U);
    EXPECT_EQ(there.state, here.state);
}

}  // namespace
}  // namespace soma::services
