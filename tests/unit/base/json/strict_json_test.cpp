#include "base/json/strict_json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <string>

#include "base/canonical_json.h"

namespace soma {
namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST(StrictJson, ReadsWhatRfc8259Allows) {
    for (const char* text : {"null", "true", " {} ", "[]", "\"\"", "-0", "1e3",
                             "18446744073709551615", R"({"a":{"a":1},"b":[{"a":2},{"a":3}]})",
                             R"("\u00e9\ud83d\ude00")", "\"\xf0\x9f\x98\x80\""}) {
        EXPECT_TRUE(parse_strict_json(text)) << text;
    }
    EXPECT_EQ(parse_strict_json(R"({"a":[1,-2,2.5,"x",null,false]})")->at("a").at(1), -2);
}

TEST(StrictJson, RefusesRepeatedNamesAtAnyDepth) {
    for (const char* text : {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"([{"x":{"":0,"":0}}])",
                             R"({"alg":"ES256","\u0061lg":"none"})"}) {
        EXPECT_FALSE(parse_strict_json(text)) << text;
    }
}

TEST(StrictJson, RefusesWhatIsNotOneDocument) {
    for (const char* text : {"",
                             " ",
                             "{",
                             "[1,]",
                             "{\"a\":1,}",
                             "{'a':1}",
                             "NaN",
                             "Infinity",
                             "1e999",
                             "-1e999",
                             "01",
                             "+1",
                             "// c\n1",
                             "/* c */ 1",
                             "1 2",
                             "{} x",
                             "\xef\xbb\xbf{}",
                             "\"\xff\"",
                             "\"\xc0\xaf\"",
                             "\"\xed\xa0\x80\"",
                             R"("\ud800")",
                             R"("\udc00")",
                             "\"a\nb\"",
                             "tru",
                             R"("\x41")"}) {
        EXPECT_FALSE(parse_strict_json(text)) << text;
    }
    EXPECT_FALSE(parse_strict_json(std::string("{}\0", 3)));
}

std::string reason(std::string_view text, std::size_t max_depth = 32) {
    const auto read = read_strict_json(text, max_depth);
    const auto* trouble = std::get_if<JsonTrouble>(&read);
    return trouble == nullptr ? "" : trouble->reason + " @" + std::to_string(trouble->at);
}

TEST(StrictJson, NumbersAreTheNearest) {
    ASSERT_TRUE(rc::check("printed and read back", [](std::uint64_t bits) {
        const auto number = std::bit_cast<double>(bits);
        RC_PRE(std::isfinite(number));
        const auto read = parse_strict_json("[1," + format_ecmascript_number(number) + ",2]");
        RC_ASSERT(read.has_value());
        RC_ASSERT(read->at(1).to_number<double>() == number);
        RC_ASSERT(read->at(2) == 2);
    }));
}

TEST(StrictJson, ARefusalSaysWhyAndWhere) {
    EXPECT_EQ(reason("{}"), "");
    EXPECT_EQ(reason(R"({"a":1,"text":2,"text":3})").substr(0, 21), "\"text\" is given twice");
    EXPECT_EQ(reason(R"({"a":1e400})").substr(0, 24), "a number is out of range");
    EXPECT_EQ(reason("[-1e400]").substr(0, 24), "a number is out of range");
    EXPECT_EQ(reason("{\"a\":\"\xff\"}").substr(0, 9), "not UTF-8");
    EXPECT_EQ(reason(R"({"a":1)"), "not JSON: it ends too early @6");
    EXPECT_EQ(reason(""), "not JSON: it ends too early @0");
    EXPECT_EQ(reason("{} x").substr(0, 10), "not JSON: ");
    EXPECT_EQ(reason(R"({"a":tea})").substr(0, 10), "not JSON: ");
    EXPECT_EQ(reason("[[[]]]", 2).substr(0, 31), "nested more than 2 levels deep ");
    const std::string long_name(300, 'n');
    EXPECT_LT(reason("{\"" + long_name + "\":1,\"" + long_name + "\":1}").size(), 100U);
}

TEST(StrictJson, DepthIsBounded) {
    EXPECT_TRUE(parse_strict_json(nested(32)));
    EXPECT_FALSE(parse_strict_json(nested(33)));
    EXPECT_FALSE(parse_strict_json(nested(100'000)));
    EXPECT_TRUE(parse_strict_json(nested(3), 3));
    EXPECT_FALSE(parse_strict_json(nested(4), 3));
}

TEST(StrictJson, StringsSurviveInAnySplit) {
    ASSERT_TRUE(rc::check("serialise and read back", [](const std::vector<std::uint8_t>& letters) {
        boost::json::object object;
        std::string name;
        for (const std::uint8_t letter : letters) {
            name.push_back(static_cast<char>(letter & 0x7f));
            object[name] = name;
        }
        const auto read = parse_strict_json(boost::json::serialize(object));
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == boost::json::value(object));
    }));
}

TEST(StrictJson, AnyBytesAreJudgedWithoutHarm) {
    ASSERT_TRUE(rc::check("no crash", [](const std::string& bytes) { parse_strict_json(bytes); }));
}

}  // namespace
}  // namespace soma
