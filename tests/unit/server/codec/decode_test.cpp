#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"
#include "unit/server/codec/support.h"

namespace soma::server {
namespace {

using somabrain::v1::EvaluateRequest;
using somabrain::v1::RecalledMemory;
using somabrain::v1::RecallRequest;
using somabrain::v1::RememberBatchRequest;
using somabrain::v1::RememberRequest;
using test::decoded;
using test::refusal;

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) {
        out += text;
    }
    return out;
}

std::string nested(std::size_t levels) {
    return R"({"text":"x","metadata":{"a":)" + repeat("[", levels) + repeat("]", levels) + "}}";
}

TEST(Decode, EveryFieldOfAMemory) {
    const auto memory = decoded<RememberRequest>(R"({
        "text": "Zoë said \"hi\"\n\ud83d\ude00", "subject": "zoe", "kind": "turn",
        "speaker": "Zoë", "session_id": "s1", "turn": 3,
        "occurred_at": "2024-02-29T23:30:00.5+01:00", "ttl_seconds": 60, "importance": 0.25,
        "tags": ["a", "b"], "metadata": {"b": [1, 1.50, null, true], "a": {"x": "y"}},
        "key": "k", "embedding": [0.1, -2, 3e-2]})");
    EXPECT_EQ(memory.text(), "Zoë said \"hi\"\n😀");
    EXPECT_EQ(memory.turn(), 3);
    EXPECT_EQ(memory.occurred_at(), "2024-02-29T22:30:00.500000Z");
    EXPECT_EQ(memory.ttl_seconds(), 60);
    EXPECT_EQ(memory.importance(), 0.25);
    EXPECT_EQ(memory.tags_size(), 2);
    EXPECT_EQ(memory.metadata(), R"({"a":{"x":"y"},"b":[1,1.5,null,true]})");
    ASSERT_EQ(memory.embedding_size(), 3);
    EXPECT_EQ(memory.embedding(0), 0.1F);
    EXPECT_EQ(memory.embedding(2), 0.03F);
    EXPECT_FALSE(memory.has_turn() && memory.valid_from() != "");
}

TEST(Decode, NullMeansAbsent) {
    const auto memory = decoded<RememberRequest>(
        R"({"text":"x","turn":null,"tags":null,"metadata":null,"speaker":null,"embedding":null})");
    EXPECT_FALSE(memory.has_turn());
    EXPECT_EQ(memory.tags_size(), 0);
    EXPECT_EQ(memory.metadata(), "");
}

TEST(Decode, NumbersAreTheNearest) {
    // Boost.JSON 1.81 itself reads some of these an ulp off.
    const auto memory = decoded<RecalledMemory>(R"({"score": 0.1234567890123456789})");
    EXPECT_EQ(memory.score(), 0.1234567890123456789);
    EXPECT_EQ(decoded<RecalledMemory>(R"({"score": 2.2250738585072014e-308})").score(),
              2.2250738585072014e-308);
    EXPECT_EQ(decoded<RecalledMemory>(R"({"score": 1e-400})").score(), 0);
    EXPECT_EQ(decoded<RecallRequest>(R"({"embedding": [1e-60, 16777217]})").embedding(1),
              16777216.0F);
    EXPECT_EQ(decoded<RecallRequest>(R"({"top_k": 1.0})").top_k(), 1);
    EXPECT_EQ(decoded<RecallRequest>(R"({"top_k": 1e2})").top_k(), 100);
}

TEST(Decode, LimitsAreInclusive) {
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":")" + repeat("x", 32768) + R"("})"), "");
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":")" + repeat("é", 16384) + R"("})"), "");
    EXPECT_EQ(refusal<RecallRequest>(R"({"top_k":100})"), "");
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","turn":2147483647})"), "");
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","importance":1})"), "");
    EXPECT_EQ(
        refusal<RememberRequest>(R"({"text":"x","tags":[)" + repeat("\"t\",", 31) + "\"t\"]}"), "");
    EXPECT_EQ(refusal<RememberRequest>(nested(30)), "");  // 32 with the two objects around it
    // {"a":""} takes 8 bytes around its text.
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","metadata":{"a": ")" + repeat("m", 8184) +
                                       R"("}})"),
              "");
    std::string items = R"({"text":"x"})";
    EXPECT_EQ(
        refusal<RememberBatchRequest>(R"({"items":[)" + repeat(items + ",", 999) + items + "]}"),
        "");
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","metadata":{"n":9007199254740991}})"), "");
}

struct Bad {
    std::string json;
    std::string said;
};

template <class Request>
void expect_refused(const std::vector<Bad>& cases) {
    for (const Bad& bad : cases) {
        EXPECT_EQ(refusal<Request>(bad.json), bad.said) << bad.json.substr(0, 200);
    }
}

TEST(DecodeRefuses, BrokenLimits) {
    expect_refused<RememberRequest>({
        {R"({})", "/text is required"},
        {R"({"text":null})", "/text is required: must not be null"},
        {R"({"text":""})", "/text must not be empty"},
        {R"({"text":")" + repeat("x", 32769) + R"("})", "/text must have at most 32768 bytes"},
        {R"({"text":")" + repeat("é", 16385) + R"("})", "/text must have at most 32768 bytes"},
        {R"({"text":"x","subject":")" + repeat("s", 257) + R"("})",
         "/subject must have at most 256 bytes"},
        {R"({"text":"x","turn":-1})", "/turn must be at least 0"},
        {R"({"text":"x","turn":2147483648})", "/turn must be at most 2147483647"},
        {R"({"text":"x","turn":1.5})", "/turn must be an integer"},
        {R"({"text":"x","turn":9007199254740992})", "/turn must be an integer within ±(2^53 − 1)"},
        {R"({"text":"x","turn":1e30})", "/turn must be an integer within ±(2^53 − 1)"},
        {R"({"text":"x","turn":123456789012345678901234567890})",
         "/turn must be an integer within ±(2^53 − 1)"},
        {R"({"text":"x","importance":1.0000001})", "/importance must be at most 1"},
        {R"({"text":"x","importance":1e999})", "/importance must fit a 64-bit float"},
        {R"({"text":"x","ttl_seconds":0})", "/ttl_seconds must be at least 1"},
        {R"({"text":"x","tags":["a",""]})", "/tags/1 must not be empty"},
        {R"({"text":"x","tags":[)" + repeat("\"t\",", 32) + "\"t\"]}",
         "/tags must have at most 32 items"},
        {R"({"text":"x","embedding":[)" + repeat("0,", 2048) + "0]}",
         "/embedding must have at most 2048 items"},
        {R"({"text":"x","embedding":[1,1e39]})", "/embedding/1 must fit a 32-bit float"},
        {R"({"text":"x","metadata":{"a": ")" + repeat("m", 8185) + R"("}})",
         "/metadata must have at most 8192 bytes"},
        {R"({"text":"x","metadata":{"a":[)" + repeat("1,", 5000) + "1]}}",
         "/metadata must have at most 8192 bytes"},
        {R"({"text":"x","metadata":{"deep":{"n":[1,9007199254740992]}}})",
         "/metadata/deep/n/1 must be within ±(2^53 − 1) to be kept exactly"},
        {R"({"text":"x","metadata":{"n":1e17}})",
         "/metadata/n must be within ±(2^53 − 1) to be kept exactly"},
    });
    expect_refused<RecallRequest>({
        {R"({"top_k":0})", "/top_k must be at least 1"},
        {R"({"top_k":101})", "/top_k must be at most 100"},
        {R"({"views":["dense","smell"]})",
         "/views/1 must be one of dense, lexical, facet, previous, next, session, graph, recency, "
         "density, bridge"},
    });
    expect_refused<RememberBatchRequest>({
        {R"({})", "/items is required"},
        {R"({"items":[]})", "/items must have at least 1 item"},
        {R"({"items":[{"text":"x"},{"text":""}]})", "/items/1/text must not be empty"},
        {R"({"items":[{"text":"x"},{"text":"y","tags":["t","t",7]}]})",
         "/items/1/tags/2 must be a string"},
        {R"({"items":[)" + repeat(R"({"text":"x"},)", 1000) + R"({"text":"x"}]})",
         "/items must have at most 1000 items"},
        {R"({"items":[{"text":"x"},{}]})", "/items/1/text is required"},
        {R"({"items":[null]})", "/items/0 must be an object"},
        {R"({"items":[{"text":"x","metadata":{"a/b":{"~":1,"~":2}}}]})",
         "/items/0/metadata/a~1b/~0 is given twice"},
    });
}

TEST(DecodeRefuses, TheLeastInteger) {
    // Its absolute value is no int64: comparing that one would let it pass.
    const std::string range = "must be an integer within ±(2^53 − 1)";
    expect_refused<RememberRequest>({
        {R"({"text":"x","ttl_seconds":-9223372036854775808})", "/ttl_seconds " + range},
        {R"({"text":"x","turn":-9223372036854775808})", "/turn " + range},
        {R"({"text":"x","metadata":{"n":-9223372036854775808}})",
         "/metadata/n must be within ±(2^53 − 1) to be kept exactly"},
    });
}

TEST(DecodeRefuses, Formats) {
    const std::string time = "must be an RFC 3339 time with an offset and at most microseconds";
    expect_refused<RememberRequest>({
        {R"({"text":"x","occurred_at":"2024-01-01T00:00:00.1234567Z"})", "/occurred_at " + time},
        {R"({"text":"x","valid_from":"2024-01-01T00:00:00"})", "/valid_from " + time},
        {R"({"text":"x","valid_to":"2024-02-30T00:00:00Z"})", "/valid_to " + time},
        {R"({"text":"x","valid_to":""})", "/valid_to " + time},
    });
    expect_refused<somabrain::v1::GetMemoryRequest>({
        {R"({"id":"0123"})", "/id must be a UUID"},
        {R"({"id":""})", "/id must be a UUID"},
    });
    EXPECT_EQ(
        decoded<somabrain::v1::GetMemoryRequest>(R"({"id":"0190AAAA-BBBB-7CCC-8DDD-EEEEFFFF0000"})")
            .id(),
        "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000");
}

TEST(DecodeRefuses, WrongShapes) {
    expect_refused<RememberRequest>({
        {R"([])", " must be a JSON object"},
        {R"("x")", " must be a JSON object"},
        {R"(12)", " must be a JSON object"},
        {R"(null)", " must be a JSON object"},
        {R"({"text":1})", "/text must be a string"},
        {R"({"text":["x"]})", "/text must be a string"},
        {R"({"text":{"x":1}})", "/text must be a string"},
        {R"({"text":"x","turn":"3"})", "/turn must be an integer"},
        {R"({"text":"x","turn":true})", "/turn must be an integer"},
        {R"({"text":"x","tags":"t"})", "/tags must be a list"},
        {R"({"text":"x","tags":{}})", "/tags must be a list"},
        {R"({"text":"x","tags":[["t"]]})", "/tags/0 must be a string"},
        {R"({"text":"x","tags":[null]})", "/tags/0 must be a string"},
        {R"({"text":"x","embedding":["1"]})", "/embedding/0 must be a number"},
        {R"({"text":"x","embedding":[1,null]})", "/embedding/1 must be a number"},
        {R"({"text":"x","metadata":[]})", "/metadata must be an object"},
        {R"({"text":"x","metadata":"{}"})", "/metadata must be an object"},
        {R"({"text":"x","colour":"red"})", "/colour is not a field of RememberRequest"},
        {R"({"text":"x","a/b~c":1})", "/a~1b~0c is not a field of RememberRequest"},
        {R"({"text":"x","sessionId":"s"})", "/sessionId is not a field of RememberRequest"},
        {R"({"text":"x","text":"y"})", "/text is given twice"},
        {R"({"text":"x","te\u0078t":"y"})", "/text is given twice"},
        {R"({"text":"x","turn":null,"turn":1})", "/turn is given twice"},
    });
    expect_refused<RecallRequest>({{R"({"explain":1})", "/explain must be true or false"},
                                   {R"({"explain":"true"})", "/explain must be true or false"}});
    expect_refused<RecalledMemory>({
        {R"({"view_values":[]})", "/view_values must be an object"},
        {R"({"view_values":{"dense":"x"}})", "/view_values/dense must be a number"},
        {R"({"view_values":{"dense":1,"dense":2}})", "/view_values/dense is given twice"},
    });
}

TEST(DecodeRefuses, WhatIsNotJson) {
    using namespace std::string_literals;
    const std::vector<std::string> cases = {
        "",
        " ",
        "{",
        R"({"text":"x")",
        R"({"text":"x",})",
        R"({"text":"x"}})",
        R"({"text":"x"} x)",
        R"({'text':'x'})",
        R"({text:"x"})",
        R"({"text":"x"/*c*/})",
        R"({"text":"x"}//c)",
        R"({"text":"x","importance":NaN})",
        R"({"text":"x","importance":Infinity})",
        R"({"text":"x","importance":-Infinity})",
        R"({"text":"x","importance":.5})",
        R"({"text":"x","importance":1.})",
        R"({"text":"x","importance":01})",
        R"({"text":"x","importance":+1})",
        R"({"text":"x","importance":0x1})",
        R"({"text":"x","embedding":[1,]})",
        R"({"text":"x","embedding":[1 2]})",
        "{\"text\":\"\xff\"}",
        "{\"text\":\"\xc0\x80\"}",
        "{\"text\":\"\xed\xa0\x80\"}",
        "{\"text\":\"\xf5\x80\x80\x80\"}",
        "{\"text\":\"\xc3\"}",
        "{\"\xff\":1}",
        R"({"text":"\ud800"})",
        R"({"text":"\ud800x"})",
        R"({"text":"\udc00"})",
        R"({"text":"\ud800\ud800"})",
        R"({"text":"\x41"})",
        R"({"text":"\u12g4"})",
        "{\"text\":\"a\nb\"}",
        "{\"text\":\"a\0b\"}"s,
        "{\"text\":\"x\"}\0"s,
        "\0"s,
    };
    for (const auto& json : cases) {
        EXPECT_NE(refusal<RememberRequest>(json).find("must be valid JSON in UTF-8: "),
                  std::string::npos)
            << json << " → " << refusal<RememberRequest>(json);
    }
    // What Python's json prints for a vector that went wrong: the number is named.
    const std::string no_nan = " must be valid JSON in UTF-8: it has no NaN and no infinity";
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","embedding":[NaN]})"),
              "/embedding/0" + no_nan);
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","embedding":[0.5, 1, NaN, 2]})"),
              "/embedding/2" + no_nan);
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","embedding":[0.5,-Infinity]})"),
              "/embedding/1" + no_nan);
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","importance":Infinity})"),
              "/importance" + no_nan);
    EXPECT_EQ(refusal<RememberRequest>(R"({"text":"x","metadata":{"a":[1,NaN]}})"),
              "/metadata/a/1" + no_nan);
    EXPECT_EQ(refusal<RememberBatchRequest>(
                  R"({"items":[{"text":"x"},{"text":"x","embedding":[1,NaN]}]})"),
              "/items/1/embedding/1" + no_nan);
    EXPECT_EQ(refusal<RememberBatchRequest>(R"({"items":[{"text":"x"},NaN]})"),
              "/items/1" + no_nan);
    EXPECT_EQ(refusal<RememberRequest>("\xEF\xBB\xBF{\"text\":\"x\"}"),
              " must not begin with a byte order mark");
}

TEST(DecodeRefuses, NulAnywhereInText) {
    expect_refused<RememberRequest>({
        {R"({"text":"a\u0000b"})", "/text must not contain U+0000"},
        {R"({"text":"x","tags":["\u0000"]})", "/tags/0 must not contain U+0000"},
        {R"({"text":"x","metadata":{"a":"\u0000"}})", "/metadata/a must not contain U+0000"},
    });
    EXPECT_NE(refusal<RememberRequest>(R"({"text":"x","metadata":{"\u0000":1}})"), "");
}

TEST(DecodeRefuses, MoreThanThirtyTwoLevels) {
    EXPECT_NE(refusal<RememberRequest>(nested(31)).find("must be nested at most 32 levels deep"),
              std::string::npos);
    EXPECT_NE(refusal<RememberRequest>(repeat("[", 100000)), "");
    EXPECT_NE(refusal<RememberRequest>(nested(100000)).find("at most 32 levels"),
              std::string::npos);
}

TEST(Decode, AnyUnicodeIsLegal) {
    // Unassigned, private use, noncharacters, bidirectional controls, a lone combining mark.
    const std::string text = "\u0301 \uFFFE \U000F0000 \u202E \U0010FFFF \u0001";
    RememberRequest memory;
    memory.set_text(text);
    EXPECT_EQ(decoded<RememberRequest>(encode_json(memory)).text(), text);
}

TEST(DecodeParameters, FillTheirFields) {
    somabrain::v1::GetMemoryRequest get;
    const std::vector<Parameter> id{{"id", "0190AAAA-BBBB-7CCC-8DDD-EEEEFFFF0000"}};
    decode_parameters(id, get);
    EXPECT_EQ(get.id(), "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000");

    RecallRequest recall;
    const std::vector<Parameter> several{{"top_k", "7"},
                                         {"explain", "true"},
                                         {"views", "dense"},
                                         {"views", "recency"},
                                         {"query", "ä b"}};
    decode_parameters(several, recall);
    EXPECT_EQ(recall.top_k(), 7);
    EXPECT_TRUE(recall.explain());
    EXPECT_EQ(recall.views_size(), 2);

    somabrain::v1::ListMemoriesRequest list;
    const std::vector<Parameter> object{{"filter", R"( {"b":[1.0,{}],"a":"\u00e9"} )"}};
    decode_parameters(object, list);
    EXPECT_EQ(list.filter(), R"({"a":"é","b":[1,{}]})");

    EvaluateRequest mixed;
    const std::vector<Parameter> session{{"session_id", "s"}};
    decode_json(R"({"query":"q"})", session, mixed);
    EXPECT_EQ(mixed.session_id(), "s");
}

std::string parameter_refusal(const std::vector<Parameter>& parameters) {
    RecallRequest recall;
    try {
        decode_parameters(parameters, recall);
        return "";
    } catch (const Error& error) {
        return error.field() + " " + error.public_message();
    }
}

TEST(DecodeParameters, Refuse) {
    EXPECT_EQ(parameter_refusal({{"page", "2"}}), "/page is not a parameter of this method");
    EXPECT_EQ(parameter_refusal({{"top_k", "1"}, {"top_k", "2"}}), "/top_k is given twice");
    for (const char* value : {"", "x", "1x", "inf", "nan", "0x10", "-", "1e", " 1"}) {
        EXPECT_EQ(parameter_refusal({{"top_k", value}}), "/top_k must be an integer") << value;
    }
    EXPECT_EQ(parameter_refusal({{"top_k", "101"}}), "/top_k must be at most 100");
    EXPECT_EQ(parameter_refusal({{"explain", "1"}}), "/explain must be true or false");
    EXPECT_EQ(parameter_refusal({{"query", "\xff"}}), "/query must be valid UTF-8");
    EXPECT_EQ(parameter_refusal({{"query", std::string(1, '\0')}}),
              "/query must not contain U+0000");

    somabrain::v1::GetMemoryRequest get;
    EXPECT_THROW(decode_parameters({}, get), Error);
    // An object comes as JSON text, under the rules of one inside a body.
    EXPECT_EQ(parameter_refusal({{"filter", R"( {"b":[1.0,{}],"a":"\u00e9"} )"}}), "");
    EXPECT_EQ(parameter_refusal({{"filter", ""}}).substr(0, 30), "/filter must be valid JSON in ");
    for (const char* value : {"[]", "\"a\"", "1", "true", "null"}) {
        EXPECT_EQ(parameter_refusal({{"filter", value}}), "/filter must be a JSON object");
    }
    EXPECT_EQ(parameter_refusal({{"filter", R"({"a":[1,{"b":1,"b":2}]})"}}),
              "/filter/a/1/b is given twice");
    EXPECT_EQ(parameter_refusal({{"filter", R"({"a":9007199254740993})"}}),
              "/filter/a must be within ±(2^53 − 1) to be kept exactly");
    EXPECT_EQ(parameter_refusal({{"filter", "{}{}"}}).substr(0, 13), "/filter must ");
    EXPECT_EQ(parameter_refusal({{"filter", R"({"a":[0,NaN]})"}}),
              "/filter/a/1 must be valid JSON in UTF-8: it has no NaN and no infinity");
    EXPECT_EQ(parameter_refusal({{"filter", "{\"a\":\"" + repeat("x", 32761) + "\"}"}}),
              "/filter must have at most 32768 bytes");
    EXPECT_EQ(parameter_refusal({{"filter", "{\"a\":" + repeat("[", 40)}}).substr(0, 10),
              "/filter/a/");

    EvaluateRequest mixed;
    const std::vector<Parameter> session{{"session_id", "s"}};
    EXPECT_THROW(decode_json(R"({"query":"q","session_id":"t"})", session, mixed), Error);
}

}  // namespace
}  // namespace soma::server
