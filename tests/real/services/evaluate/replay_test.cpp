#include "services/evaluate/replay.h"

#include "base/encoding.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

class ReplayTest : public ::testing::Test {
  protected:
    std::string why_not(const backends::TenantRow& tenant, const std::string& id,
                        Time now = wall_clock_now()) {
        const auto error = test::error_of([&] { core.replay(tenant, id, now); });
        if (!error) {
            return "";
        }
        EXPECT_EQ(error->kind(), ErrorKind::conflict);
        EXPECT_EQ(error->field(), "/id");
        EXPECT_TRUE(error->public_message().starts_with("unreplayable: "));
        return error->public_message();
    }
    void expect_same(const backends::TenantRow& tenant, const EvaluateResponse& answer) {
        EXPECT_EQ(core.replay(tenant, answer.evaluation_id()).SerializeAsString(),
                  answer.SerializeAsString());
    }

    LivingCore core;
};

TEST_F(ReplayTest, GivesTheSameBytesWhateverWasAsked) {
    const auto tenant = core.tenant();
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += "Sentence " + std::to_string(i) + " tells of ships. ";
    }
    core.remember(tenant, text, "trip");
    for (int i = 0; i < 25; ++i) {
        core.remember(tenant, "Ship number " + std::to_string(i) + " sails.", "trip");
    }
    std::vector<EvaluateResponse> answers;
    for (const char* form : {"", "plain", "openai_messages", "anthropic_messages"}) {
        for (const int top_k : {1, 7, 40}) {
            EvaluateRequest asked;
            asked.set_query("Which ship sails?");
            asked.set_session_id(top_k == 7 ? "" : "trip");
            asked.set_render(form);
            asked.set_top_k(top_k);
            asked.set_subject(top_k == 1 ? "ada" : "");
            asked.set_token_budget(40 * top_k);
            answers.push_back(core.evaluate(tenant, asked));
        }
    }
    EXPECT_TRUE(answers.front().memories_size() == 1);
    for (const auto& answer : answers) {
        expect_same(tenant, answer);
    }
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("action"), "brain.replay");
    EXPECT_EQ(event.at("details").at("evaluation_id"), answers.back().evaluation_id().c_str());
}

TEST_F(ReplayTest, GivesTheSameBytesWhicheverModulesWereSwitchedInBetween) {
    auto tenant = core.tenant();
    for (int i = 0; i < 30; ++i) {
        core.remember(tenant, "Ship number " + std::to_string(i) + " sails.", "trip");
    }
    const std::vector<domain::Modules> switches{domain::all_modules, {}, domain::default_modules};
    std::vector<EvaluateResponse> answers;
    for (const auto modules : switches) {
        tenant.modules = modules;
        answers.push_back(core.evaluate(tenant, "Which ship sails?"));
    }
    EXPECT_EQ(answers[0].digest(), answers[1].digest()) << "they weigh nothing yet";
    for (const auto modules : switches) {
        tenant.modules = modules;
        for (const auto& answer : answers) {
            expect_same(tenant, answer);
        }
    }
}

TEST_F(ReplayTest, OfALongMemoryThePassageThatWasFoundIsShownAgain) {
    const auto tenant = core.tenant();
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += "Sentence " + std::to_string(i) + " tells of ships. ";
    }
    core.remember(tenant, text + "The lighthouse keeper feeds seven goats.");
    const auto answer = core.evaluate(tenant, "What does the lighthouse keeper feed?");
    ASSERT_EQ(answer.memories_size(), 1);
    EXPECT_NE(answer.memories(0).text().find("seven goats"), std::string::npos);
    expect_same(tenant, answer);
}

TEST_F(ReplayTest, SaysWhichMemoryIsGone) {
    const auto tenant = core.tenant();
    const auto made = core.remember(tenant, "The bridge opens at noon.");
    RememberRequest item;
    item.set_text("The bridge is red.");
    item.set_ttl_seconds(60);
    core.remember(tenant, item);
    const auto answer = core.evaluate(tenant, "bridge?");
    ASSERT_EQ(answer.memories_size(), 2);
    EXPECT_NE(why_not(tenant, answer.evaluation_id(), wall_clock_now() + std::chrono::seconds(61))
                  .find("has expired"),
              std::string::npos);
    expect_same(tenant, answer);
    core.forget(tenant, made.id());
    const auto why = why_not(tenant, answer.evaluation_id());
    EXPECT_NE(why.find(made.id() + " was deleted or erased"), std::string::npos) << why;
}

TEST_F(ReplayTest, AnErasedTurnOfTheSessionIsMissed) {
    const auto tenant = core.tenant();
    RememberRequest turn;
    turn.set_text("I like tea.");
    turn.set_session_id("s");
    turn.set_subject("ada");
    core.remember(tenant, turn);
    core.remember(tenant, "The kettle is old.");
    EvaluateRequest asked;
    asked.set_query("kettle");
    asked.set_session_id("s");
    asked.set_top_k(1);
    const auto answer = core.evaluate(tenant, asked);
    ASSERT_EQ(answer.memories(0).text(), "The kettle is old.");
    expect_same(tenant, answer);
    core.erase(tenant, "ada");
    EXPECT_NE(why_not(tenant, answer.evaluation_id()).find("turn "), std::string::npos);
}

TEST_F(ReplayTest, WhatWasEmbeddedAnewIsNotShownAsTheSame) {
    const auto tenant = core.tenant();
    core.remember(tenant, "The bridge opens at noon.");
    const auto answer = core.evaluate(tenant, "bridge?");
    auto later = tenant;
    later.model_generation += 1;
    EXPECT_NE(why_not(later, answer.evaluation_id()).find("embedded anew"), std::string::npos);
}

TEST_F(ReplayTest, OnlyOnesOwn) {
    const auto tenant = core.own_vectors(2);
    const auto stranger = core.own_vectors(2);
    const auto answer = core.evaluate(tenant, "x");
    for (const auto& id :
         {answer.evaluation_id(), std::string("0198c0de-0000-7000-8000-000000000001")}) {
        test::expect_error(ErrorKind::not_found, "/id", [&] { core.replay(stranger, id); });
    }
    const auto end = wall_clock_now() + LivingCore::kRecordLifetime + std::chrono::seconds(1);
    test::expect_error(ErrorKind::not_found, "/id",
                       [&] { core.replay(tenant, answer.evaluation_id(), end); });
}

}  // namespace
}  // namespace soma::services
