#include "base/sensitive/classify.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/unicode.h"

namespace soma {
namespace {

struct Example {
    TextClass text_class;
    std::string text;  ///< what is between « and » is the span
};

std::vector<Example> examples() {
    const std::string tail(36, 'a');
    return {
        {TextClass::pii_email, "write to «ada.l+x@mail.example.org»."},
        {TextClass::pii_email, "«a@b.io»"},
        {TextClass::pii_email, "(«first_last@sub-domain.example.com»)"},
        {TextClass::pii_card, "card «4111 1111 1111 1111» 12/27"},
        {TextClass::pii_card, "«5555-5555-5555-4444»,"},
        {TextClass::pii_card, "amex «378282246310005»"},
        {TextClass::pii_card, "«4111.1111.1111.1111»"},
        {TextClass::pii_iban, "IBAN «DE89 3704 0044 0532 0130 00» please"},
        {TextClass::pii_iban, "«GB82WEST12345698765432»"},
        {TextClass::pii_phone, "call «+49 30 901820» now"},
        {TextClass::pii_phone, "«+1 (555) 010-9999»"},
        {TextClass::pii_phone, "«(555) 210-9999» or later"},
        {TextClass::pii_phone, "fax «555-210-9999»."},
        {TextClass::pii_phone, "«555.210.9999»"},
        {TextClass::pii_national_id, "SSN «219-09-9999»,"},
        {TextClass::pii_national_id, "CPF «529.982.247-25»"},
        {TextClass::pii_national_id, "«RSSMRA85T10A562S»"},
        {TextClass::secret_token, "«sk_live_" + tail + "»"},
        {TextClass::secret_token, "«hf_" + tail + "»"},
        {TextClass::secret_token, "key=«AKIAABCDEFGHIJKLMNOP»"},
        {TextClass::secret_token, "«ghp_" + tail + "»"},
        {TextClass::secret_token, "Bearer «eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl»"},
        {TextClass::secret_token, "\"«sk-" + tail + "»\""},
        {TextClass::secret_password, "Password: «hunter2!»"},
        {TextClass::secret_password, "db_url user=x pwd=«s3cr3t» host=y"},
        {TextClass::secret_password, "{\"password\": «\"p4ss\"}»"},
        {TextClass::secret_key,
         "«-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----»\nrest"},
        {TextClass::secret_key, "x «-----BEGIN OPENSSH PRIVATE KEY-----\ncut off»"},
    };
}

/// The text without its marks; where they stood.
std::string unmarked(const std::string& text, std::size_t& begin, std::size_t& end) {
    begin = text.find("\xc2\xab");
    end = text.find("\xc2\xbb") - 2;
    std::string out = text;
    out.erase(end + 2, 2);
    out.erase(begin, 2);
    return out;
}

TEST(Classify, FindsEachFormWhereItIs) {
    for (const Example& example : examples()) {
        std::size_t begin = 0;
        std::size_t end = 0;
        const std::string text = unmarked(example.text, begin, end);
        EXPECT_EQ(classify_spans(text),
                  (std::vector<ClassifiedSpan>{{begin, end, example.text_class}}))
            << text;
    }
}

TEST(Classify, AlsoBetweenOtherWords) {
    for (const Example& example : examples()) {
        std::size_t begin = 0;
        std::size_t end = 0;
        const std::string text = unmarked(example.text, begin, end);
        EXPECT_EQ(classify_text("\xc3\x9c"
                                "ber: " +
                                text + "\nand so on."),
                  (TextClasses{example.text_class}))
            << text;
    }
}

TEST(Classify, LeavesOrdinaryTextAlone) {
    for (const std::string text : {"",
                                   "The password is required.",
                                   "Ask for a password: ab",
                                   "user@host",
                                   "@ada",
                                   "a@b.c",
                                   "4111 1111 1111 1112",
                                   "1234567890123456",
                                   "order 41111111111111111111111",
                                   "DE88 3704 0044 0532 0130 00",
                                   "+12 34",
                                   "2 + 300000000",
                                   "2026-01-01T00:00:00.000000Z",
                                   "00000000-0000-7000-8000-000000000001",
                                   "-----BEGIN PUBLIC KEY-----\nMC4\n-----END",
                                   "AKIA",
                                   "eyJhbGciOi.only.two",
                                   "risk-averse people",
                                   "x4111111111111111",
                                   "155-210-9999",
                                   "555-110-9999",
                                   "1555-210-9999",
                                   "219-09-99991",
                                   "x219-09-9999",
                                   "000-09-9999",
                                   "The ratio was 3.14159265358979 in 2024."}) {
        EXPECT_EQ(classify_spans(text).size(), 0U) << text;
    }
}

TEST(Classify, SeveralAtOnce) {
    EXPECT_EQ(classify_text("mail a@b.io, phone +49 30 901820, card 4111111111111111"),
              (TextClasses{TextClass::pii_email, TextClass::pii_phone, TextClass::pii_card}));
}

TEST(Redact, BlotsOutTheClassesAskedForAndNoOther) {
    const std::string text = "mail a@b.io, or c@d.io; phone +49 30 901820!";
    EXPECT_EQ(redact_text(text, {TextClass::pii_email}),
              "mail [pii.email], or [pii.email]; phone +49 30 901820!");
    EXPECT_EQ(redact_text(text, {TextClass::pii_email, TextClass::pii_phone}),
              "mail [pii.email], or [pii.email]; phone [pii.phone]!");
    EXPECT_EQ(redact_text(text, {}), text);
    EXPECT_EQ(redact_text("pwd=a@b.io x", {TextClass::pii_email, TextClass::secret_password}),
              "pwd=[secret.password] x");
}

TEST(Redact, IsDoneOnce) {
    for (const Example& example : examples()) {
        std::size_t begin = 0;
        std::size_t end = 0;
        const std::string text = unmarked(example.text, begin, end);
        const std::string once = redact_text(text, kAllTextClasses);
        EXPECT_NE(once, text);
        EXPECT_EQ(redact_text(once, kAllTextClasses), once);
    }
}

TEST(Classify, AnyBytesAreWalkedToTheirEnd) {
    ASSERT_TRUE(rc::check("spans lie within the text, in order", [] {
        const auto text = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string("a1@.+- 4:=\"eyJDE89-----BEGIN PRIVATE KEY\xc3\xa9")));
        std::size_t begin = 0;
        for (const ClassifiedSpan& span : classify_spans(text)) {
            RC_ASSERT(span.begin >= begin);
            RC_ASSERT(span.begin < span.end);
            RC_ASSERT(span.end <= text.size());
            begin = span.begin;
        }
    }));
}

TEST(Classify, WhatABlotUncoversIsBlottedOutToo) {
    const std::string touching = "+49 30 1234567AKIA" + std::string(16, 'A');
    const TextClasses both{TextClass::pii_phone, TextClass::secret_token};
    EXPECT_EQ(redact_text(touching, both), "[pii.phone][secret.token]");
}

TEST(Classify, LongTextsOfOneKindEndSoon) {
    // Quadratic searches would not end here within the suite's patience.
    for (const char c : {'4', '@', '+', 'a', '-', ' ', 'D', '.'}) {
        EXPECT_LE(classify_spans(std::string(1 << 20, c)).size(), 1U << 20);
    }
    std::string armour;
    for (int i = 0; i < 20'000; ++i) armour += "-----BEGIN ";
    EXPECT_TRUE(classify_spans(armour).empty());
}

}  // namespace
}  // namespace soma
