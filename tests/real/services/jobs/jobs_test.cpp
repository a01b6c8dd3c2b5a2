#include "services/jobs/jobs.h"

#include <thread>

#include "support/living_core.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using std::chrono::hours;
using test::IntentBuilder;
using test::LivingCore;

class JobsTest : public ::testing::Test {
  protected:
    /// Runs rounds until `done`, which must come: a round that fails is tried again.
    template <class Done>
    void run_until(Done done, JobLimits limits = {}) {
        limits.period = std::chrono::seconds(1);
        Jobs jobs(maintenance, core.committer, core.tenants, core.eraser, core.conductor, core.ids,
                  core.laws, limits);
        jobs.start();
        const Deadline patience(std::chrono::seconds(60));
        while (!done() && !patience.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        jobs.stop();
        EXPECT_TRUE(done());
    }
    std::int64_t rows(const std::string& table) {
        return test::count_rows(core.world.cluster.superuser(), table, tenant.id);
    }
    domain::Outcome commit(IntentBuilder& builder) {
        return core.committer.submit(builder.build()).get();
    }

    LivingCore core;
    backends::Maintenance maintenance{core.world.app};
    const backends::TenantRow tenant = core.own_vectors(8);
};

TEST_F(JobsTest, ExpiredMemoriesLeaveWithAnEventAndTheOthersStay) {
    const Time past = wall_clock_now() - hours(1);
    std::vector<Uuid> expired;
    for (int i = 0; i < 3; ++i) {
        expired.push_back(IntentBuilder::new_id());
        IntentBuilder builder(tenant.streams());
        builder.insert(expired.back()).last_insert().row.facts.expires_at = past;
        commit(builder);
    }
    const Uuid kept = IntentBuilder::new_id();
    IntentBuilder builder(tenant.streams());
    builder.insert(kept).last_insert().row.facts.expires_at = wall_clock_now() + hours(24);
    commit(builder);

    const auto now_and_then = [&](const Uuid& from, const Uuid& to) {
        IntentBuilder link(tenant.streams(), past - hours(1));
        commit(link.link({from, to, "next"}));
    };
    now_and_then(kept, expired[0]);
    now_and_then(expired[0], expired[1]);
    now_and_then(expired[2], kept);
    ASSERT_EQ(rows("links"), 3);

    // One a round: what a round leaves, the next one takes.
    JobLimits limits;
    limits.expired_each_round = 1;
    run_until([&] { return rows("memories") == 1; }, limits);
    EXPECT_TRUE(core.memories.get(tenant.id, kept, LivingCore::soon()).has_value());
    EXPECT_EQ(rows("embeddings"), 1);
    EXPECT_EQ(rows("links"), 0) << "links go with their memories";
    std::set<std::string> removed;
    for (const auto& event : core.events(tenant.id)) {
        if (event.at("action") == "memory.expire") {
            EXPECT_EQ(event.at("stream"), "state");
            EXPECT_EQ(event.at("actor"), "somabrain");
            EXPECT_EQ(event.at("constitution_version"), 7);
            removed.insert(std::string(event.at("targets").at(0).as_string()));
        }
    }
    ASSERT_EQ(removed.size(), expired.size());
    for (const auto& id : expired) {
        EXPECT_TRUE(removed.contains(id.to_string()));
    }
}

TEST_F(JobsTest, KeysAndEvaluationsPastTheirTimeArePruned) {
    const Time now = wall_clock_now();
    for (const auto age : {hours(25), hours(23)}) {
        IntentBuilder builder(tenant.streams(), now - age);
        builder.insert(IntentBuilder::new_id()).claim(std::to_string(age.count()), "body");
        commit(builder);
        domain::StoredEvaluation evaluation;
        evaluation.id = IntentBuilder::new_id();
        evaluation.subject_hmac = IntentBuilder::hmac("subject");
        evaluation.created_at = now - age;
        evaluation.expires_at = evaluation.created_at + hours(24);
        evaluation.sealed = "sealed";
        IntentBuilder access(tenant.streams());
        commit(access.access(evaluation));
        IntentBuilder feedback(tenant.streams(), now - age);
        feedback.feedback(evaluation.id, 7);
        std::get<domain::AddFeedback>(feedback.last_change()).row.expires_at =
            evaluation.expires_at;
        commit(feedback);
    }
    EXPECT_EQ(rows("idempotency_keys"), 2);
    EXPECT_EQ(rows("evaluations"), 2);
    EXPECT_EQ(rows("feedback_events"), 2);
    run_until([&] {
        return rows("idempotency_keys") == 1 && rows("evaluations") == 1 &&
               rows("feedback_events") == 1;
    });
    EXPECT_EQ(rows("token_usage"), 2) << "plain numbers are kept";
    EXPECT_EQ(rows("memories"), 2) << "what has no time to live stays";
}

TEST_F(JobsTest, WhatAnErasureStillOwesIsDone) {
    const auto key =
        core.keyring.subject(tenant.id, "ada", Keyring::IfAbsent::create, LivingCore::soon());
    const Uuid erasure = IntentBuilder::new_id();
    IntentBuilder builder(tenant.streams());
    builder.erase(erasure, "", key->key_id);
    const std::string hmac = core.keyring.subject_hmac(tenant.id, "ada", LivingCore::soon());
    std::get<domain::EraseSubject>(builder.last_change()).subject_hmac = hmac;
    commit(builder);
    run_until([&] {
        return core.erasures.get(tenant.id, erasure, LivingCore::soon())->state ==
               domain::ErasureState::done;
    });
    EXPECT_EQ(core.keyring.subject_by_hmac(tenant.id, hmac, LivingCore::soon()), nullptr);
    EXPECT_EQ(core.events(tenant.id).back().at("actor"), "somabrain");
}

TEST_F(JobsTest, ANarrowerLawsRowIsWrittenWithoutAVerdict) {
    somabrain::v1::RememberRequest item;
    item.set_text("The bridge opens at noon.");
    for (int i = 0; i < 8; ++i) {
        item.add_embedding(i == 0 ? 1 : 0);
    }
    somabrain::v1::EvaluateRequest asked;
    asked.set_query("When?");
    *asked.mutable_embedding() = item.embedding();
    asked.set_confidence(0.5);
    const auto other = core.own_vectors(8);
    for (const auto& of : {tenant, other}) {
        core.remember(of, item);
        somabrain::v1::FeedbackRequest said;
        said.set_evaluation_id(core.evaluate(of, asked).evaluation_id());
        said.set_reward(0.5);
        core.add_feedback(of, said);
    }
    const auto newest = [&](const backends::TenantRow& of) {
        return core.learning_weights.newest(of.id, LivingCore::soon()).value();
    };
    ASSERT_NE(newest(tenant).after[0], 1);
    auto text = LivingCore::law()->law;
    const auto enforce = [&](std::uint64_t version, domain::ParameterRange lambda) {
        text.version = version;
        text.bounds.parameters.front() = lambda;
        core.laws.put(std::make_shared<const EnforcedLaw>(EnforcedLaw{
                          version, std::string(64, 'n'), text, domain::RuleSet(text.rules)}),
                      std::chrono::steady_clock::now() + hours(1));
    };
    enforce(8, {1, 1});
    // One a round: the next round goes on after it.
    JobLimits limits;
    limits.projected_each_round = 1;
    run_until([&] { return newest(tenant).version == 2 && newest(other).version == 2; }, limits);
    for (const auto& of : {tenant, other}) {
        const auto row = newest(of);
        EXPECT_EQ(row.kind, domain::LearningKind::projection);
        EXPECT_EQ(row.constitution_version, 8U);
        EXPECT_EQ(row.after[0], 1);
        const auto event = core.events(of.id).back();
        EXPECT_EQ(event.at("action"), "weights.project");
        EXPECT_EQ(event.at("actor"), "somabrain");
        EXPECT_EQ(event.at("constitution_version"), 8);
        EXPECT_EQ(event.at("learning").at("weights_version"), 2);
    }
    somabrain::v1::FeedbackRequest said;
    said.set_evaluation_id(core.evaluate(tenant, asked).evaluation_id());
    said.set_reward(0.25);
    core.add_feedback(tenant, said);
    enforce(9, {0.25, 4});
    // A law that holds them owes nobody a row; an expiry shows that its round has come.
    IntentBuilder builder(tenant.streams());
    builder.insert(IntentBuilder::new_id()).last_insert().row.facts.expires_at =
        wall_clock_now() - hours(1);
    commit(builder);
    run_until([&] { return core.events(tenant.id).back().at("action") == "memory.expire"; });
    EXPECT_EQ(newest(tenant).version, 3U);
    EXPECT_EQ(newest(other).version, 2U);
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
}

TEST_F(JobsTest, StopsWithoutHavingStartedAndTwice) {
    Jobs jobs(maintenance, core.committer, core.tenants, core.eraser, core.conductor, core.ids,
              core.laws, {});
    jobs.stop();
    jobs.stop();
}

}  // namespace
}  // namespace soma::services
