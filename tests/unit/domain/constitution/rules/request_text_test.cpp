#include "domain/constitution/rules/request_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <boost/json/object.hpp>

#include <algorithm>

#include "base/canonical_json.h"

namespace soma::domain {
namespace {

const std::string kKey = "AKIA" + std::string(16, 'A');
const TextClasses kEverything{TextClass::secret_key,      TextClass::secret_token,
                              TextClass::secret_password, TextClass::pii_email,
                              TextClass::pii_card,        TextClass::pii_iban,
                              TextClass::pii_phone};

std::optional<std::string> blotted(Reading reading, std::string_view text,
                                   TextClasses classes = kEverything) {
    return blot_out({reading, text}, classes);
}

std::optional<double> bytes_of(const RequestFacts& facts) {
    return facts.amounts[static_cast<std::size_t>(Amount::text_bytes)];
}

TEST(RequestText, FactsAreGatheredFromAllTexts) {
    const std::string object = R"({"mail":"a@example.com"})";
    const RequestText texts[] = {{Reading::words, "tea"},
                                 {Reading::tag, "red"},
                                 {Reading::tag, kKey},
                                 {Reading::object, object},
                                 {Reading::name, "+49 30 1234567"}};
    std::vector<std::string_view> tags{"of an earlier request"};
    const RequestFacts facts =
        facts_with({.endpoint = Endpoint::evaluate, .roles = {Role::agent}}, texts, tags);
    EXPECT_EQ(facts.endpoint, Endpoint::evaluate);
    EXPECT_EQ(facts.classes,
              (TextClasses{TextClass::secret_token, TextClass::pii_email, TextClass::pii_phone}));
    EXPECT_EQ(tags, (std::vector<std::string_view>{"red", kKey}));
    EXPECT_TRUE(std::equal(facts.tags.begin(), facts.tags.end(), tags.begin(), tags.end()));
    EXPECT_EQ(bytes_of(facts), static_cast<double>(object.size()));
}

TEST(RequestText, ARequestWithoutTextsHasNoneOfTheirFacts) {
    std::vector<std::string_view> tags;
    const RequestFacts facts = facts_with({}, {}, tags);
    EXPECT_TRUE(facts.classes.empty());
    EXPECT_TRUE(facts.tags.empty());
    EXPECT_EQ(bytes_of(facts), std::nullopt);
}

TEST(RequestText, WordsAndTagsAreBlottedOut) {
    EXPECT_EQ(blotted(Reading::words, "write to a@example.com"), "write to [pii.email]");
    EXPECT_EQ(blotted(Reading::tag, "a@example.com"), "[pii.email]");
    EXPECT_EQ(blotted(Reading::words, "tea at five"), "tea at five");
    EXPECT_EQ(blotted(Reading::words, "a@example.com " + kKey, {TextClass::secret_token}),
              "a@example.com [secret.token]");
}

TEST(RequestText, ANameIsLeftOrRefused) {
    EXPECT_EQ(blotted(Reading::name, "ann"), "ann");
    EXPECT_EQ(blotted(Reading::name, "a@example.com", {TextClass::pii_card}), "a@example.com");
    EXPECT_EQ(blotted(Reading::name, "a@example.com"), std::nullopt);
}

TEST(RequestText, AnObjectsStringsAreWordsHoweverDeep) {
    EXPECT_EQ(
        blotted(Reading::object, R"({"a":[{"b":"to a@example.com","c":1}],"d":true,"e":null})"),
        R"({"a":[{"b":"to [pii.email]","c":1}],"d":true,"e":null})");
    EXPECT_EQ(blotted(Reading::object, "{}"), "{}");
    // What JSON escapes is no part of the text.
    EXPECT_EQ(blotted(Reading::object, R"({"a":"x\na@example.com"})"), R"({"a":"x\n[pii.email]"})");
}

TEST(RequestText, AMembersNameMaySayWhatItsValueIs) {
    EXPECT_EQ(classify({Reading::object, R"({"password":"hunter22"})"}),
              TextClasses{TextClass::secret_password});
    EXPECT_EQ(blotted(Reading::object, R"({"password":["hunter22"]})"),
              R"({"password":["[secret.password]"]})");
    EXPECT_TRUE(classify({Reading::object, R"({"password":{"length":8}})"}).empty());
}

TEST(RequestText, NamesAndNumbersOfAnObjectCannotBeBlottedOut) {
    EXPECT_EQ(blotted(Reading::object, R"({"a@example.com":"x"})"), std::nullopt);
    EXPECT_EQ(blotted(Reading::object, R"({"a@example.com":{}})"), std::nullopt);
    EXPECT_EQ(blotted(Reading::object, R"({"n":4111111111111111})"), std::nullopt);
    EXPECT_EQ(blotted(Reading::object, R"({"n":4111111111111112})"), R"({"n":4111111111111112})");
}

// Whatever is put together of pieces that are found: what comes back holds none of it, and a second
// time changes nothing.
std::string some_text() {
    const std::string pieces[] = {
        "a@example.com",  kKey, "4111 1111 1111 1111", "password: ", "hunter22", "tea",
        "+49 30 1234567", " ",  "[pii.email]",         "ä@b.de",     "\"",       ": "};
    std::string text;
    for (int count = *rc::gen::inRange(0, 6); count > 0; --count) {
        text += pieces[*rc::gen::inRange<std::size_t>(0, std::size(pieces))];
    }
    return text;
}

TEST(RequestText, WhatIsReturnedHoldsNothingOfIt) {
    EXPECT_TRUE(rc::check([] {
        TextClasses classes;
        for (std::size_t i = 0; i < kTextClassCount; ++i) {
            if (*rc::gen::arbitrary<bool>()) {
                classes.add(static_cast<TextClass>(i));
            }
        }
        const bool is_object = *rc::gen::arbitrary<bool>();
        const Reading reading = is_object ? Reading::object : Reading::words;
        const std::string text =
            is_object ? to_canonical_json(boost::json::object{{some_text(), some_text()}})
                      : some_text();
        const auto out = blotted(reading, text, classes);
        RC_ASSERT(is_object || out.has_value());
        if (out) {
            RC_ASSERT(!classify({reading, *out}).intersects(classes));
            RC_ASSERT(blotted(reading, *out, classes) == *out);
        }
    }));
}

}  // namespace
}  // namespace soma::domain
