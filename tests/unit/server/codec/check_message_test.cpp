#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "server/codec/codec.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::server {
namespace {

using somabrain::v1::EvaluateRequest;
using somabrain::v1::FeedbackRequest;
using somabrain::v1::RecallRequest;
using somabrain::v1::RememberBatchRequest;
using somabrain::v1::RememberRequest;

const std::string kId = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000";

/// "field: message" of the refusal; empty when there is none.
std::string refusal(google::protobuf::Message& message) {
    try {
        check_message(message);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.field() + ": " + error.public_message();
    }
    return "";
}
std::string refusal(google::protobuf::Message&& message) {
    return refusal(message);
}

RememberRequest memory(std::string text = "tea") {
    RememberRequest request;
    request.set_text(std::move(text));
    return request;
}

TEST(CheckMessage, PutsValuesInTheirStoredForms) {
    auto request = memory();
    request.set_occurred_at("2026-01-02T03:04:05+01:00");
    request.set_metadata(R"({"b": 1.0, "a": [true, null]})");
    ASSERT_EQ(refusal(request), "");
    EXPECT_EQ(request.occurred_at(), "2026-01-02T02:04:05.000000Z");
    EXPECT_EQ(request.metadata(), R"({"a":[true,null],"b":1})");
    somabrain::v1::GetMemoryRequest get;
    get.set_id("0190AAAA-BBBB-7CCC-8DDD-EEEEFFFF0000");
    ASSERT_EQ(refusal(get), "");
    EXPECT_EQ(get.id(), kId);
}

TEST(CheckMessage, TheSameOfAListsItems) {
    FeedbackRequest request;
    request.set_evaluation_id(kId);
    request.set_reward(1);
    request.add_used_memory_ids("0190AAAA-BBBB-7CCC-8DDD-EEEEFFFF0000");
    ASSERT_EQ(refusal(request), "");
    EXPECT_EQ(request.used_memory_ids(0), kId);
    request.add_used_memory_ids("x");
    EXPECT_EQ(refusal(request), "/used_memory_ids/1: must be a UUID");
}

TEST(CheckMessage, WhatIsRequired) {
    EXPECT_EQ(refusal(RememberRequest()), "/text: is required");
    EXPECT_EQ(refusal(RememberBatchRequest()), "/items: is required");
    FeedbackRequest feedback;
    feedback.set_evaluation_id(kId);
    EXPECT_EQ(refusal(feedback), "/reward: is required");
    feedback.set_reward(0);
    EXPECT_EQ(refusal(feedback), "");
    RememberBatchRequest batch;
    *batch.add_items() = memory();
    batch.add_items();
    EXPECT_EQ(refusal(batch), "/items/1/text: is required");
}

TEST(CheckMessage, TextsKeepTheirLimits) {
    EXPECT_EQ(refusal(memory(std::string(32'768, 'x'))), "");
    EXPECT_EQ(refusal(memory(std::string(32'769, 'x'))), "/text: must have at most 32768 bytes");
    EXPECT_EQ(refusal(memory(std::string("a\0b", 3))), "/text: must not contain U+0000");
    auto request = memory();
    request.add_tags("");
    EXPECT_EQ(refusal(request), "/tags/0: must not be empty");
    request.set_tags(0, "t");
    for (int i = 0; i < 32; ++i) {
        request.add_tags("t");
    }
    EXPECT_EQ(refusal(request), "/tags: must have at most 32 items");
    RecallRequest recall;
    recall.add_views("smell");
    EXPECT_TRUE(refusal(recall).starts_with("/views/0: must be one of dense"));
}

TEST(CheckMessage, NumbersKeepTheirLimits) {
    auto request = memory();
    request.set_turn(-1);
    EXPECT_EQ(refusal(request), "/turn: must be at least 0");
    request.set_turn(0);
    request.set_ttl_seconds(std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(refusal(request), "/ttl_seconds: must be an integer within ±(2^53 − 1)");
    request.set_ttl_seconds(1);
    request.set_importance(1.5);
    EXPECT_EQ(refusal(request), "/importance: must be at most 1");
    request.set_importance(1);
    EXPECT_EQ(refusal(request), "");
}

TEST(CheckMessage, JsonHasNoNotANumberAndNeitherHasThis) {
    for (const double value :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
        auto request = memory();
        request.set_importance(value);
        EXPECT_EQ(refusal(request), "/importance: must be finite: no NaN and no infinity");
        EvaluateRequest evaluate;
        evaluate.set_query("q");
        evaluate.add_embedding(1);
        evaluate.add_embedding(static_cast<float>(value));
        EXPECT_EQ(refusal(evaluate), "/embedding/1: must be finite: no NaN and no infinity");
    }
}

TEST(CheckMessage, AFreeObjectIsCheckedAsJson) {
    auto request = memory();
    request.set_metadata("[1]");
    EXPECT_EQ(refusal(request), "/metadata: must be a JSON object");
    request.set_metadata(R"({"a":{"b":1,"b":2}})");
    EXPECT_EQ(refusal(request), "/metadata/a/b: is given twice");
    request.set_metadata("{\"a\":\"" + std::string(8192, 'x') + "\"}");
    EXPECT_EQ(refusal(request), "/metadata: must have at most 8192 bytes");
    RememberBatchRequest batch;
    *batch.add_items() = memory();
    batch.mutable_items(0)->set_metadata("{");
    EXPECT_TRUE(refusal(batch).starts_with("/items/0/metadata: must be valid JSON"));
}

TEST(CheckMessage, AFieldNobodyKnowsIsNotPassedOver) {
    RememberRequest request;
    ASSERT_TRUE(request.ParseFromString(memory().SerializeAsString() + "\xF8\x3F\x01"));
    EXPECT_EQ(refusal(request), ": has the field number 1023, which is not one of RememberRequest");
    RememberBatchRequest batch;
    *batch.add_items() = request;
    EXPECT_EQ(refusal(batch),
              "/items/0: has the field number 1023, which is not one of RememberRequest");
}

TEST(CheckMessage, AbsentIsAbsent) {
    auto request = memory();
    request.set_kind("");
    request.set_occurred_at("");
    request.set_metadata("");
    EXPECT_EQ(refusal(request), "");
    EvaluateRequest evaluate;
    evaluate.set_query("q");
    evaluate.set_render("");  // has presence, so it is there
    EXPECT_TRUE(refusal(evaluate).starts_with("/render: must be one of plain"));
}

}  // namespace
}  // namespace soma::server
