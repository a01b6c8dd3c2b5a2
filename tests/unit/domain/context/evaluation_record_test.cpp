#include "domain/context/evaluation_record.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace soma::domain {
namespace {

const Uuid kTenant = *Uuid::parse("0198c0de-0000-7000-8000-000000000001");
const Uuid kEvaluation = *Uuid::parse("0198c0de-0000-7000-8000-000000000002");
const Uuid kMemory = *Uuid::parse("0198c0de-0000-7000-8000-000000000003");

EvaluationRecord sample() {
    EvaluationRecord record;
    record.query = "Where does she live?";
    record.session_id = "s";
    record.subject = "caroline";
    record.token_budget = 300;
    record.now = *parse_rfc3339("2026-01-02T03:04:05.678901Z");
    record.state_sequence = 9;
    record.weights_version = 3;
    record.weights = default_weights();
    record.temperature = 0.1;
    record.constitution_version = 3;
    record.policy = {{"review", "Ask a person."}, {"audit", "Say why."}};
    record.vector = {0.007f, {-127, 0, 127}};
    record.memories = {{kMemory, 2, ViewValues{{0.1, 1.0 / 3, 1, 0, 0, 0, 0, 0}}}};
    record.working_memory = {{WorkingMemory::Kind::query, kMemory}};
    record.answered = EvaluationRecord::Answered{
        .epoch = ~std::uint64_t{0},
        .memories_capped = true,
        .coverage = 0.419999,
        .form = PromptForm::anthropic_messages,
        .utility =
            judge_utility({.baseline = 1, .confidence = 0.1, .cost = 0.2, .latency = 0.3},
                          {.confidence = 1.0 / 3, .cost = 0.7, .latency_seconds = 1e-300}, 1.0 / 7),
        .digest = "d1ce",
        .candidates = {{.candidate = {.name = "half",
                                      .memories = {},
                                      .coverage = 1.0 / 3,
                                      .tokens = 12,
                                      .penalty = 0.1,
                                      .vetoed_by = "privacy",
                                      .utility = -1.0 / 7},
                        .memories = {kMemory, kEvaluation},
                        .is_chosen = false},
                       {.candidate = {.name = "all"}, .memories = {}, .is_chosen = true}},
        .features = CoverageFeatures{1, 1.0 / 3, 1.0 / 7, -1e-300}};
    return record;
}

TEST(EvaluationRecord, ComesBackBitForBit) {
    const auto key = random_bytes(32);
    EXPECT_EQ(
        open_record(key, kTenant, kEvaluation, seal_record(key, kTenant, kEvaluation, sample())),
        sample());
    EvaluationRecord bare;
    EXPECT_EQ(open_record(key, kTenant, kEvaluation, seal_record(key, kTenant, kEvaluation, bare)),
              bare);
}

TEST(EvaluationRecord, IsBoundToItsPlaceAndKey) {
    const auto key = random_bytes(32);
    const auto sealed = seal_record(key, kTenant, kEvaluation, sample());
    EXPECT_FALSE(open_record(key, kTenant, kMemory, sealed));
    EXPECT_FALSE(open_record(random_bytes(32), kTenant, kEvaluation, sealed));
    EXPECT_FALSE(open_record(key, kTenant, kEvaluation, sealed.substr(1)));
}

TEST(EvaluationRecord, OneOfFewerViewsStillOpens) {
    const auto key = random_bytes(32);
    const auto sealed = seal_record(key, kTenant, kEvaluation, sample());
    std::string context = "somabrain/evaluation/v1";
    context.push_back('\0');
    context += kTenant.view();
    context += kEvaluation.view();
    auto plain = open_sealed(key, context, sealed).value();
    for (const std::string member : {"\"weights\":\"", "\"values\":\""}) {
        // There were eight views, of sixteen hexadecimal digits each.
        const auto at = plain.find(member);
        ASSERT_NE(at, std::string::npos);
        plain.erase(at + member.size() + 8 * 16, (view_count - 8) * 16);
    }
    const auto opened = open_record(key, kTenant, kEvaluation, seal(key, context, plain));
    EXPECT_EQ(opened, sample()) << "the views that came since weigh 0 and are worth 0";
}

TEST(EvaluationRecord, WhatVersionOneSealedStillOpens) {
    const auto key = random_bytes(32);
    auto expected = sample();
    expected.answered.reset();
    const auto sealed = seal_record(key, kTenant, kEvaluation, expected);
    std::string context = "somabrain/evaluation/v1";
    context.push_back('\0');
    context += kTenant.view();
    context += kEvaluation.view();
    auto plain = open_sealed(key, context, sealed).value();
    ASSERT_EQ(plain.front(), 2);
    for (const char version : {1, 0, 3}) {
        plain.front() = version;
        const auto opened = open_record(key, kTenant, kEvaluation, seal(key, context, plain));
        EXPECT_EQ(opened.has_value(), version == 1);
        EXPECT_TRUE(!opened || *opened == expected);
    }
}

}  // namespace
}  // namespace soma::domain
