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

TEST_F(JobsTest, StopsWithoutHavingStartedAndTwice) {
    Jobs jobs(maintenance, core.committer, core.tenants, core.eraser, core.conductor, core.ids,
              core.laws, {});
    jobs.stop();
    jobs.stop();
}

}  // namespace
}  // namespace soma::services
