#include "domain/ledger/law_plan.h"

#include <gtest/gtest.h>

#include "support/law_forge.h"

namespace soma::domain {
namespace {

using testing::document_of;
using testing::Holder;
using testing::kNow;
using testing::next_json;
using testing::signed_by;

/// What became of a step, in a word.
struct Word {
    std::string operator()(const LawMoved&) const { return "moved"; }
    std::string operator()(const LawKnown&) const { return "known"; }
    std::string operator()(const ProposalMissing&) const { return "missing"; }
    std::string operator()(const TooManyProposals&) const { return "too many"; }
    std::string operator()(const LawRefusal& refusal) const {
        return std::string(reason_name(refusal.reason));
    }
    template <typename Other>
    std::string operator()(const Other&) const {
        return "?";
    }
};

class LawPlanTest : public ::testing::Test {
  protected:
    LawPlanTest()
        : chain(std::make_shared<const Chain>(testing::first_chain())),
          next(document_of(next_json(*chain))) {
        found.version = 1;
        found.hash = chain->hash(1);
    }
    template <typename Step>
    std::string outcome(Step step) {
        const LawChange change{Uuid{}, chain, std::move(step), {}};
        const auto refused = refuse_step(change, found, kNow);
        return refused ? std::visit(Word{}, *refused) : "taken";
    }
    void proposed(std::string_view signers) { found.row = signed_by(next, signers); }

    std::shared_ptr<const Chain> chain;
    Document next;
    LawFindings found;
};

TEST_F(LawPlanTest, StepsAreTakenInTheirOrder) {
    EXPECT_EQ(outcome(ProposeLaw{next}), "taken");
    EXPECT_EQ(outcome(SignLaw{next.hash, Holder("a").sign(next)}), "missing");
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "missing");
    proposed("ab");
    EXPECT_EQ(outcome(SignLaw{next.hash, Holder("c").sign(next)}), "taken");
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "old_threshold");
    proposed("abc");
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "taken");
}

TEST_F(LawPlanTest, WhatWasDoneBeforeIsKnown) {
    proposed("a");
    EXPECT_EQ(outcome(ProposeLaw{next}), "known");
    EXPECT_EQ(outcome(SignLaw{next.hash, Holder("a").sign(next)}), "known");
    Signature other = Holder("a").sign(next);
    other.bytes[0] = static_cast<char>(other.bytes[0] ^ 1);
    EXPECT_EQ(outcome(SignLaw{next.hash, other}), "repeated_signer");
}

TEST_F(LawPlanTest, TheStoreMustStandAtTheEndOfTheChain) {
    proposed("abc");
    found.version = 2;
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "moved");
    found.version = 1;
    found.hash = next.hash;
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "moved");
    found.version = 0;
    found.hash.clear();
    EXPECT_EQ(outcome(ProposeLaw{next}), "moved");
}

TEST_F(LawPlanTest, TheStoresDocumentMustBeTheProposedOne) {
    auto law = next_json(*chain);
    law["threshold"] = 1;
    found.row = signed_by(document_of(law), "abc");
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "document");
    EXPECT_EQ(outcome(SignLaw{next.hash, Holder("d").sign(next)}), "document");
    found.row->text = "no law";
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "document");
}

TEST_F(LawPlanTest, RefusesWhatTheLawRefuses) {
    EXPECT_EQ(outcome(ProposeLaw{document_of(testing::law_json())}), "version");
    found.open = kMaxOpenProposals;
    EXPECT_EQ(outcome(ProposeLaw{next}), "too many");
    proposed("ab");
    EXPECT_EQ(outcome(SignLaw{next.hash, Holder("x").sign(next)}), "unknown_signer");
    found.row->signatures.push_back(Holder("c").sign("something else"));
    EXPECT_EQ(outcome(ActivateLaw{next.hash}), "bad_signature");
}

TEST_F(LawPlanTest, AStepComesAloneAndAsksForItsProposal) {
    Intent intent{.tenant = {}, .now = kNow, .deadline = Deadline(std::chrono::seconds(1))};
    const Uuid system{{1}};
    intent.law = LawChange{system, chain, ActivateLaw{next.hash}, {}};
    EXPECT_TRUE(comes_alone(intent));
    const auto asked = questions({&intent, 1});
    EXPECT_EQ(asked.streams, std::set<Uuid>{system});
    EXPECT_EQ(asked.law, next.hash);
    EXPECT_TRUE(asked.tenants.empty());
}

TEST_F(LawPlanTest, ATakenStepHasItsEventOnSystem) {
    Intent intent{.tenant = {}, .now = kNow, .deadline = Deadline(std::chrono::seconds(1))};
    const Uuid system{{1}};
    intent.law = LawChange{system, chain, ProposeLaw{next}, {}};
    intent.law->event.action = "constitution.propose";
    Findings findings;
    findings.log_size = 10;
    findings.streams = {{system, 4}};
    findings.law = found;
    const Plan plan = make_plan({&intent, 1}, findings);
    ASSERT_EQ(plan.events.size(), 1U);
    EXPECT_EQ(plan.events[0].log_index, 10U);
    EXPECT_EQ(plan.events[0].stream_sequence, 5U);
    EXPECT_EQ(plan.events[0].draft.stream, Stream::system);
    EXPECT_FALSE(plan.events[0].draft.tenant);
    ASSERT_TRUE(plan.law);
    EXPECT_EQ(plan.law->at.log_index, 10U);
    EXPECT_TRUE(plan.tenants.empty());
    findings.law->version = 7;
    const Plan refused = make_plan({&intent, 1}, findings);
    EXPECT_TRUE(refused.events.empty());
    EXPECT_FALSE(refused.law);
    EXPECT_TRUE(std::holds_alternative<LawMoved>(refused.outcomes[0]));
}

}  // namespace
}  // namespace soma::domain
