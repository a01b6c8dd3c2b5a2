#include "domain/filter/parse.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace soma::domain {
namespace {

Filter condition(FilterField field, std::string name, FilterOp op,
                 std::vector<FilterValue> values) {
    return {.condition = {field, std::move(name), op, std::move(values)}};
}

Filter negated(Filter part) {
    return {Filter::Kind::none, {std::move(part)}, {}};
}

/// What is said of a bad filter: "<pointer> <message>".
std::string refusal(const std::string& json) {
    try {
        parse_filter(json, "/filter");
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.field() + " " + error.public_message();
    }
    return "none";
}

std::string with(const std::string& field, const std::string& op, const std::string& value) {
    return R"({"field":")" + field + R"(","op":")" + op + R"(","value":)" + value + "}";
}

TEST(Parse, ConditionsOfEveryType) {
    EXPECT_EQ(parse_filter(with("kind", "eq", R"("fact")"), ""),
              condition(FilterField::kind, "kind", FilterOp::eq, {"fact"}));
    EXPECT_EQ(parse_filter(with("tags", "in", R"(["a","b"])"), ""),
              condition(FilterField::tags, "tags", FilterOp::in, {"a", "b"}));
    EXPECT_EQ(parse_filter(with("turn", "gte", "3"), ""),
              condition(FilterField::turn, "turn", FilterOp::gte, {3.0}));
    EXPECT_EQ(parse_filter(with("importance", "lt", "0.5"), ""),
              condition(FilterField::importance, "importance", FilterOp::lt, {0.5}));
    EXPECT_EQ(parse_filter(with("created_at", "lte", R"("1970-01-01T01:00:00+01:00")"), ""),
              condition(FilterField::created_at, "created_at", FilterOp::lte, {Time()}));
    EXPECT_EQ(parse_filter(with("metadata.a.b", "in", R"([1,"x",true])"), ""),
              condition(FilterField::metadata, "metadata.a.b", FilterOp::in, {1.0, "x", true}));
    EXPECT_EQ(parse_filter(with("metadata.a", "eq", R"("")"), ""),
              condition(FilterField::metadata, "metadata.a", FilterOp::eq, {""}));
}

TEST(Parse, NeAndExistsFalseAreNegations) {
    EXPECT_EQ(parse_filter(with("key", "ne", R"("k")"), ""),
              negated(condition(FilterField::key, "key", FilterOp::eq, {"k"})));
    EXPECT_EQ(parse_filter(with("subject", "exists", "true"), ""),
              condition(FilterField::subject, "subject", FilterOp::exists, {}));
    EXPECT_EQ(parse_filter(with("subject", "exists", "false"), ""),
              negated(condition(FilterField::subject, "subject", FilterOp::exists, {})));
}

TEST(Parse, Trees) {
    const std::string leaf = with("kind", "exists", "true");
    const Filter part = condition(FilterField::kind, "kind", FilterOp::exists, {});
    EXPECT_EQ(
        parse_filter(R"({"and":[)" + leaf + R"(,{"or":[)" + leaf + R"(]},{"not":)" + leaf + "}]}",
                     ""),
        (Filter{
            Filter::Kind::all, {part, Filter{Filter::Kind::any, {part}, {}}, negated(part)}, {}}));
}

TEST(Parse, ShapesThatAreNone) {
    const std::string shape = "must be an object of and, or, not alone, or of field, op and value";
    for (const char* json :
         {"{}", "[]", "1", "null", R"({"field":"kind"})", R"({"field":"kind","op":"eq"})",
          R"({"and":[],"or":[]})", R"({"nand":[]})",
          R"({"field":"kind","op":"eq","value":"x","case":"any"})"}) {
        EXPECT_EQ(refusal(json), "/filter " + shape) << json;
    }
    EXPECT_EQ(refusal(R"({"not":[]})"), "/filter/not " + shape);
    EXPECT_EQ(refusal(R"({"or":[{"not":{}}]})"), "/filter/or/0/not " + shape);
    EXPECT_EQ(refusal(R"({"and":[]})"), "/filter/and must be a list of at least 1 filter");
    EXPECT_EQ(refusal(R"({"or":{}})"), "/filter/or must be a list of at least 1 filter");
}

TEST(Parse, FieldsAndOpsThatAreNone) {
    EXPECT_EQ(refusal(with("colour", "eq", "1")),
              "/filter/field must be one of tags, kind, speaker, session_id, subject, key, "
              "created_at, occurred_at, valid_from, valid_to, turn, importance, metadata.<path>");
    EXPECT_NE(refusal(with("metadata.", "eq", "1")), "none");
    EXPECT_NE(refusal(R"({"field":1,"op":"eq","value":1})"), "none");
    EXPECT_EQ(refusal(R"({"and":[)" + with("kind", "exists", "true") + "," +
                      with("kind", "like", R"("x")") + "]}"),
              "/filter/and/1/op must be one of eq, ne, in, contains, exists, prefix for kind");
    EXPECT_EQ(refusal(with("kind", "lt", R"("x")")),
              "/filter/op must be one of eq, ne, in, contains, exists, prefix for kind");
    EXPECT_EQ(refusal(with("tags", "eq", R"("x")")),
              "/filter/op must be one of in, contains, exists, prefix for tags");
    EXPECT_EQ(refusal(with("turn", "prefix", "1")),
              "/filter/op must be one of eq, ne, lt, lte, gt, gte, in, exists for turn");
    EXPECT_EQ(refusal(with("metadata.x", "like", "1")),
              "/filter/op must be one of eq, ne, lt, lte, gt, gte, in, contains, exists, prefix "
              "for metadata");
    EXPECT_NE(refusal(R"({"field":"kind","op":null,"value":1})"), "none");
}

TEST(Parse, ValuesOfTheWrongType) {
    EXPECT_EQ(refusal(with("kind", "eq", "1")), "/filter/value must be a string");
    EXPECT_EQ(refusal(with("kind", "eq", R"("")")), "/filter/value must not be empty");
    EXPECT_EQ(refusal(with("tags", "in", R"(["a",2])")), "/filter/value/1 must be a string");
    EXPECT_EQ(refusal(with("turn", "eq", R"("1")")), "/filter/value must be an integer");
    EXPECT_EQ(refusal(with("turn", "eq", "1.5")),
              "/filter/value must be an integer within ±(2^53 − 1)");
    EXPECT_EQ(refusal(with("turn", "eq", "1e300")),
              "/filter/value must be an integer within ±(2^53 − 1)");
    EXPECT_EQ(refusal(with("importance", "eq", "true")), "/filter/value must be a number");
    EXPECT_EQ(refusal(with("created_at", "lt", "17")),
              "/filter/value must be an RFC 3339 time with an offset and at most microseconds");
    EXPECT_EQ(refusal(with("valid_to", "lt", R"("2026-01-01")")),
              "/filter/value must be an RFC 3339 time with an offset and at most microseconds");
    EXPECT_EQ(refusal(with("kind", "exists", "1")), "/filter/value must be true or false");
    EXPECT_EQ(refusal(with("metadata.x", "eq", "null")),
              "/filter/value must be a string, a number, true or false");
    EXPECT_EQ(refusal(with("metadata.x", "lt", "true")),
              "/filter/value must be a string or a number");
    EXPECT_EQ(refusal(with("metadata.x", "prefix", "1")), "/filter/value must be a string");
    EXPECT_NE(refusal(with("metadata.x", "eq", "[1]")), "none");
}

TEST(Parse, Limits) {
    const auto nested = [](std::size_t depth) {
        std::string json = with("kind", "exists", "true");
        for (std::size_t i = 1; i < depth; ++i) {
            json = R"({"not":)" + json + "}";
        }
        return json;
    };
    EXPECT_EQ(refusal(nested(kMaxFilterDepth)), "none");
    std::string deepest = "/filter";
    for (std::size_t i = 0; i < kMaxFilterDepth; ++i) {
        deepest += "/not";
    }
    EXPECT_EQ(refusal(nested(kMaxFilterDepth + 1)),
              deepest + " must be nested at most 16 levels deep");

    const auto wide = [](std::size_t conditions) {
        std::string json;
        for (std::size_t i = 0; i < conditions; ++i) {
            json += (i == 0 ? "" : ",") + with("kind", "exists", "true");
        }
        return R"({"or":[{"and":[)" + json + "]}]}";
    };
    EXPECT_EQ(refusal(wide(kMaxFilterConditions)), "none");
    EXPECT_EQ(refusal(wide(kMaxFilterConditions + 1)), "/filter must have at most 64 conditions");

    const auto list = [](std::size_t items) {
        std::string json;
        for (std::size_t i = 0; i < items; ++i) {
            json += (i == 0 ? "" : ",") + std::to_string(i);
        }
        return with("turn", "in", "[" + json + "]");
    };
    EXPECT_EQ(refusal(list(kMaxFilterItems)), "none");
    for (const std::size_t items : {std::size_t{0}, kMaxFilterItems + 1}) {
        EXPECT_EQ(refusal(list(items)), "/filter/value must be a list of 1 to 256 values");
    }
    EXPECT_EQ(refusal(with("turn", "in", "1")), "/filter/value must be a list of 1 to 256 values");

    const auto text = [](std::size_t bytes) {
        return with("metadata.x", "eq", "\"" + std::string(bytes, 'x') + "\"");
    };
    EXPECT_EQ(refusal(text(kMaxFilterTextBytes)), "none");
    EXPECT_EQ(refusal(text(kMaxFilterTextBytes + 1)), "/filter/value must have at most 1024 bytes");
    EXPECT_EQ(refusal(with("metadata." + std::string(247, 'x'), "eq", "1")), "none");
    EXPECT_EQ(refusal(with("metadata." + std::string(248, 'x'), "eq", "1")),
              "/filter/field must have at most 256 bytes");
}

}  // namespace
}  // namespace soma::domain
