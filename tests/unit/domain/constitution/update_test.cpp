#include "domain/constitution/update.h"

#include <gtest/gtest.h>

#include "support/law_forge.h"

namespace soma::domain {
namespace {

using testing::document_of;
using testing::first_chain;
using testing::Holder;
using testing::kNow;
using testing::next_json;
using testing::signed_by;

std::string said(const std::optional<LawRefusal>& refusal) {
    return refusal ? std::string(reason_name(refusal->reason)) : "none";
}

Proposal proposal(const Document& document, std::string_view names = "") {
    return {document, signed_by(document, names).signatures};
}

std::string state(const Chain& chain, const Proposal& update, Time now = kNow) {
    return std::string(state_name(proposal_state(chain, update, now)));
}

TEST(Update, WalksFromProposalToActiveToSuperseded) {
    Chain chain = first_chain();
    Proposal update = proposal(document_of(next_json(chain)));
    EXPECT_EQ(said(check_propose(chain, update.document, kNow)), "none");
    for (const char* name : {"a", "b", "c"}) {
        EXPECT_EQ(state(chain, update), "collecting");
        EXPECT_EQ(said(check_activate(chain, update, kNow)), "old_threshold");
        const Signature signature = Holder(name).sign(update.document);
        EXPECT_EQ(said(check_sign(chain, update, signature, kNow)), "none");
        update.signatures.push_back(signature);
    }
    EXPECT_EQ(state(chain, update), "ready");
    EXPECT_EQ(said(check_activate(chain, update, kNow)), "none");
    EXPECT_EQ(said(chain.append({update.document.text, update.signatures})), "none");
    EXPECT_EQ(state(chain, update), "active");
    EXPECT_EQ(said(check_activate(chain, update, kNow)), "version");
    EXPECT_EQ(said(chain.append(signed_by(document_of(next_json(chain)), "abc"))), "none");
    EXPECT_EQ(state(chain, update), "superseded");
}

TEST(Update, TheFirstVersionTakesTheSameWay) {
    const Document first = document_of(testing::law_json());
    Chain chain(first.hash);
    const Proposal update = proposal(first, "abc");
    EXPECT_EQ(said(check_propose(chain, first, kNow)), "none");
    EXPECT_EQ(state(chain, proposal(first, "ab")), "collecting");
    EXPECT_EQ(said(check_activate(chain, proposal(first, "ab"), kNow)), "new_threshold");
    EXPECT_EQ(state(chain, update), "ready");
    EXPECT_EQ(said(check_activate(chain, update, kNow)), "none");
    EXPECT_EQ(said(check_propose(Chain(std::string(64, 'r')), first, kNow)), "trust_root");
}

TEST(Update, OfTwoForOneNumberTheSecondIsOvertaken) {
    Chain chain = first_chain();
    const Proposal mine = proposal(document_of(next_json(chain)), "abc");
    auto json = next_json(chain);
    json["threshold"] = 4;
    const Proposal theirs = proposal(document_of(json), "abcd");
    EXPECT_EQ(state(chain, mine), "ready");
    EXPECT_EQ(state(chain, theirs), "ready");
    EXPECT_EQ(said(chain.append({theirs.document.text, theirs.signatures})), "none");
    EXPECT_EQ(state(chain, mine), "overtaken");
    EXPECT_EQ(said(check_activate(chain, mine, kNow)), "version");
    EXPECT_EQ(said(check_sign(chain, mine, Holder("d").sign(mine.document), kNow)), "version");
}

TEST(Update, AProposalThatContinuesAnotherHistoryIsRefused) {
    const Chain chain = first_chain();
    const Document stray = document_of(testing::law_json(2, std::string(64, 'x')));
    EXPECT_EQ(said(check_propose(chain, stray, kNow)), "previous");
    EXPECT_EQ(state(chain, proposal(stray, "abc")), "overtaken");
    EXPECT_EQ(said(check_propose(chain, document_of(testing::law_json(3, chain.hash(1))), kNow)),
              "version");
}

TEST(Update, TermsAreAskedAtEveryStep) {
    const Chain chain = first_chain();
    const Proposal update = proposal(document_of(next_json(chain)), "abc");
    const Time after = update.document.law.expires_at;
    const Time before = update.document.law.issued_at - std::chrono::hours(24 * 365);
    const Signature signature = Holder("d").sign(update.document);
    for (const auto& [now, reason] : {std::pair(after, "expired"), {before, "not_yet_valid"}}) {
        EXPECT_EQ(said(check_propose(chain, update.document, now)), reason);
        EXPECT_EQ(said(check_sign(chain, update, signature, now)), reason);
        EXPECT_EQ(said(check_activate(chain, update, now)), reason);
    }
    EXPECT_EQ(state(chain, update, after), "lapsed");
}

TEST(Update, OnlyGoodSignaturesAreTaken) {
    const Chain chain = first_chain();
    const Proposal update = proposal(document_of(next_json(chain)), "ab");
    EXPECT_EQ(said(check_sign(chain, update, Holder("a").sign(update.document), kNow)),
              "repeated_signer");
    EXPECT_EQ(said(check_sign(chain, update, Holder("x").sign(update.document), kNow)),
              "unknown_signer");
    EXPECT_EQ(said(check_sign(chain, update, Holder("c").sign("something else"), kNow)),
              "bad_signature");
    EXPECT_EQ(said(check_sign(chain, update, Holder("c").sign(update.document), kNow)), "none");
}

TEST(Update, AStoredBadSignatureIsNotCountedAround) {
    const Chain chain = first_chain();
    Proposal update = proposal(document_of(next_json(chain)), "abcd");
    update.signatures[3].bytes[0] ^= 1;
    EXPECT_EQ(state(chain, update), "refused");
    EXPECT_EQ(said(check_activate(chain, update, kNow)), "bad_signature");
}

TEST(Update, SignersOfBothSetsMaySign) {
    const Chain chain = first_chain();
    auto json = next_json(chain);
    json["signers"] = testing::signers_json("defgh");
    Proposal update = proposal(document_of(json), "abc");
    EXPECT_EQ(state(chain, update), "collecting");
    EXPECT_EQ(said(check_activate(chain, update, kNow)), "new_threshold");
    for (const char* name : {"f", "g", "h"}) {
        const Signature signature = Holder(name).sign(update.document);
        EXPECT_EQ(said(check_sign(chain, update, signature, kNow)), "none");
        update.signatures.push_back(signature);
    }
    EXPECT_EQ(state(chain, update), "ready");
}

}  // namespace
}  // namespace soma::domain
