#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "base/canonical_json.h"
#include "base/time.h"
#include "base/unicode.h"
#include "base/uuid.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"
#include "unit/server/codec/support.h"

namespace soma::server {
namespace {

using google::protobuf::util::MessageDifferencer;
using somabrain::v1::EvaluateResponse;
using somabrain::v1::MemoryRecord;
using somabrain::v1::RecalledMemory;
using somabrain::v1::RememberRequest;

TEST(Encode, WhatIsLeftOutAndWhatIsPrinted) {
    EXPECT_EQ(
        encode_json(EvaluateResponse()),
        R"({"digest":"","memories":[],"fused":[],"residual":[],"working_memory":[],"prompt":"",)"
        R"("capped":[],"constitution_version":0,"state_token":"","policy":[],"candidates":[]})");
    EXPECT_EQ(encode_json(MemoryRecord()),
              R"({"text":"","subject":"","kind":"","speaker":"","session_id":"","tags":[],)"
              R"("metadata":{},"key":"","sequence":0})");
}

TEST(Encode, Values) {
    RecalledMemory memory;
    memory.set_text("a\"\\\b\f\n\r\t\x01\x1f\x7f/é😀");
    memory.set_score(0.1);
    memory.set_sequence(9007199254740991);
    memory.set_turn(-7);
    memory.set_metadata(R"({"a":1})");
    (*memory.mutable_view_values())["lexical"] = 1e-7;
    (*memory.mutable_view_values())["dense"] = -0.0;
    (*memory.mutable_view_values())["facet"] = 1;
    EXPECT_EQ(encode_json(memory),
              "{\"text\":\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/é😀\","
              R"("truncated":false,"score":0.1,"view_values":{"dense":0,"facet":1,"lexical":1e-7},)"
              R"("speaker":"","session_id":"","tags":[],"metadata":{"a":1},"kind":"","turn":-7,)"
              R"("sequence":9007199254740991})");
    EvaluateResponse answer;
    for (const float value : {0.1F, -0.0F, 1e-30F, 16777216.0F, 3.4028235e38F}) {
        answer.add_fused(value);
    }
    EXPECT_NE(encode_json(answer).find("\"fused\":[0.1,0,1e-30,16777216,3.4028235e+38]"),
              std::string::npos)
        << encode_json(answer);
}

TEST(EncodeDeathTest, WhatJsonCannotCarryIsOurMistake) {
    EvaluateResponse answer;
    answer.add_fused(std::numeric_limits<float>::quiet_NaN());
    EXPECT_DEATH(encode_json(answer), "no NaN");
    RecalledMemory memory;
    memory.set_sequence(9007199254740992);
    EXPECT_DEATH(encode_json(memory), "exact to");
}

char32_t any_code_point() {
    const auto value = *rc::gen::oneOf(rc::gen::inRange<unsigned>(1, 0x80),
                                       rc::gen::inRange<unsigned>(0x80, 0xD800),
                                       rc::gen::inRange<unsigned>(0xE000, 0x110000));
    return static_cast<char32_t>(value);
}

/// Valid UTF-8 without U+0000, `least` to 60 code points.
std::string any_text(int least) {
    std::string text;
    const int count = *rc::gen::inRange(least, 60);
    for (int i = 0; i < count; ++i) {
        append_utf8(text, any_code_point());
    }
    return text;
}

float any_float() {
    const float value = std::bit_cast<float>(*rc::gen::arbitrary<std::uint32_t>());
    return std::isfinite(value) && value != 0 ? value : 0.0F;
}

Time any_time() {
    // Years 0001 to 9999.
    return Time(std::chrono::microseconds(
        *rc::gen::inRange<std::int64_t>(-62135596800000000, 253402300799999999)));
}

RememberRequest any_memory() {
    RememberRequest memory;
    memory.set_text(any_text(1));
    memory.set_speaker(any_text(0));
    if (*rc::gen::arbitrary<bool>()) {
        memory.set_turn(*rc::gen::inRange(0, std::numeric_limits<int>::max()));
    }
    if (*rc::gen::arbitrary<bool>()) {
        memory.set_occurred_at(format_rfc3339(any_time()));
    }
    if (*rc::gen::arbitrary<bool>()) {
        memory.set_ttl_seconds(*rc::gen::inRange<std::int64_t>(1, 3153600000));
    }
    if (*rc::gen::arbitrary<bool>()) {
        memory.set_importance(*rc::gen::inRange(0, 1 << 30) / static_cast<double>(1 << 30));
    }
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
        memory.add_tags(any_text(1));
    }
    for (int i = *rc::gen::inRange(0, 50); i > 0; --i) {
        memory.add_embedding(any_float());
    }
    boost::json::object metadata;
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
        metadata[any_text(0)] = any_text(0);
    }
    metadata["n"] = *rc::gen::arbitrary<int>();
    metadata["list"] = boost::json::array{nullptr, true, any_text(0), 0.5};
    memory.set_metadata(to_canonical_json(metadata));
    return memory;
}

TEST(Codec, DecodingWhatWasEncodedGivesItBack) {
    ASSERT_TRUE(rc::check("round trip", [] {
        const RememberRequest memory = any_memory();
        RememberRequest back;
        decode_json(encode_json(memory), {}, back);
        RC_ASSERT(MessageDifferencer::Equals(memory, back));
    }));
}

TEST(Codec, OtherJsonParsersReadWhatWeWrite) {
    ASSERT_TRUE(rc::check("as Boost.JSON reads it", [] {
        const RememberRequest memory = any_memory();
        const auto value = boost::json::parse(encode_json(memory));
        RC_ASSERT(std::string_view(value.at("text").as_string()) == memory.text());
        RC_ASSERT(value.at("tags").as_array().size() ==
                  static_cast<std::size_t>(memory.tags_size()));
        RC_ASSERT(to_canonical_json(value.at("metadata")) == memory.metadata());
    }));
}

TEST(Codec, DoublesSurvive) {
    ASSERT_TRUE(rc::check("score", [](std::uint64_t bits) {
        const double score = std::bit_cast<double>(bits);
        RC_PRE(std::isfinite(score));
        RecalledMemory memory;
        memory.set_score(score);
        RecalledMemory back;
        decode_json(encode_json(memory), {}, back);
        RC_ASSERT(back.score() == score);
    }));
}

TEST(Codec, BrokenTextNeverDecodesToSomethingElse) {
    // A cut document is never accepted.
    ASSERT_TRUE(rc::check("prefixes", [] {
        const std::string text = encode_json(any_memory());
        const auto cut = *rc::gen::inRange<std::size_t>(0, text.size());
        RC_ASSERT(!test::refusal<RememberRequest>(text.substr(0, cut)).empty());
    }));
}

}  // namespace
}  // namespace soma::server
