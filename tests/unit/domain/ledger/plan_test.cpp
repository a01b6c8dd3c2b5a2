#include "domain/ledger/plan.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/postgres/intents.h"

namespace soma::domain {
namespace {

using std::chrono::hours;
using test::IntentBuilder;

const Time kNow = *parse_rfc3339("2026-05-01T12:00:00Z");

class PlanTest : public ::testing::Test {
  protected:
    PlanTest() {
        findings.log_id = IntentBuilder::new_id();
        findings.log_size = 100;
        findings.streams = {{tenant.state, 40}, {tenant.access, 7}};
    }
    IntentBuilder intent() { return IntentBuilder(tenant, kNow); }
    TenantFindings& found() { return findings.tenants[tenant.tenant]; }
    Plan plan(std::vector<Intent> intents) {
        group = std::move(intents);
        return make_plan(group, findings);
    }
    const TenantWrites& writes(const Plan& plan) { return plan.tenants.at(tenant.tenant); }
    template <typename... Builders>
    static std::vector<Intent> intents(Builders&&... builders) {
        std::vector<Intent> out;
        (out.push_back(builders.build()), ...);
        return out;
    }

    TenantStreams tenant{IntentBuilder::new_id(), IntentBuilder::new_id(), IntentBuilder::new_id()};
    Findings findings;
    std::vector<Intent> group;  // plans point into it
    const Uuid a = IntentBuilder::new_id();
    const Uuid b = IntentBuilder::new_id();
    const Uuid c = IntentBuilder::new_id();
};

TEST_F(PlanTest, NumbersEverythingDenselyInOrderOfArrival) {
    const Plan made =
        plan(intents(intent().insert(a).insert(b), intent().access(), intent().insert(c).access()));
    ASSERT_EQ(made.events.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(made.events[i].log_index, 100 + i);
    }
    EXPECT_EQ(made.events[0].stream_sequence, 41U);
    EXPECT_EQ(made.events[1].stream_sequence, 42U);
    EXPECT_EQ(made.events[2].stream_sequence, 8U);
    EXPECT_EQ(made.events[3].stream_sequence, 43U);
    EXPECT_EQ(made.events[4].stream_sequence, 9U);
    EXPECT_EQ(made.log_size, 105U);
    EXPECT_EQ(made.streams,
              (std::map<Uuid, StreamMove>{{tenant.state, {40, 43}}, {tenant.access, {7, 9}}}));
    const auto& third = std::get<Committed>(made.outcomes[2]);
    EXPECT_EQ(third.changes[0].sequence, 43U);
    EXPECT_EQ(third.changes[0].log_index, 103U);
    EXPECT_EQ(third.access->log_index, 104U);
}

TEST_F(PlanTest, StreamsThatDoNotMoveAreNotWritten) {
    EXPECT_EQ(plan(intents(intent().access())).streams.count(tenant.state), 0U);
}

TEST_F(PlanTest, EventsBearTheirStreamAndTenantWhateverTheDraftSays) {
    const Plan made = plan(intents(intent().insert(a).access()));
    EXPECT_EQ(made.events[0].draft.stream, Stream::state);
    EXPECT_EQ(made.events[1].draft.stream, Stream::access);
    EXPECT_EQ(made.events[0].draft.tenant, tenant.tenant);
    EXPECT_EQ(made.events[0].leaf, leaf_hash(made.events[0].body));
    EXPECT_EQ(made.events[0].body, event_body(made.events[0].draft, 41, kNow));
}

TEST_F(PlanTest, AStoredKeyReplaysItsAnswerAndWritesNothing) {
    found().answers[IntentBuilder::hmac("k")] = {IntentBuilder::hmac("body"), "the answer"};
    const Plan made = plan(intents(intent().insert(a).claim("k", "body"),
                                   intent().insert(b).claim("k", "another body")));
    EXPECT_EQ(std::get<Replayed>(made.outcomes[0]).answer, "the answer");
    EXPECT_TRUE(std::holds_alternative<IdempotencyReused>(made.outcomes[1]));
    EXPECT_TRUE(made.events.empty());
    EXPECT_TRUE(made.streams.empty());
    EXPECT_EQ(made.log_size, 100U);
    EXPECT_EQ(made.row_count(), 0U);
}

TEST_F(PlanTest, ASecondClaimInTheGroupReplaysTheFirst) {
    const Plan made =
        plan(intents(intent().insert(a).claim("k", "body"), intent().insert(b).claim("k", "body"),
                     intent().insert(c).claim("k", "another")));
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[0]));
    EXPECT_EQ(std::get<Replayed>(made.outcomes[1]).answer, "sequence 41");
    EXPECT_TRUE(std::holds_alternative<IdempotencyReused>(made.outcomes[2]));
    EXPECT_EQ(writes(made).memories.size(), 1U);
    ASSERT_EQ(writes(made).answers.size(), 1U);
    EXPECT_EQ(writes(made).answers[0].answer, "sequence 41");
}

TEST_F(PlanTest, AClaimWhoseIntentWasNotCarriedOutIsFree) {
    const Plan made =
        plan(intents(intent().remove(a).claim("k", "body"), intent().insert(b).claim("k", "body")));
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[0]).memory, a);
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[1]));
}

TEST_F(PlanTest, TheAnswersDigestGoesIntoStateEventsAlone) {
    const Plan made = plan(intents(intent().insert(a).access().claim("k", "body")));
    EXPECT_EQ(made.events[0].draft.answer_digest, "0123456789abcdef");
    EXPECT_EQ(made.events[1].draft.answer_digest, "");
}

TEST_F(PlanTest, ANewHolderSupersedesTheStoredOne) {
    found().holders[IntentBuilder::hmac("key")] = {b, std::nullopt, std::nullopt};
    const Plan made = plan(intents(intent().insert(a, "key")));
    const Supersession& old = writes(made).superseded.at(b);
    EXPECT_EQ(old.by, a);
    EXPECT_EQ(old.sequence, 41U);
    EXPECT_EQ(old.at, kNow);
    EXPECT_EQ(old.valid_to, kNow);
    EXPECT_EQ(made.events[0].draft.supersedes, std::vector<Uuid>{b});
    EXPECT_EQ(std::get<Committed>(made.outcomes[0]).superseded, std::vector{std::optional(b)});
}

TEST_F(PlanTest, TheOldHoldersValidityEndsInsideItsInterval) {
    const auto end = [&](std::optional<Time> from, std::optional<Time> to,
                         std::optional<Time> new_from) {
        found().holders[IntentBuilder::hmac("key")] = {b, from, to};
        auto builder = intent().insert(a, "key");
        builder.last_insert().row.facts.valid_from = new_from;
        return writes(plan(intents(builder))).superseded.at(b).valid_to;
    };
    EXPECT_EQ(end({}, {}, {}), kNow);
    EXPECT_EQ(end({}, {}, kNow + hours(5)), kNow + hours(5));
    EXPECT_EQ(end({}, kNow - hours(1), {}), kNow - hours(1));
    EXPECT_EQ(end({}, kNow + hours(1), {}), kNow);
    EXPECT_EQ(end(kNow + hours(2), kNow + hours(3), {}), kNow + hours(2));
}

TEST_F(PlanTest, AHolderOfTheSameGroupIsStoredSuperseded) {
    const Plan made =
        plan(intents(intent().insert(a, "key"), intent().insert(b, "key").insert(c, "key")));
    EXPECT_TRUE(writes(made).superseded.empty());
    const auto& rows = writes(made).memories;
    EXPECT_EQ(rows.at(a).superseded_by, b);
    EXPECT_EQ(rows.at(a).superseded_sequence, 42U);
    EXPECT_EQ(rows.at(a).superseded_at, kNow);
    EXPECT_EQ(rows.at(a).valid_to, kNow);
    EXPECT_FALSE(rows.at(a).given_valid_to);
    EXPECT_EQ(rows.at(b).superseded_by, c);
    EXPECT_EQ(rows.at(b).superseded_sequence, 43U);
    EXPECT_FALSE(rows.at(c).superseded_by);
    EXPECT_FALSE(rows.at(c).superseded_at);
}

TEST_F(PlanTest, ASuccessorBeginsWhereItEndsTheOther) {
    found().holders[IntentBuilder::hmac("key")] = {b, {}, {}};
    EXPECT_EQ(writes(plan(intents(intent().insert(a, "key")))).memories.at(a).valid_from, kNow);
    auto given = intent().insert(a, "key");
    given.last_insert().row.facts.valid_from = kNow - hours(3);
    EXPECT_EQ(writes(plan(intents(given))).memories.at(a).valid_from, kNow - hours(3));
    auto past = intent().insert(a, "key");
    past.last_insert().row.facts.valid_to = kNow - hours(3);
    EXPECT_FALSE(writes(plan(intents(past))).memories.at(a).valid_from) << "over before it began";
    EXPECT_FALSE(writes(plan(intents(intent().insert(a, "other")))).memories.at(a).valid_from);
    auto first = intent().insert(a, "key");
    const auto changes = applied_changes(plan(intents(first)));
    EXPECT_EQ(std::get<Inserted>(changes[0].change).memory->facts.valid_from, kNow);
}

TEST_F(PlanTest, WhatASupersessionChangesIsKept) {
    auto first = intent().insert(a, "key");
    first.last_insert().row.facts.valid_to = kNow + hours(9);
    auto second = intent().insert(b, "key");
    second.last_insert().row.facts.valid_from = kNow + hours(5);
    const Plan made = plan(intents(first, second));
    const auto& row = writes(made).memories.at(a);
    EXPECT_EQ(row.valid_to, kNow + hours(5)) << "until its successor is valid";
    EXPECT_EQ(row.given_valid_to, kNow + hours(9));
    EXPECT_EQ(row.superseded_at, kNow) << "recorded now, whenever it becomes true";
}

TEST_F(PlanTest, KeysOfOtherTenantsAreOtherKeys) {
    const TenantStreams other{IntentBuilder::new_id(), IntentBuilder::new_id(),
                              IntentBuilder::new_id()};
    findings.streams[other.state] = 0;
    const Plan made = plan(intents(intent().insert(a, "key").claim("k", "body"),
                                   IntentBuilder(other, kNow).insert(b, "key").claim("k", "x")));
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[1]));
    EXPECT_FALSE(writes(made).memories.at(a).superseded_by);
    EXPECT_EQ(made.tenants.at(other.tenant).memories.at(b).at.sequence, 1U);
}

TEST_F(PlanTest, ARemovedMemoryIsMissingForTheNext) {
    found().targets = {a};
    const Plan made = plan(intents(intent().remove(a), intent().remove(a)));
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[0]));
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[1]).memory, a);
    EXPECT_EQ(writes(made).removed, std::set<Uuid>{a});
    EXPECT_EQ(made.events.size(), 1U);
}

TEST_F(PlanTest, AMissingTargetUndoesItsWholeIntent) {
    found().targets = {a};
    found().holders[IntentBuilder::hmac("key")] = {a, std::nullopt, std::nullopt};
    const Plan made = plan(intents(intent().insert(b, "key").remove(a).remove(a),
                                   intent().remove(c), intent().remove(a)));
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[0]).memory, a);
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[1]).memory, c);
    EXPECT_EQ(std::get<Committed>(made.outcomes[2]).changes[0].sequence, 41U);
    EXPECT_TRUE(writes(made).memories.empty());
}

TEST_F(PlanTest, RemovingASupersededMemoryForgetsItsSupersession) {
    found().targets = {a};
    found().holders[IntentBuilder::hmac("key")] = {a, std::nullopt, std::nullopt};
    const Plan made = plan(intents(intent().insert(b, "key"), intent().remove(a)));
    EXPECT_TRUE(writes(made).superseded.empty());
    EXPECT_EQ(writes(made).removed, std::set<Uuid>{a});
}

TEST_F(PlanTest, RemovingWhatTheGroupMadeWritesNeither) {
    const Plan made =
        plan(intents(intent().insert(a, "key"), intent().remove(a), intent().insert(b, "key")));
    EXPECT_EQ(writes(made).memories.count(a), 0U);
    EXPECT_TRUE(writes(made).removed.empty());
    // The key was free again.
    EXPECT_FALSE(std::get<Committed>(made.outcomes[2]).superseded[0]);
    EXPECT_EQ(made.events.size(), 3U);
    EXPECT_EQ(made.changes.size(), 3U);
}

TEST_F(PlanTest, TurnsFollowTheSessionsLast) {
    found().last_turns[IntentBuilder::hmac("s")] = 4;
    const Plan made = plan(
        intents(intent().insert(a, "", "s"), intent().insert(b, "", "s", 9).insert(c, "", "s")));
    EXPECT_EQ(writes(made).memories.at(a).at.turn, 5);
    EXPECT_EQ(writes(made).memories.at(b).at.turn, 9);
    EXPECT_EQ(writes(made).memories.at(c).at.turn, 10);
}

TEST_F(PlanTest, ASessionBeginsAtTurnZeroAndALowerTurnDoesNotSetItBack) {
    const Plan made = plan(intents(intent().insert(a, "", "s"), intent().insert(b, "", "s", 0),
                                   intent().insert(c, "", "s")));
    EXPECT_EQ(writes(made).memories.at(a).at.turn, 0);
    EXPECT_EQ(writes(made).memories.at(c).at.turn, 1);
}

TEST_F(PlanTest, ASessionOutOfTurnsIsRefused) {
    found().last_turns[IntentBuilder::hmac("s")] = 2'147'483'647;
    try {
        plan(intents(intent().insert(a, "", "s")));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        EXPECT_EQ(error.field(), "/turn");
    }
}

TEST_F(PlanTest, AnUnknownStreamIsAnError) {
    findings.streams.erase(tenant.access);
    EXPECT_THROW(plan(intents(intent().access())), Error);
}

TEST_F(PlanTest, EvaluationsTakeTheirAccessEventsNumbers) {
    StoredEvaluation evaluation;
    evaluation.id = a;
    const Plan made = plan(intents(intent().access(evaluation)));
    ASSERT_EQ(writes(made).evaluations.size(), 1U);
    EXPECT_EQ(writes(made).evaluations[0].at, (Assigned{8, 100, std::nullopt}));
    EXPECT_EQ(made.row_count(), 2U);
}

TEST_F(PlanTest, FeedbackIsAChangeOfTheStateThatTouchesNoMemory) {
    const Plan made = plan(intents(intent().insert(a), intent().feedback(b, 12).claim("f", "body"),
                                   intent().feedback(b, 12).claim("f", "body"),
                                   intent().feedback(b).claim("f", "other"), intent().insert(c)));
    ASSERT_EQ(writes(made).feedback.size(), 1U) << "one for each evaluation";
    EXPECT_EQ(writes(made).feedback[0].row->evaluation, b);
    EXPECT_EQ(writes(made).feedback[0].at, (Assigned{42, 101, std::nullopt}));
    EXPECT_TRUE(std::holds_alternative<Replayed>(made.outcomes[2]));
    EXPECT_TRUE(std::holds_alternative<IdempotencyReused>(made.outcomes[3]));
    // Three events, two memories of one passage, the feedback, its usage and its answer.
    EXPECT_EQ(made.row_count(), 3U + 4U + 3U);
    const auto applied = applied_changes(made);
    ASSERT_EQ(applied.size(), 3U);
    EXPECT_EQ(applied[1].sequence, 42U);
    EXPECT_TRUE(std::holds_alternative<Counted>(applied[1].change));
    EXPECT_EQ(applied[2].sequence, 43U);
}

TEST_F(PlanTest, ASessionEndsWhereItWasLastEnded) {
    const Plan made = plan(intents(intent().end_session("s"), intent().insert(a, "", "s"),
                                   intent().end_session("s").end_session("t")));
    EXPECT_EQ(writes(made).ended_sessions,
              (std::map<std::string, std::uint64_t>{{IntentBuilder::hmac("s"), 102},
                                                    {IntentBuilder::hmac("t"), 103}}));
    EXPECT_EQ(made.row_count(), 4U + 2U + 2U) << "events, a memory of one passage, marks";
    EXPECT_TRUE(std::holds_alternative<Counted>(applied_changes(made)[0].change));
}

TEST_F(PlanTest, ALinkWeighsWhatItsHistoryMakesOfIt) {
    const LinkKey key{a, b, "causes"};
    found().link_ends = {{a, {}}, {b, {}}};
    found().links[key] = {key, 0.5, kNow - hours(24), kNow - hours(48), 7, 9};
    const Plan made = plan(intents(intent().link(key, 0.5), intent().link(key, 0.5)));
    const double first = 0.495 + 0.5 * 0.505;
    const auto weight = [&](std::size_t i) {
        return std::get<Committed>(made.outcomes[i]).changes[0].weight.value();
    };
    EXPECT_NEAR(weight(0), first, 1e-12);
    EXPECT_NEAR(weight(1), first + 0.5 * (1 - first), 1e-12);
    ASSERT_EQ(writes(made).links.size(), 1U);
    const Link& link = writes(made).links.at(key);
    EXPECT_EQ(link.weight, weight(1));
    EXPECT_EQ(link.reinforced_at, kNow);
    EXPECT_EQ(link.created_at, kNow - hours(48));
    EXPECT_EQ(link.sequence, 42U);
    EXPECT_EQ(link.log_index, 101U);
    EXPECT_EQ(made.row_count(), 3U) << "two events, one link";
    EXPECT_EQ(std::get<Linked>(applied_changes(made)[1].change).links, std::vector{link});
}

TEST_F(PlanTest, ALinkNeedsBothItsEnds) {
    found().link_ends = {{a, {}}, {b, {kNow, 0}}};
    found().targets = {a, b};
    const Plan made = plan(intents(
        intent().link({a, c, "next"}), intent().link({c, a, "next"}), intent().link({a, b, "next"}),
        intent().insert(c).link({a, c, "next"}), intent().remove(a), intent().link({c, a, "next"}),
        intent().remove(c).link({c, b, "next"})));
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[0]).memory, c);
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[1]).memory, c);
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[2]).memory, b) << "expired just now";
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[3]));
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[5]).memory, a);
    EXPECT_EQ(std::get<TargetMissing>(made.outcomes[6]).memory, c) << "its own change took it";
    EXPECT_TRUE(writes(made).links.empty()) << "the removed memory took its link along";
}

TEST_F(PlanTest, AMemoryHasItsFillOfLinks) {
    found().link_ends = {{a, {std::nullopt, kMaxLinksPerMemory - 1}}, {b, {}}, {c, {}}};
    const LinkKey there{b, a, "next"};
    found().links[there] = {there, 0.5, kNow, kNow, 7, 9};
    const Plan made = plan(intents(intent().link({a, b, "next"}), intent().link({c, a, "next"}),
                                   intent().link(there), intent().link({c, b, "next"})));
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[0]));
    EXPECT_EQ(std::get<TooManyLinks>(made.outcomes[1]).memory, a);
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[2])) << "not a new one";
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[3]));
    EXPECT_EQ(questions(group).tenants.at(tenant.tenant).links.size(), 4U);
}

TEST_F(PlanTest, CreditedMemoriesAreJoinedWithTheVerdictThatSaysSo) {
    found().link_ends = {{a, {}}, {b, {}}};
    const auto [low, high] = std::minmax(a, b);
    const LinkKey key{low, high, std::string(kCoUsed)};
    const CoUse use{1, c, {b, c, a}};
    const Plan made = plan(intents(intent().feedback(IntentBuilder::new_id()).co_use(use),
                                   intent().feedback(IntentBuilder::new_id()).co_use(use)));
    EXPECT_EQ(questions(group).tenants.at(tenant.tenant).links.size(), 3U);
    ASSERT_EQ(writes(made).links.size(), 1U) << "one of them is gone";
    const Link& link = writes(made).links.at(key);
    EXPECT_NEAR(link.weight, 2 * kCoUseRate, 1e-15);
    EXPECT_EQ(link.sequence, 42U);
    EXPECT_EQ(link.log_index, 101U);
    ASSERT_EQ(writes(made).verdicts.size(), 2U);
    EXPECT_EQ(writes(made).verdicts[1].at.sequence, 42U);
    EXPECT_EQ(writes(made).verdicts[1].use->first_ranked, c);
    EXPECT_EQ(made.row_count(), 2U + 2U + 1U + 2U) << "events, feedback, a link, verdicts";
    const auto applied = applied_changes(made);
    EXPECT_EQ(std::get<Linked>(applied[1].change).links, std::vector{link});
}

TEST_F(PlanTest, AVerdictThatJoinsNobodyIsAVerdictAllTheSame) {
    const Plan made = plan(intents(intent().feedback(a).co_use({1, b, {b}})));
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[0]));
    EXPECT_TRUE(writes(made).links.empty());
    EXPECT_EQ(writes(made).verdicts.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Counted>(applied_changes(made)[0].change));
}

TEST_F(PlanTest, VerdictsFlowOnce) {
    const std::vector<Gain> gains{{{a, b, "next"}, 2}};
    found().verdicts = {7, 9};
    const Plan made = plan(intents(intent().flow({7, 9}, gains)));
    EXPECT_EQ(questions(group).tenants.at(tenant.tenant).verdicts, (std::set<std::uint64_t>{7, 9}));
    EXPECT_TRUE(comes_alone(group[0]));
    ASSERT_NE(writes(made).flow, nullptr);
    EXPECT_EQ(made.row_count(), 1U + 1U + 2U) << "an event, a gain, verdicts";
    EXPECT_EQ(std::get<Flowed>(applied_changes(made)[0].change).gains, gains);
    found().verdicts = {7};
    const Plan late = plan(intents(intent().flow({7, 9}, gains)));
    EXPECT_TRUE(std::holds_alternative<FlowKnown>(late.outcomes[0]));
    EXPECT_TRUE(late.events.empty());
    EXPECT_TRUE(late.changes.empty());
}

TEST_F(PlanTest, AppliedChangesCarryTheAssignedFacts) {
    found().targets = {c};
    found().holders[IntentBuilder::hmac("key")] = {b, std::nullopt, std::nullopt};
    const Plan made = plan(intents(intent().insert(a, "key", "s"), intent().remove(c)));
    const auto applied = applied_changes(made);
    ASSERT_EQ(applied.size(), 2U);
    const auto& inserted = std::get<Inserted>(applied[0].change);
    EXPECT_EQ(inserted.memory->facts.id, a);
    EXPECT_EQ(inserted.memory->facts.sequence, 41U);
    EXPECT_EQ(inserted.memory->facts.log_index, 100U);
    EXPECT_EQ(inserted.memory->facts.turn, 0);
    EXPECT_EQ(inserted.superseded, b);
    EXPECT_EQ(inserted.superseded_valid_to, kNow);
    EXPECT_EQ(applied[1].sequence, 42U);
    EXPECT_EQ(std::get<Removed>(applied[1].change).id, c);
}

TEST_F(PlanTest, QuestionsNameWhatThePlanWillAsk) {
    const auto made =
        intents(intent().insert(a, "key", "s").claim("k", "body"), intent().insert(b, "", "t", 3),
                intent().remove(c), intent().access());
    const Questions asked = questions(made);
    EXPECT_EQ(asked.streams, (std::set<Uuid>{tenant.state, tenant.access}));
    const TenantQuestions& of_tenant = asked.tenants.at(tenant.tenant);
    EXPECT_EQ(of_tenant.claims, std::set<std::string>{IntentBuilder::hmac("k")});
    EXPECT_EQ(of_tenant.keys, std::set<std::string>{IntentBuilder::hmac("key")});
    EXPECT_EQ(of_tenant.sessions, std::set<std::string>{IntentBuilder::hmac("s")});
    EXPECT_EQ(of_tenant.targets, std::set<Uuid>{c});
}

}  // namespace
}  // namespace soma::domain
