#include <gtest/gtest.h>

#include "domain/ledger/plan.h"
#include "domain/ledger/position.h"
#include "support/postgres/intents.h"

namespace soma::domain {
namespace {

using test::IntentBuilder;

const Time kNow = *parse_rfc3339("2026-05-01T12:00:00Z");

class PlanErasureTest : public ::testing::Test {
  protected:
    PlanErasureTest() {
        findings.streams = {{tenant.state, 40}, {tenant.access, 7}};
        rows().state = ErasureState::rows_owed;
    }
    IntentBuilder intent() { return IntentBuilder(tenant, kNow); }
    Plan plan(std::vector<Intent> intents) {
        group = std::move(intents);
        return make_plan(group, findings);
    }
    Plan erase() {
        std::vector<Intent> intents;
        intents.push_back(intent().erase(erasure, "ada", key).build());
        return plan(std::move(intents));
    }
    Plan finish() {
        std::vector<Intent> intents;
        intents.push_back(intent().finish_erasure(erasure, "{}").build());
        return plan(std::move(intents));
    }
    ErasureFindings& rows() { return findings.tenants[tenant.tenant].erasure; }
    static std::vector<Uuid> ids(std::size_t count) {
        std::vector<Uuid> out(count);
        for (Uuid& id : out) {
            id = IntentBuilder::new_id();
        }
        return out;
    }

    TenantStreams tenant{IntentBuilder::new_id(), IntentBuilder::new_id(), IntentBuilder::new_id()};
    Findings findings;
    std::vector<Intent> group;  // plans point into it
    const Uuid erasure = IntentBuilder::new_id();
    const std::string key = std::string(16, 'k');
};

TEST_F(PlanErasureTest, AsksWhatIsLeftAndCannotBePresumed) {
    group.push_back(intent().erase(erasure, "ada", key).build());
    const Questions asked = questions(group);
    const auto& of_tenant = asked.tenants.at(tenant.tenant);
    ASSERT_TRUE(of_tenant.erasure.has_value());
    EXPECT_EQ(of_tenant.erasure->erasure, erasure);
    EXPECT_EQ(of_tenant.erasure->subject_hmac, IntentBuilder::hmac("ada"));
    EXPECT_EQ(of_tenant.erasure->key_id, key);
    EXPECT_TRUE(of_tenant.beyond_claims());
    EXPECT_TRUE(asked.streams.contains(tenant.state));
    EXPECT_FALSE(presume(asked, {{}, 0, findings.streams}).has_value());
}

TEST_F(PlanErasureTest, DeletesWhatIsLeftAndTellsTheProjections) {
    rows().state = std::nullopt;  // it begins
    rows().memories = ids(3);
    rows().evaluations = ids(2);
    rows().feedback = ids(1);
    const Plan made = erase();
    const auto& planned = made.tenants.at(tenant.tenant).erasure;
    ASSERT_TRUE(planned.has_value());
    EXPECT_EQ(planned->rows.memories, rows().memories);
    EXPECT_EQ(planned->rows.evaluations, rows().evaluations);
    EXPECT_EQ(planned->rows.feedback, rows().feedback);
    EXPECT_EQ(planned->state, ErasureState::keys_owed);
    EXPECT_EQ(planned->requested_at, kNow);
    EXPECT_EQ(planned->at.sequence, 41U);
    EXPECT_EQ(made.row_count(), 8U);  // with its event and its own row
    ASSERT_EQ(made.events.size(), 1U);
    EXPECT_EQ(made.events[0].draft.action, "subject.erase");
    const auto changes = applied_changes(made);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(std::get<Erased>(changes[0].change).ids, rows().memories);
}

TEST_F(PlanErasureTest, RowsStayOwedWhileThereMayBeMore) {
    for (auto* left : {&rows().memories, &rows().evaluations, &rows().feedback}) {
        *left = ids(kErasedAtOnce);
        EXPECT_EQ(erase().tenants.at(tenant.tenant).erasure->state, ErasureState::rows_owed);
        left->pop_back();
        EXPECT_EQ(erase().tenants.at(tenant.tenant).erasure->state, ErasureState::keys_owed);
        left->clear();
    }
    EXPECT_TRUE(std::holds_alternative<Counted>(applied_changes(erase())[0].change));
}

TEST_F(PlanErasureTest, AStepThatWasTakenIsNotTakenAgain) {
    for (const auto state : {ErasureState::keys_owed, ErasureState::done}) {
        rows().state = state;
        const Plan made = erase();
        EXPECT_EQ(std::get<ErasureKnown>(made.outcomes[0]).erasure, erasure);
        EXPECT_TRUE(made.events.empty());
    }
    // Of two at once, the first one counts.
    rows().state = std::nullopt;
    rows().of_same_key = IntentBuilder::new_id();
    EXPECT_EQ(std::get<ErasureKnown>(erase().outcomes[0]).erasure, *rows().of_same_key);
}

TEST_F(PlanErasureTest, OnlyWhatOwesItsKeyIsFinished) {
    rows().state = ErasureState::keys_owed;
    const Plan made = finish();
    ASSERT_TRUE(made.tenants.at(tenant.tenant).receipt.has_value());
    EXPECT_EQ(made.tenants.at(tenant.tenant).receipt->completed_at, kNow);
    EXPECT_EQ(made.row_count(), 2U);
    for (const auto state : {std::optional<ErasureState>(), std::optional(ErasureState::rows_owed),
                             std::optional(ErasureState::done)}) {
        rows().state = state;
        EXPECT_TRUE(std::holds_alternative<ErasureKnown>(finish().outcomes[0]));
    }
}

TEST_F(PlanErasureTest, NothingIsWrittenUnderAnErasedKey) {
    findings.tenants[tenant.tenant].erased_keys = {key};
    std::vector<Intent> intents;
    intents.push_back(intent().insert(IntentBuilder::new_id()).sealed_under(key, "ada").build());
    intents.push_back(intent().access().sealed_under(key, "ada").build());
    intents.push_back(
        intent().insert(IntentBuilder::new_id()).sealed_under(std::string(16, 'l'), "ada").build());
    const Plan made = plan(std::move(intents));
    for (int refused : {0, 1}) {
        const auto& outcome = made.outcomes[static_cast<std::size_t>(refused)];
        EXPECT_EQ(std::get<SubjectErased>(outcome).subject_hmac, IntentBuilder::hmac("ada"));
    }
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[2]));
    EXPECT_EQ(made.events.size(), 1U);
    // What is written is checked once more, where no other process can come in between.
    EXPECT_EQ(made.sealed_under, std::set<std::string>{std::string(16, 'l')});
}

TEST_F(PlanErasureTest, KeysAreAskedForAndPresumedToBeThere) {
    group.push_back(intent().insert(IntentBuilder::new_id()).sealed_under(key, "ada").build());
    const Questions asked = questions(group);
    EXPECT_EQ(asked.tenants.at(tenant.tenant).sealed_under, std::set<std::string>{key});
    EXPECT_FALSE(asked.tenants.at(tenant.tenant).beyond_claims());
    const auto presumed = presume(asked, {{}, 0, findings.streams});
    ASSERT_TRUE(presumed.has_value());
    EXPECT_EQ(make_plan(group, *presumed).sealed_under, std::set<std::string>{key});
}

TEST_F(PlanErasureTest, AReplayComesBeforeTheKey) {
    auto& found = findings.tenants[tenant.tenant];
    found.erased_keys = {key};
    found.answers[IntentBuilder::hmac("k")] = {IntentBuilder::hmac("body"), "the answer"};
    std::vector<Intent> intents;
    intents.push_back(intent()
                          .insert(IntentBuilder::new_id())
                          .sealed_under(key, "ada")
                          .claim("k", "body")
                          .build());
    EXPECT_TRUE(std::holds_alternative<Replayed>(plan(std::move(intents)).outcomes[0]));
}

TEST_F(PlanErasureTest, AnErasureComesAlone) {
    EXPECT_TRUE(comes_alone(intent().erase(erasure, "ada", key).build()));
    EXPECT_TRUE(comes_alone(intent().finish_erasure(erasure, "{}").build()));
    EXPECT_FALSE(comes_alone(intent().insert(erasure).remove(erasure).access().build()));
    std::vector<Intent> two;
    two.push_back(intent().erase(erasure, "ada", key).build());
    two.push_back(intent().access().build());
    EXPECT_DEATH(plan(std::move(two)), "alone");
}

}  // namespace
}  // namespace soma::domain
