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
    record.weights = default_weights();
    record.temperature = 0.1;
    record.constitution_version = 3;
    record.policy = {{"review", "Ask a person."}, {"audit", "Say why."}};
    record.vector = {0.007f, {-127, 0, 127}};
    record.memories = {{kMemory, 2, ViewValues{{0.1, 1.0 / 3, 1, 0, 0, 0, 0, 0}}}};
    record.working_memory = {{WorkingMemory::Kind::query, kMemory}};
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

}  // namespace
}  // namespace soma::domain
