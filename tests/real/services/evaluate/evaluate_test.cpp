#include "services/evaluate/evaluate.h"

#include <algorithm>
#include <cmath>

#include "base/crypto.h"
#include "base/encoding.h"
#include "domain/planner/utility_refusal.h"
#include "support/law/enforced_law.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

class EvaluateTest : public ::testing::Test {
  protected:
    domain::EvaluationRecord record_of(const backends::TenantRow& tenant, const std::string& id,
                                       const std::string& subject = {}) {
        const auto row = core.evaluations.get(tenant.id, Uuid::parse(id).value(), wall_clock_now(),
                                              LivingCore::soon());
        const auto key = core.keyring.subject(tenant.id, subject, Keyring::IfAbsent::nothing,
                                              LivingCore::soon());
        return domain::open_record(key->data_key, tenant.id, row->id, row->sealed).value();
    }

    LivingCore core;
};

TEST_F(EvaluateTest, WeightsSumToOneAndResidualIsWhatMemoryDoesNotExplain) {
    const auto tenant = core.tenant();
    for (const auto* text : {"We sail at dawn.", "The harbour is closed in winter.",
                             "Bring a warm coat.", "The cat sleeps."}) {
        core.remember(tenant, text);
    }
    const auto answer = core.evaluate(tenant, "When does the ship leave the harbour?");
    ASSERT_EQ(answer.memories_size(), 4);
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
        sum += answer.memories(i).weight();
        EXPECT_TRUE(i == 0 || answer.memories(i).weight() <= answer.memories(i - 1).weight());
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
    const auto record = record_of(tenant, answer.evaluation_id());
    ASSERT_EQ(answer.fused_size(), 384);
    ASSERT_EQ(answer.residual_size(), 384);
    for (int d = 0; d < 384; ++d) {
        const float query = record.vector.scale *
                            static_cast<float>(record.vector.values[static_cast<std::size_t>(d)]);
        EXPECT_NEAR(answer.fused(d) + answer.residual(d), query, 1e-6F);
    }
    EXPECT_NE(answer.prompt().find("We sail at dawn."), std::string::npos);
    EXPECT_EQ(answer.constitution_version(), LivingCore::law()->version);
}

TEST_F(EvaluateTest, TheSealedRecordNamesWhatItRestedOn) {
    const auto tenant = core.tenant();
    const auto made = core.remember(tenant, "The bridge opens at noon.", "trip");
    EvaluateRequest asked;
    asked.set_query("When does the bridge open?");
    asked.set_session_id("trip");
    asked.set_subject("ada");
    asked.set_token_budget(50);
    const auto answer = core.evaluate(tenant, asked);
    const auto record = record_of(tenant, answer.evaluation_id(), "ada");
    EXPECT_EQ(record.query, asked.query());
    EXPECT_EQ(record.session_id, "trip");
    EXPECT_EQ(record.subject, "ada");
    EXPECT_EQ(record.token_budget, 50U);
    EXPECT_EQ(record.state_sequence, 1U);
    EXPECT_EQ(record.weights, domain::default_weights());
    EXPECT_EQ(record.weights_version, 0U) << "nothing was learnt yet";
    ASSERT_EQ(record.memories.size(), 1U);
    EXPECT_EQ(record.memories[0].memory.to_string(), made.id());
    EXPECT_EQ(domain::score_of(record.memories[0].values, record.weights),
              answer.memories(0).score());
    ASSERT_EQ(record.working_memory.size(), 1U);
    EXPECT_EQ(record.working_memory[0].id.to_string(), made.id());
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("stream"), "access");
    EXPECT_EQ(event.at("action"), "brain.evaluate");
    EXPECT_EQ(event.at("details").at("evaluation_id"), answer.evaluation_id().c_str());
    EXPECT_EQ(event.at("details").at("weights_version"), 0U);
    EXPECT_EQ(event.at("targets").at(0), made.id().c_str());
}

TEST_F(EvaluateTest, TheRecordHasTheWeightsThatScored) {
    auto tenant = core.tenant();
    tenant.modules = domain::all_modules;
    for (const auto* const text : {"The bridge opens at noon.", "Noon is hot.", "A red bridge."}) {
        core.remember(tenant, text);
    }
    for (const double reward : {0.9, 0.8, 1.0, 0.7}) {
        const auto answer = core.evaluate(tenant, "When does the bridge open?");
        FeedbackRequest said;
        said.set_evaluation_id(answer.evaluation_id());
        said.set_reward(reward);
        said.add_used_memory_ids(answer.memories(0).id());
        core.add_feedback(tenant, said);
    }
    for (const auto modules : {domain::all_modules, domain::Modules{}}) {
        tenant.modules = modules;
        const auto answer = core.evaluate(tenant, "When does the bridge open?");
        const auto record = record_of(tenant, answer.evaluation_id(), "");
        EXPECT_EQ(record.weights[domain::View::density] > 0, modules == domain::all_modules);
        ASSERT_EQ(record.memories.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(domain::score_of(record.memories[i].values, record.weights),
                      answer.memories(static_cast<int>(i)).score());
        }
    }
}

TEST_F(EvaluateTest, TheDigestIsOfTheBundleAlone) {
    const auto tenant = core.tenant();
    core.remember(tenant, "The bridge opens at noon.");
    const auto one = core.evaluate(tenant, "bridge?");
    const auto two = core.evaluate(tenant, "bridge?");
    EXPECT_EQ(one.digest(), two.digest());
    EXPECT_NE(one.evaluation_id(), two.evaluation_id());
    auto bundle = one;
    bundle.clear_evaluation_id();
    bundle.clear_digest();
    EXPECT_EQ(one.digest(), to_hex(sha256(bundle.SerializeAsString())));
    EXPECT_NE(core.evaluate(tenant, "bridge").digest(), one.digest());
}

TEST_F(EvaluateTest, NothingKnownLeavesTheQueryUnexplained) {
    const auto tenant = core.tenant();
    const auto answer = core.evaluate(tenant, "Is anybody there?");
    EXPECT_EQ(answer.memories_size(), 0);
    EXPECT_EQ(answer.working_memory_size(), 0);
    double residual = 0;
    for (int d = 0; d < answer.fused_size(); ++d) {
        EXPECT_EQ(answer.fused(d), 0.0F);
        residual += static_cast<double>(answer.residual(d)) * answer.residual(d);
    }
    EXPECT_NEAR(std::sqrt(residual), 1.0, 0.01) << "a unit vector, quantised";
    EXPECT_NE(answer.prompt().find("Is anybody there?"), std::string::npos);
}

TEST_F(EvaluateTest, MoreThanTwentyMemoriesAreCappedAndABudgetCutsThePrompt) {
    const auto tenant = core.own_vectors(2);
    RememberBatchRequest batch;
    for (int i = 0; i < 25; ++i) {
        auto& item = *batch.add_items();
        item.set_text("pebble number " + std::to_string(i));
        item.add_embedding(1);
        item.add_embedding(static_cast<float>(i));
    }
    const auto context = LivingCore::request("Memory.RememberBatch");
    core.stories.batch(context, LivingCore::admitted(tenant, context), batch);
    EvaluateRequest asked;
    asked.set_query("pebble");
    asked.set_top_k(21);
    asked.set_token_budget(30);
    const auto answer = core.evaluate(tenant, asked);
    EXPECT_EQ(answer.memories_size(), 20);
    ASSERT_EQ(answer.capped_size(), 2);
    EXPECT_EQ(answer.capped(0), "memories");
    EXPECT_EQ(answer.capped(1), "prompt");
    EXPECT_LE(test::embedder().count_pieces(answer.prompt()), 30U);
}

TEST_F(EvaluateTest, ALowUtilityIsRefusedBeforeAnythingIsFoundOrKept) {
    const auto tenant = core.tenant();
    const auto context = LivingCore::request("Brain.Evaluate");
    auto admission = LivingCore::admitted(tenant, context);
    EvaluateRequest asked;
    asked.set_query("Shall we?");
    asked.set_session_id("s");
    asked.set_confidence(1);
    EXPECT_EQ(core.judging.evaluate(context, admission, asked).utility().utility(), 1);
    const auto events = core.events(tenant.id).size();
    const auto refused = [&]() -> std::optional<domain::UtilityRefusal> {
        try {
            core.judging.evaluate(context, admission, asked);
        } catch (const domain::UtilityRefusal& refusal) {
            return refusal;
        }
        return std::nullopt;
    };
    asked.set_confidence(std::exp(-1) * (1 - 1e-9));
    ASSERT_TRUE(refused()) << "a bit more doubt than the law's b makes up for";
    EXPECT_LT(refused()->figures().utility, 0);
    EXPECT_EQ(refused()->article(), "utility");
    asked.clear_confidence();
    EXPECT_FALSE(refused());
    admission.penalty = 1.25;
    admission.penalised_by = "isolation";
    ASSERT_TRUE(refused());
    EXPECT_EQ(refused()->figures().utility, -0.25);
    EXPECT_EQ(refused()->article(), "isolation");
    EXPECT_EQ(core.events(tenant.id).size(), events + 1) << "of the one that passed in between";
}

TEST_F(EvaluateTest, WhatIsPlannedMustBeWhole) {
    const auto tenant = core.own_vectors(2);
    EvaluateRequest asked;
    asked.set_query("x");
    asked.set_confidence(0);
    test::expect_error(ErrorKind::invalid_argument, "/confidence",
                       [&] { core.evaluate(tenant, asked); });
    asked.clear_confidence();
    asked.set_cost_tokens(7);
    test::expect_error(ErrorKind::invalid_argument, "/price",
                       [&] { core.evaluate(tenant, asked); });
    asked.clear_cost_tokens();
    asked.set_price(7);
    test::expect_error(ErrorKind::invalid_argument, "/cost_tokens",
                       [&] { core.evaluate(tenant, asked); });
}

TEST_F(EvaluateTest, ChatFormsCarryThePromptInMessages) {
    const auto tenant = core.tenant();
    core.remember(tenant, "The bridge opens at noon.");
    EvaluateRequest asked;
    asked.set_query("bridge?");
    asked.set_render("openai_messages");
    const auto openai = core.evaluate(tenant, asked);
    EXPECT_EQ(openai.prompt(), "");
    ASSERT_EQ(openai.rendering().messages_size(), 1) << "the law of these tests says nothing";
    EXPECT_EQ(openai.rendering().messages(0).role(), "user");
    EXPECT_FALSE(openai.rendering().has_system());
    asked.set_render("anthropic_messages");
    const auto anthropic = core.evaluate(tenant, asked);
    EXPECT_TRUE(anthropic.rendering().has_system());
    EXPECT_EQ(anthropic.rendering().messages(0).content(),
              openai.rendering().messages(0).content());
    const auto record = record_of(tenant, anthropic.evaluation_id());
    ASSERT_TRUE(record.answered);
    EXPECT_EQ(record.answered->form, domain::PromptForm::anthropic_messages);
    EXPECT_EQ(record.answered->digest, anthropic.digest());
    EXPECT_EQ(record.answered->epoch, tenant.epoch);
}

TEST_F(EvaluateTest, WhatTheLawSaysOfAMemorysTagsDecidesOfItsPlace) {
    const auto tenant = core.tenant();
    RememberRequest item;
    item.set_text("The bridge opens at noon.");
    item.add_tags("secret");
    const auto secret = core.remember(tenant, item);
    const auto open = core.remember(tenant, "The bridge is red.");
    EvaluateRequest asked;
    asked.set_query("bridge");
    asked.set_explain(true);
    const auto context = LivingCore::request("Brain.Evaluate");
    auto admission = LivingCore::admitted(tenant, context);
    EXPECT_EQ(core.judging.evaluate(context, admission, asked).memories_size(), 2);
    const auto law = [](testing::json::object effect) {
        return testing::enforced(
            {testing::allow_all_json(),
             testing::rule_json("tagged", {{"tags", testing::json::array{"secret"}}},
                                std::move(effect), "review")});
    };
    admission.law = law({{"type", "deny"}});
    const auto answer = core.judging.evaluate(context, admission, asked);
    ASSERT_EQ(answer.memories_size(), 1);
    EXPECT_EQ(answer.memories(0).id(), open.id());
    EXPECT_EQ(answer.memories(0).weight(), 1);
    EXPECT_EQ(answer.prompt().find("noon"), std::string::npos);
    const auto vetoed = std::find_if(answer.candidates().begin(), answer.candidates().end(),
                                     [](const auto& each) { return !each.vetoed_by().empty(); });
    ASSERT_NE(vetoed, answer.candidates().end());
    EXPECT_EQ(vetoed->name(), "as_found");
    EXPECT_EQ(vetoed->vetoed_by(), "review");
    EXPECT_FALSE(vetoed->chosen());
    asked.set_explain(false);
    EXPECT_EQ(core.judging.evaluate(context, admission, asked).memories_size(), 1)
        << "whether anybody looks or not";
    admission.law = law({{"type", "penalty"}, {"amount", 9}});
    EXPECT_EQ(core.judging.evaluate(context, admission, asked).memories_size(), 1);
    admission.law = law({{"type", "penalty"}, {"amount", 0.0001}});
    EXPECT_EQ(core.judging.evaluate(context, admission, asked).memories_size(), 2);
    EXPECT_EQ(core.replay(tenant, answer.evaluation_id()).SerializeAsString(),
              answer.SerializeAsString());
    EXPECT_NE(secret.id(), open.id());
}

TEST_F(EvaluateTest, ItWaitsForAStateAndRefusesAForeignOne) {
    const auto tenant = core.own_vectors(2);
    EvaluateRequest asked;
    asked.set_query("x");
    asked.set_at_least(domain::StateToken{tenant.epoch + 1, 0}.to_string());
    test::expect_error(ErrorKind::conflict, "/at_least", [&] { core.evaluate(tenant, asked); });
    EXPECT_TRUE(core.events(tenant.id).empty()) << "the server records its refusal";
}

}  // namespace
}  // namespace soma::services
