#include "base/canonical_json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json.hpp>
#include <cstring>
#include <limits>

namespace soma {
namespace {

std::string canonical(std::string_view text) {
    return to_canonical_json(boost::json::parse(text));
}

double bits(std::uint64_t pattern) {
    double value = 0;
    std::memcpy(&value, &pattern, sizeof value);
    return value;
}

TEST(CanonicalJson, TheSampleOfRfc8785) {
    // Built from the compiler's numbers: Boost.JSON's own parser may be off in the last place.
    boost::json::object sample;
    sample["numbers"] = {333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001};
    sample["string"] = "\xe2\x82\xac$\x0f\nA'B\"\\\\\"/";
    sample["literals"] = {nullptr, true, false};
    EXPECT_EQ(to_canonical_json(sample),
              "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,"
              "1e-27],\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(CanonicalJson, MembersAreOrderedByUtf16) {
    // RFC 8785 §3.2.3: U+1F600 (surrogates D83D DE00) comes before U+FB33 although its UTF-8 is
    // later.
    EXPECT_EQ(canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,
                            "\u00f6":7})"),
              "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,"
              "\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

TEST(CanonicalJson, ShorterNamesComeFirst) {
    EXPECT_EQ(canonical(R"({"ab":1,"a":2,"":3,"b":4})"), R"({"":3,"a":2,"ab":1,"b":4})");
}

TEST(CanonicalJson, NumbersOfRfc8785) {
    const std::pair<std::uint64_t, const char*> cases[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
    };
    for (const auto& [pattern, text] : cases) {
        EXPECT_EQ(format_ecmascript_number(bits(pattern)), text);
    }
}

TEST(CanonicalJsonDeath, NoNumberIsNoJson) {
    EXPECT_DEATH(format_ecmascript_number(bits(0x7fffffffffffffff)), "no NaN");
    EXPECT_DEATH(format_ecmascript_number(bits(0x7ff0000000000000)), "no infinity");
}

TEST(CanonicalJson, EveryFiniteNumberReadsBack) {
    ASSERT_TRUE(rc::check("round trip", [](std::uint64_t pattern) {
        const double value = bits(pattern);
        RC_PRE(value == value && value <= std::numeric_limits<double>::max() &&
               value >= std::numeric_limits<double>::lowest());
        RC_ASSERT(std::strtod(format_ecmascript_number(value).c_str(), nullptr) == value);
    }));
}

TEST(CanonicalJson, IntegersOfAnyRepresentationAreTheSameBytes) {
    using boost::json::value;
    EXPECT_EQ(to_canonical_json(value(std::int64_t{7})), "7");
    EXPECT_EQ(to_canonical_json(value(std::uint64_t{7})), "7");
    EXPECT_EQ(to_canonical_json(value(7.0)), "7");
    EXPECT_EQ(to_canonical_json(value(std::int64_t{-9007199254740991})), "-9007199254740991");
}

TEST(CanonicalJson, ControlsAreEscapedAndNothingElse) {
    EXPECT_EQ(canonical("\"\\b\\t\\n\\f\\r\\u0001\\u001f\\u007f\\/\""),
              "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f/\"");
}

TEST(CanonicalJson, IsAFixedPoint) {
    for (const char* text : {"[]", "{}", "null", R"([1,[2,{"a":[]}]])", R"({"a":{"b":{"c":null}}})",
                             R"(["\u0000"])", "1e400"}) {
        boost::system::error_code error;
        const auto parsed = boost::json::parse(text, error);
        if (error || (parsed.is_double() && parsed.as_double() > 1e308)) continue;
        const auto once = to_canonical_json(parsed);
        EXPECT_EQ(canonical(once), once);
    }
}

}  // namespace
}  // namespace soma
