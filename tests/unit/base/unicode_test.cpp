#include "base/unicode.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace soma {
namespace {

/// Any text of scalar values, each length of sequence equally likely.
rc::Gen<std::string> arbitrary_text() {
    const auto scalar =
        rc::gen::map(rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(1, 0x80),
                                    rc::gen::inRange<std::uint32_t>(0x80, 0x800),
                                    rc::gen::inRange<std::uint32_t>(0x800, 0xD800),
                                    rc::gen::inRange<std::uint32_t>(0xE000, 0x10000),
                                    rc::gen::inRange<std::uint32_t>(0x10000, 0x110000)),
                     [](std::uint32_t value) { return static_cast<char32_t>(value); });
    return rc::gen::map(rc::gen::container<std::vector<char32_t>>(scalar),
                        [](const std::vector<char32_t>& code_points) {
                            std::string text;
                            for (const char32_t value : code_points) append_utf8(text, value);
                            return text;
                        });
}

TEST(Unicode, AcceptsEveryLengthOfSequence) {
    EXPECT_TRUE(valid_utf8(""));
    EXPECT_TRUE(valid_utf8("plain ascii, longer than one eight-byte step"));
    EXPECT_TRUE(valid_utf8("\x7f \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf"));
    EXPECT_TRUE(valid_utf8("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
    EXPECT_TRUE(valid_utf8(std::string_view("\0", 1)));
}

TEST(Unicode, RefusesWhatRfc3629Forbids) {
    const std::vector<std::string_view> bad = {
        "\x80",              // a continuation alone
        "abcdefgh\xff",      // never a byte of UTF-8
        "\xc0\x80",          // overlong U+0000
        "\xc1\xbf",          // overlong U+007F
        "\xe0\x9f\xbf",      // overlong U+07FF
        "\xf0\x8f\xbf\xbf",  // overlong U+FFFF
        "\xed\xa0\x80",      // U+D800
        "\xed\xbf\xbf",      // U+DFFF
        "\xf4\x90\x80\x80",  // U+110000
        "\xf5\x80\x80\x80",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "a\xc3(",
        "\xe2(\xa1",
    };
    for (const std::string_view text : bad)
        EXPECT_FALSE(valid_utf8(text)) << testing::PrintToString(text);
}

TEST(Unicode, FindsNul) {
    EXPECT_TRUE(contains_nul(std::string_view("a\0b", 3)));
    EXPECT_FALSE(contains_nul("a0b"));
}

TEST(Unicode, EncodingAndDecodingAreInverse) {
    ASSERT_TRUE(rc::check("decode(encode(x)) == x, in both directions", [] {
        const std::string text = *arbitrary_text();
        RC_ASSERT(valid_utf8(text));
        std::string again;
        std::size_t count = 0;
        for (const auto [value, length] : CodePoints(text)) {
            append_utf8(again, value);
            ++count;
        }
        RC_ASSERT(again == text);
        RC_ASSERT(count_code_points(text) == count);
        std::size_t backwards = 0;
        for (std::size_t at = text.size(); at > 0; ++backwards) {
            const CodePoint last = decode_before(text, at);
            at -= last.length;
            RC_ASSERT(decode_at(text, at).value == last.value);
        }
        RC_ASSERT(backwards == count);
    }));
}

TEST(Unicode, DecodingStaysInsideBrokenText) {
    ASSERT_TRUE(rc::check("any bytes are walked to their end", [] {
        const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        std::size_t seen = 0;
        for (const auto [value, length] : CodePoints(bytes)) {
            RC_ASSERT(length >= 1);
            seen += length;
        }
        RC_ASSERT(seen == bytes.size());
        (void)strip_accents(bytes);
        (void)fold_case(bytes);
    }));
}

TEST(Unicode, FloorBoundaryNeverSplitsASequence) {
    EXPECT_EQ(floor_boundary("a\xe2\x82\xac", 0), 0U);
    EXPECT_EQ(floor_boundary("a\xe2\x82\xac", 1), 1U);
    EXPECT_EQ(floor_boundary("a\xe2\x82\xac", 2), 1U);
    EXPECT_EQ(floor_boundary("a\xe2\x82\xac", 3), 1U);
    EXPECT_EQ(floor_boundary("a\xe2\x82\xac", 4), 4U);
    EXPECT_EQ(floor_boundary("a\xe2\x82\xac", 9), 4U);
    ASSERT_TRUE(rc::check("the cut is a boundary at most three bytes back", [] {
        const std::string text = *arbitrary_text();
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
        const std::size_t cut = floor_boundary(text, at);
        RC_ASSERT(cut <= at);
        RC_ASSERT(at - cut <= 3U);
        RC_ASSERT(valid_utf8(text.substr(0, cut)));
    }));
}

TEST(Unicode, Classes) {
    EXPECT_TRUE(is_letter(U'a') && is_letter(U'Z') && is_letter(U'é') && is_letter(U'日'));
    EXPECT_FALSE(is_letter(U'@') || is_letter(U'[') || is_letter(U'`') || is_letter(U'{'));
    EXPECT_TRUE(is_digit(U'7') && is_digit(U'٣'));
    EXPECT_FALSE(is_digit(U'½') || is_digit(U'a') || is_digit(U'/') || is_digit(U':'));
    EXPECT_TRUE(is_mark(U'\u0301') && is_nonspacing_mark(U'\u0301'));
    EXPECT_TRUE(is_mark(U'\u0903') && !is_nonspacing_mark(U'\u0903'));  // a spacing vowel sign
    EXPECT_TRUE(is_whitespace(U' ') && is_whitespace(U'\v') && is_whitespace(U'\u0085') &&
                is_whitespace(U'\u00a0') && is_whitespace(U'\u2028') && is_whitespace(U'\u3000'));
    EXPECT_FALSE(is_whitespace(U'\u200b') || is_whitespace(U'\u180e') || is_whitespace(U'x'));
    EXPECT_TRUE(is_control(U'\x7f') && is_control(U'\u200b') && is_control(U'\ue000'));
    for (const char32_t code_point : {0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029}) {
        EXPECT_TRUE(is_line_break(code_point)) << static_cast<std::uint32_t>(code_point);
    }
    EXPECT_FALSE(is_line_break(U'\t') || is_line_break(U' ') || is_line_break(0x2027));
    EXPECT_FALSE(is_control(U'\t') || is_control(U'\n') || is_control(U'\r') || is_control(U' '));
    EXPECT_TRUE(is_punctuation(U'$') && is_punctuation(U'~') && is_punctuation(U'¿') &&
                is_punctuation(U'—'));
    EXPECT_FALSE(is_punctuation(U'€') || is_punctuation(U' ') || is_punctuation(U'0'));
    EXPECT_TRUE(is_cjk_ideograph(U'日') && is_cjk_ideograph(U'\U00020000'));
    EXPECT_FALSE(is_cjk_ideograph(U'あ') || is_cjk_ideograph(U'한') || is_cjk_ideograph(U'a'));
    EXPECT_TRUE(is_word_character(U'\u0301') && is_word_character(U'x') && is_word_character(U'٣'));
    EXPECT_FALSE(is_word_character(U'_') || is_word_character(U'-') || is_word_character(U' '));
}

TEST(Unicode, CaseAndAccents) {
    EXPECT_EQ(to_lower(U'A'), U'a');
    EXPECT_EQ(to_lower(U'É'), U'é');
    EXPECT_EQ(to_lower(U'['), U'[');
    EXPECT_EQ(fold_case("Straße ΣΊΣΥΦΟΣ"), fold_case("STRASSE σίσυφος"));
    EXPECT_EQ(fold_case("Hello, WORLD 42"), "hello, world 42");
    EXPECT_EQ(strip_accents("Čapek, naïve, Việt"), "Capek, naive, Viet");
    EXPECT_EQ(strip_accents("plain"), "plain");
    EXPECT_EQ(strip_accents("\u0301"), "");
    EXPECT_EQ(strip_accents("가"), "\u1100\u1161");  // Hangul decomposes to its letters
}

TEST(Unicode, StrippedMarksStillSeparateRuns) {
    // Two spacing marks in the wrong canonical order (224 before 216) are reordered when adjacent,
    // but not across the nonspacing starter U+034F, though that one is dropped.
    const std::string high = "\u302e";
    const std::string low = "\U0001d165";
    EXPECT_EQ(strip_accents("a" + high + low), "a" + low + high);
    EXPECT_EQ(strip_accents("a" + high + "\u034f" + low), "a" + high + low);
}

TEST(Unicode, StrippingIsIdempotent) {
    ASSERT_TRUE(rc::check("strip(strip(x)) == strip(x)", [] {
        const std::string once = strip_accents(*arbitrary_text());
        RC_ASSERT(valid_utf8(once));
        RC_ASSERT(strip_accents(once) == once);
    }));
}

TEST(Unicode, WholeWordsOnly) {
    EXPECT_EQ(find_whole_word("Did Ann meet Anna?", "Ann"), 4U);
    EXPECT_EQ(find_whole_word("Did Anna meet Ann?", "Ann"), 14U);
    EXPECT_EQ(find_whole_word("Did Anna go?", "Ann"), std::nullopt);
    EXPECT_EQ(find_whole_word("did ann go?", "Ann"), std::nullopt);
    EXPECT_EQ(find_whole_word("JoAnn", "Ann"), std::nullopt);
    EXPECT_EQ(find_whole_word("Ann's", "Ann"), 0U);
    EXPECT_EQ(find_whole_word("Ann and Ann", "Ann", 1), 8U);
    EXPECT_EQ(find_whole_word("Annä", "Ann"), std::nullopt);
    EXPECT_EQ(find_whole_word("äAnn", "Ann"), std::nullopt);
    EXPECT_EQ(find_whole_word("Ann\u0308", "Ann"), std::nullopt);
    EXPECT_EQ(find_whole_word("(Zoë)", "Zoë"), 1U);
    EXPECT_EQ(find_whole_word("Mary Ann Lee", "Mary Ann"), 0U);
    EXPECT_EQ(find_whole_word("anything", ""), std::nullopt);
}

}  // namespace
}  // namespace soma
