#include "domain/context/feedback_record.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace soma::domain {
namespace {

const Uuid kTenant = *Uuid::parse("0198c0de-0000-7000-8000-000000000001");
const Uuid kFeedback = *Uuid::parse("0198c0de-0000-7000-8000-000000000002");
const Uuid kOne = *Uuid::parse("0198c0de-0000-7000-8000-000000000003");
const Uuid kTwo = *Uuid::parse("0198c0de-0000-7000-8000-000000000004");
const Uuid kStranger = *Uuid::parse("0198c0de-0000-7000-8000-000000000005");

FeedbackRecord sample() {
    return {.reward = -1.0 / 3,
            .used = {kTwo, kOne},
            .response = "She lives in Lyon. \xE2\x98\x95",
            .model = "a model",
            .metadata = R"({"a":[1,null]})",
            .tokens = 1'234};
}

EvaluationRecord evaluation() {
    EvaluationRecord record;
    record.memories = {{kOne, 0, {}}, {kTwo, 3, {}}};
    return record;
}

TEST(FeedbackRecord, ComesBackBitForBit) {
    const auto key = random_bytes(32);
    for (const auto& record : {sample(), FeedbackRecord{}}) {
        EXPECT_EQ(
            open_feedback(key, kTenant, kFeedback, seal_feedback(key, kTenant, kFeedback, record)),
            record);
    }
}

TEST(FeedbackRecord, IsBoundToItsPlaceAndKey) {
    const auto key = random_bytes(32);
    const auto sealed = seal_feedback(key, kTenant, kFeedback, sample());
    EXPECT_FALSE(open_feedback(key, kTenant, kOne, sealed));
    EXPECT_FALSE(open_feedback(key, kOne, kFeedback, sealed));
    EXPECT_FALSE(open_feedback(random_bytes(32), kTenant, kFeedback, sealed));
    EXPECT_FALSE(open_feedback(key, kTenant, kFeedback, sealed.substr(1)));
}

TEST(FeedbackRecord, WhatTheEvaluationReturnedMayBeCreditedOnceEach) {
    const auto wrong = [](const std::vector<Uuid>& used) {
        return wrong_credit(evaluation(), used);
    };
    using Reason = WrongCredit::Reason;
    EXPECT_EQ(wrong({}), std::nullopt);
    EXPECT_EQ(wrong({kTwo}), std::nullopt);
    EXPECT_EQ(wrong({kTwo, kOne}), std::nullopt);
    EXPECT_EQ(wrong({kStranger}), (WrongCredit{0, Reason::not_returned}));
    EXPECT_EQ(wrong({kOne, kTwo, kStranger}), (WrongCredit{2, Reason::not_returned}));
    EXPECT_EQ(wrong({kOne, kTwo, kOne}), (WrongCredit{2, Reason::repeated}));
    EXPECT_EQ(wrong({kStranger, kStranger}), (WrongCredit{0, Reason::not_returned}));
    EXPECT_EQ(wrong_credit({}, std::vector{kOne}), (WrongCredit{0, Reason::not_returned}));
}

}  // namespace
}  // namespace soma::domain
