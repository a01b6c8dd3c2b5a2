#include "domain/constitution/document/reader.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"

namespace soma::domain {
namespace {

/// "<pointer> <message>" of what `ask` throws about `json`, or "fine".
template <typename Ask>
std::string answer(const std::string& json, Ask ask) {
    const auto value = boost::json::parse(json);
    try {
        ask(Reader(value));
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.field() + " " + error.public_message();
    }
    return "fine";
}

std::string members(const std::string& json) {
    return answer(json, [](const Reader& reader) { reader.expect_members({"a"}, {"b"}); });
}

TEST(Reader, ObjectsHaveTheirMembersAndNoOther) {
    EXPECT_EQ(members(R"({"a":1})"), "fine");
    EXPECT_EQ(members(R"({"a":1,"b":1})"), "fine");
    EXPECT_EQ(members(R"({"b":1})"), "/a is required");
    EXPECT_EQ(members(R"({"a":1,"c":1})"), "/c is no field of a constitution here");
    EXPECT_EQ(members("[]"), " must be an object");
}

TEST(Reader, PointersAreEscapedAndCut) {
    EXPECT_EQ(members(R"({"a":1,"x/y~z":1})"), "/x~1y~0z is no field of a constitution here");
    const std::string euros = "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";
    const std::string name = std::string(60, 'n') + euros;
    EXPECT_EQ(members(R"({"a":1,")" + name + R"(":1})"),
              "/" + name.substr(0, 63) + " is no field of a constitution here");
}

TEST(Reader, ListsHaveABound) {
    const auto ask = [](const Reader& reader) { reader.items(1, 2); };
    EXPECT_EQ(answer("[1]", ask), "fine");
    EXPECT_EQ(answer("[1,2]", ask), "fine");
    EXPECT_EQ(answer("[]", ask), " must be a list of 1 to 2 items");
    EXPECT_EQ(answer("[1,2,3]", ask), " must be a list of 1 to 2 items");
    EXPECT_EQ(answer("{}", ask), " must be a list of 1 to 2 items");
}

TEST(Reader, ItemsKnowWhereTheyStand) {
    EXPECT_EQ(
        answer(R"({"a":[0,{"b":"x"}]})",
               [](const Reader& reader) { reader.at("a").items(0, 9)[1].at("b").integer(0, 1); }),
        "/a/1/b must be an integer from 0 to 1");
}

std::string text(const std::string& json) {
    return answer(json, [](const Reader& reader) { reader.text(8); });
}

TEST(Reader, TextIsBoundedAndShowsWhatItIs) {
    EXPECT_EQ(text(R"("12345678")"), "fine");
    EXPECT_EQ(text(R"("a\n\tb")"), "fine");
    EXPECT_EQ(text("\"\xf0\x9f\x98\x80\""), "fine");
    EXPECT_EQ(text(R"("123456789")"), " must have 1 to 8 bytes");
    EXPECT_EQ(text(R"("")"), " must have 1 to 8 bytes");
    EXPECT_EQ(text("1"), " must be a text");
    const std::string controls =
        " must have no control character and no mark that turns the direction of writing";
    for (const char* json : {R"("a\u0000")", R"("\u001f")", R"("\r")", R"("\u007f")", R"("\u0085")",
                             R"("\u202e")", R"("\u2066")", R"("\u200f")", R"("\u061c")"}) {
        EXPECT_EQ(text(json), controls) << json;
    }
}

TEST(Reader, NamesAreOfASmallAlphabet) {
    const auto ask = [](const Reader& reader) { reader.name(); };
    for (const std::string name : {"a", "0", "a.b_c-9",
                                   "0123456789012345678901234567890123456789"
                                   "012345678901234567890123"}) {
        EXPECT_EQ(answer('"' + name + '"', ask), "fine") << name;
    }
    for (const std::string name : {"", "A", ".a", "-a", "_a", "a b", "\xc3\xa4",
                                   "01234567890123456789012345678901234567890123456789012345678901"
                                   "234"}) {
        EXPECT_NE(answer('"' + name + '"', ask), "fine") << name;
    }
}

TEST(Reader, IntegersAreWrittenAsIntegers) {
    const auto ask = [](const Reader& reader) { reader.integer(1, 9'007'199'254'740'991); };
    EXPECT_EQ(answer("1", ask), "fine");
    EXPECT_EQ(answer("9007199254740991", ask), "fine");
    for (const char* json : {"1.0", "1e0", "10E-1"}) {
        EXPECT_EQ(answer(json, ask), " must be an integer written without point and exponent");
    }
    for (const char* json :
         {"0", "-1", "9007199254740992", "18446744073709551615", "\"1\"", "null", "true"}) {
        EXPECT_EQ(answer(json, ask), " must be an integer from 1 to 9007199254740991") << json;
    }
}

TEST(Reader, NumbersAreBetweenTheirLimits) {
    const auto ask = [](const Reader& reader) { reader.number(-1, 2.5); };
    for (const char* json : {"-1", "2.5", "0", "1e-300", "-0.0"}) {
        EXPECT_EQ(answer(json, ask), "fine") << json;
    }
    for (const char* json : {"-1.0000001", "2.6", "1e300", "\"1\"", "null", "[]"}) {
        EXPECT_EQ(answer(json, ask), " must be a number from -1 to 2.5") << json;
    }
}

TEST(Reader, TimesAndBytes) {
    const auto time = [](const Reader& reader) { reader.time(); };
    EXPECT_EQ(answer(R"("2026-01-01T00:00:00Z")", time), "fine");
    EXPECT_NE(answer(R"("2026-01-01")", time), "fine");
    EXPECT_NE(answer(R"("2026-01-01T00:00:00.1234567Z")", time), "fine");
    const auto base64 = [](const Reader& reader) { reader.base64(2); };
    EXPECT_EQ(answer(R"("AAE=")", base64), "fine");
    for (const char* json : {R"("AAE")", R"("AAF=")", R"("AA==")", R"("AAAA")", R"("--E=")"}) {
        EXPECT_EQ(answer(json, base64), " must be 2 bytes in base64") << json;
    }
    const auto hex = [](const Reader& reader) { reader.hex(2); };
    EXPECT_EQ(answer(R"("00fa")", hex), "fine");
    for (const char* json : {R"("00FA")", R"("00f")", R"("00")", R"("00fafa")", R"("00fg")"}) {
        EXPECT_EQ(answer(json, hex), " must be 2 bytes in lower-case hexadecimal") << json;
    }
}

}  // namespace
}  // namespace soma::domain
