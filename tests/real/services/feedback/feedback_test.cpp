#include "services/feedback/feedback.h"

#include <thread>

#include "support/living_core.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

constexpr char kSession[] = "trip";
constexpr char kAbsent[] = "0198c0de-0000-7000-8000-000000000001";

class FeedbackTest : public ::testing::Test {
  protected:
    FeedbackTest() {
        RememberRequest item;
        item.set_text("The bridge opens at noon.");
        item.add_embedding(1);
        memory = core.remember(tenant, item).id();
    }
    EvaluateResponse evaluated(const std::string& session = kSession,
                               const std::string& subject = {}) {
        EvaluateRequest asked;
        asked.set_query("bridge?");
        asked.set_session_id(session);
        asked.set_subject(subject);
        asked.add_embedding(1);
        return core.evaluate(tenant, asked);
    }
    FeedbackRequest verdict(const std::string& evaluation, double reward = 0.5) {
        FeedbackRequest said;
        said.set_evaluation_id(evaluation);
        said.set_reward(reward);
        said.add_used_memory_ids(memory);
        said.set_response_text("At noon.");
        said.set_tokens(321);
        said.set_model("gpt-of-the-day");
        said.set_metadata(R"({"trace":7})");
        return said;
    }
    void expect_refused(ErrorKind kind, const std::string& field, const FeedbackRequest& said) {
        const auto before = core.events(tenant.id).size();
        test::expect_error(kind, field, [&] { core.add_feedback(tenant, said); });
        EXPECT_EQ(core.events(tenant.id).size(), before) << "the server records its refusal";
    }
    std::int64_t rows(const std::string& table) {
        return test::count_rows(core.world.cluster.superuser(), table, tenant.id);
    }
    void sql(const std::string& statement) {
        backends::Connection::open(core.world.cluster.superuser(), LivingCore::soon())
            ->run_script(statement, LivingCore::soon());
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(1);
    std::string memory;
};

TEST_F(FeedbackTest, IsKeptSealedUnderTheEvaluationsSubjectWithItsEvent) {
    const auto evaluation = evaluated(kSession, "ada").evaluation_id();
    const auto answer = core.add_feedback(tenant, verdict(evaluation, -0.25));
    EXPECT_EQ(answer.evaluation_id(), evaluation);
    EXPECT_EQ(answer.sequence(), 2U);
    EXPECT_EQ(domain::StateToken::parse(answer.state_token()),
              (domain::StateToken{tenant.epoch, 2}));
    const auto row =
        core.feedback_events.of(tenant.id, Uuid::parse(evaluation).value(), LivingCore::soon());
    ASSERT_TRUE(row);
    EXPECT_EQ(row->id.to_string(), answer.feedback_id());
    EXPECT_EQ(row->sequence, 2U);
    EXPECT_EQ(format_rfc3339(row->created_at), answer.created_at());
    const auto key =
        core.keyring.subject(tenant.id, "ada", Keyring::IfAbsent::nothing, LivingCore::soon());
    const auto record = domain::open_feedback(key->data_key, tenant.id, row->id, row->sealed);
    EXPECT_EQ(record, (domain::FeedbackRecord{.reward = -0.25,
                                              .used = {Uuid::parse(memory).value()},
                                              .response = "At noon.",
                                              .model = "gpt-of-the-day",
                                              .metadata = R"({"trace":7})",
                                              .tokens = 321}));
    EXPECT_EQ(rows("(SELECT * FROM token_usage WHERE tokens = 321 AND"
                   " octet_length(model_hmac) = 32) u"),
              1);
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("stream"), "state");
    EXPECT_EQ(event.at("action"), "brain.feedback");
    EXPECT_EQ(event.at("status"), 201);
    EXPECT_EQ(event.at("details").at("evaluation_id"), evaluation.c_str());
    EXPECT_EQ(event.at("details").at("feedback_id"), answer.feedback_id().c_str());
    EXPECT_FALSE(event.contains("targets")) << "what was used is sealed";
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
}

TEST_F(FeedbackTest, TheIndexFollowsPastIt) {
    const auto answer = core.add_feedback(tenant, verdict(evaluated().evaluation_id()));
    RecallRequest asked;
    asked.add_embedding(1);
    asked.set_at_least(answer.state_token());
    const auto loads = core.index.figures().loads;
    EXPECT_EQ(core.recall(tenant, asked).results_size(), 1);
    EXPECT_EQ(core.index.figures().gaps, 0U);
    EXPECT_EQ(core.index.figures().loads, loads) << "no reason to load the tenant again";
}

TEST_F(FeedbackTest, BareFeedbackIsEnough) {
    FeedbackRequest said;
    said.set_evaluation_id(evaluated().evaluation_id());
    said.set_reward(0);
    EXPECT_EQ(core.add_feedback(tenant, said).evaluation_id(), said.evaluation_id());
    EXPECT_EQ(rows("token_usage"), 0);
    EXPECT_EQ(evaluated().working_memory_size(), 1) << "the first query alone: nothing was said";
}

TEST_F(FeedbackTest, TheSameAgainAnswersTheSameAndAnotherIsAConflict) {
    const auto said = verdict(evaluated().evaluation_id());
    const auto first = core.add_feedback(tenant, said);
    for (const bool claim_forgotten : {false, true}) {
        if (claim_forgotten) {
            sql("DELETE FROM idempotency_keys");
        }
        EXPECT_EQ(core.add_feedback(tenant, said).SerializeAsString(), first.SerializeAsString());
        const auto event = core.events(tenant.id).back();
        EXPECT_EQ(event.at("stream"), "access");
        EXPECT_EQ(event.at("details").at("replayed"), true);
        expect_refused(ErrorKind::conflict, "/evaluation_id", verdict(said.evaluation_id(), 1));
    }
    EXPECT_EQ(rows("feedback_events"), 1);
    EXPECT_EQ(rows("token_usage"), 1);
}

TEST_F(FeedbackTest, OfManyAtTheSameTimeOneIsStored) {
    const auto said = verdict(evaluated().evaluation_id());
    std::vector<std::thread> threads;
    std::array<std::string, 8> answers;
    for (auto& answer : answers) {
        threads.emplace_back(
            [&, this] { answer = core.add_feedback(tenant, said).SerializeAsString(); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    for (const auto& answer : answers) {
        EXPECT_EQ(answer, answers[0]);
    }
    EXPECT_EQ(rows("feedback_events"), 1);
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
}

TEST_F(FeedbackTest, AnEvaluationThatIsNotThereIsNotFound) {
    expect_refused(ErrorKind::not_found, "/evaluation_id", verdict(kAbsent));
    const auto other = core.own_vectors(1);
    const auto foreign = core.evaluate(other, [] {
        EvaluateRequest asked;
        asked.set_query("mine");
        asked.add_embedding(1);
        return asked;
    }());
    expect_refused(ErrorKind::not_found, "/evaluation_id", verdict(foreign.evaluation_id()));
    const auto expired = evaluated().evaluation_id();
    test::expect_error(ErrorKind::not_found, "/evaluation_id", [&] {
        core.add_feedback(tenant, verdict(expired),
                          wall_clock_now() + LivingCore::kRecordLifetime + std::chrono::seconds(1));
    });
    EXPECT_EQ(rows("feedback_events"), 0);
}

TEST_F(FeedbackTest, OnlyMemoriesOfTheEvaluationAreCreditedOnceEach) {
    auto said = verdict(evaluated().evaluation_id());
    said.add_used_memory_ids(memory);
    expect_refused(ErrorKind::invalid_argument, "/used_memory_ids/1", said);
    said.set_used_memory_ids(1, kAbsent);
    expect_refused(ErrorKind::invalid_argument, "/used_memory_ids/1", said);
    said.mutable_used_memory_ids()->RemoveLast();
    EXPECT_EQ(core.add_feedback(tenant, said).sequence(), 2U);
}

TEST_F(FeedbackTest, ItsSessionIsTheEvaluations) {
    auto said = verdict(evaluated().evaluation_id());
    said.set_session_id("another");
    expect_refused(ErrorKind::invalid_argument, "/session_id", said);
    said.set_session_id(kSession);
    core.add_feedback(tenant, said);
    auto without = verdict(evaluated("").evaluation_id());
    without.set_session_id(kSession);
    expect_refused(ErrorKind::invalid_argument, "/session_id", without);
}

TEST_F(FeedbackTest, NothingIsStoredWhenTheCommitterIsGone) {
    const auto said = verdict(evaluated().evaluation_id());
    core.committer.stop();
    expect_refused(ErrorKind::unavailable, "", said);
    EXPECT_EQ(rows("feedback_events"), 0);
}

}  // namespace
}  // namespace soma::services
