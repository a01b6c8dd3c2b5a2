#include "domain/memory/passages.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "base/unicode.h"

namespace soma::domain {
namespace {

/// A stand-in with the two properties of word pieces that matter: additive at white space, and not
/// additive inside words (a word of more than 100 code points is one piece, a shorter one takes a
/// piece for every three code points begun).
std::size_t count_pieces(std::string_view text) {
    std::size_t pieces = 0;
    std::size_t word = 0;
    const auto flush = [&] {
        pieces += word > 100 ? 1 : (word + 2) / 3;
        word = 0;
    };
    for (const auto [value, length] : CodePoints(text)) {
        if (is_whitespace(value) || is_punctuation(value) || is_cjk_ideograph(value)) flush();
        if (is_whitespace(value)) continue;
        if (is_punctuation(value) || is_cjk_ideograph(value)) {
            ++pieces;
        } else {
            ++word;
        }
    }
    flush();
    return pieces;
}

std::string words(std::size_t count, const std::string& word = "abc") {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + word;
    return text;
}

std::string at(std::string_view text, const PassageSpan& span) {
    return std::string(text.substr(span.begin, span.end - span.begin));
}

TEST(Passages, ATextThatFitsIsOnePassage) {
    EXPECT_EQ(split_passages("short", count_pieces), (std::vector<PassageSpan>{{0, 5}}));
    EXPECT_EQ(split_passages("", count_pieces), (std::vector<PassageSpan>{{0, 0}}));
    const std::string full = words(kMaxPassagePieces);
    EXPECT_EQ(split_passages(full, count_pieces).size(), 1U);
    EXPECT_EQ(split_passages(full + " abc", count_pieces).size(), 2U);
}

TEST(Passages, PrefersParagraphsToSentencesAndThoseToWords) {
    const std::string sentence = words(9) + ". ";  // 10 pieces
    std::string text;
    for (int i = 0; i < 20; ++i) text += sentence;
    const std::size_t paragraph = text.size() + 1;
    text += "\n\n";
    for (int i = 0; i < 20; ++i) text += sentence;
    const auto passages = split_passages(text, count_pieces);
    ASSERT_GE(passages.size(), 2U);
    EXPECT_EQ(passages[0].end, paragraph + 1);  // at 200 pieces, though five more sentences fit
    // The overlap: whole sentences, at most 32 pieces.
    EXPECT_EQ(passages[1].begin, passages[0].end - 2 - 3 * sentence.size());

    const std::string flat = words(400);
    const auto by_word = split_passages(flat, count_pieces);
    EXPECT_EQ(by_word[0].end, kMaxPassagePieces * 4);
    EXPECT_EQ(by_word[1].begin, (kMaxPassagePieces - kMaxOverlapPieces) * 4);
}

TEST(Passages, KnowsSentencesByTheirEndAndTheirQuotes) {
    const std::string text = words(150) + ". " + words(20) + "?\" " + words(200);
    const auto passages = split_passages(text, count_pieces);
    EXPECT_TRUE(at(text, passages[0]).ends_with("?\" "));
    const std::string lines = words(150) + "\n" + words(200);
    EXPECT_TRUE(at(lines, split_passages(lines, count_pieces)[0]).ends_with("\n"));
}

TEST(Passages, IdeographicSentencesNeedNoSpace) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += i % 20 == 19 ? "。" : "字";
    const auto passages = split_passages(text, count_pieces);
    ASSERT_EQ(passages.size(), 2U);
    EXPECT_EQ(passages[0].end, 240U * 3);
    EXPECT_EQ(passages[1].begin, 220U * 3);
}

TEST(Passages, CutsInsideAWordOnlyWhenThereIsNothingElse) {
    std::string wall;
    for (int i = 0; i < 2000; ++i) wall += "é";  // 32-point atoms of 11 pieces each, one word whole
    EXPECT_EQ(split_passages(wall, count_pieces).size(), 1U);  // over 100: one unknown piece
    std::string dotted;
    for (int i = 0; i < 2000; ++i) dotted += "é-";
    const auto passages = split_passages(dotted, count_pieces);
    EXPECT_GE(passages.size(), 15U);
    for (const auto& passage : passages) EXPECT_TRUE(valid_utf8(at(dotted, passage)));
}

TEST(Passages, WhatWasCutInsideWordsIsCountedAgainAsAWhole) {
    // Halves of 32 are cheap, the word of 64 they make is dear: their sum says nothing.
    const auto dear_when_joined = [](std::string_view text) {
        std::size_t pieces = 0;
        std::size_t word = 0;
        for (const char c : std::string(text) + " ") {
            if (c != ' ') {
                ++word;
                continue;
            }
            pieces += word > 32 ? word : std::size_t{word > 0};
            word = 0;
        }
        return pieces;
    };
    const std::string text = words(200, std::string(64, 'x'));
    for (const auto& passage : split_passages(text, dear_when_joined)) {
        EXPECT_LE(dear_when_joined(at(text, passage)), kMaxPassagePieces);
    }
}

TEST(Passages, TheNumberOfPassagesIsBounded) {
    // A counter that breaks its promise: every atom is too large by itself.
    const auto absurd = [](std::string_view text) { return text.empty() ? 0 : std::size_t{1000}; };
    const std::string text = words(5000);
    const auto passages = split_passages(text, absurd);
    EXPECT_EQ(passages.size(), kMaxPassages);
    EXPECT_EQ(passages.back().end, text.size());
}

TEST(Passages, TheWorstLegalTextStaysFarBelowTheBound) {
    std::size_t calls = 0;
    std::size_t bytes = 0;
    const auto counted = [&](std::string_view part) {
        ++calls;
        bytes += part.size();
        return count_pieces(part);
    };
    const std::string signs(32768, '!');  // a piece a byte, nowhere to cut well
    const auto passages = split_passages(signs, counted);
    EXPECT_LE(passages.size(), 345U);
    EXPECT_LE(bytes, 8 * signs.size());  // linear work: each stretch is counted a few times
    EXPECT_LE(calls, signs.size() / 8);
}

/// Texts that mix all kinds of breaks, long enough to need several passages.
rc::Gen<std::string> long_text() {
    const auto part = rc::gen::element<std::string>(
        "word ", "another ", "Ende. ", "wirklich?\n", "\n\n", "字", "。", "e\u0301", "-", "   ",
        std::string(40, 'x'), std::string(120, 'y'), "👍", "!!!!!!!!!!!!!!!!", "\t");
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(600, part),
                        [](const std::vector<std::string>& parts) {
                            std::string text;
                            for (const std::string& each : parts) text += each;
                            return text;
                        });
}

TEST(Passages, CoverTheTextInOrderWithinTheLimit) {
    ASSERT_TRUE(rc::check("coverage, order, size, whole characters", [] {
        const std::string text = *long_text();
        const auto passages = split_passages(text, count_pieces);
        RC_ASSERT(passages.front().begin == 0U);
        RC_ASSERT(passages.back().end == text.size());
        for (std::size_t i = 0; i < passages.size(); ++i) {
            RC_ASSERT(passages[i].begin < passages[i].end);
            RC_ASSERT(count_pieces(at(text, passages[i])) <= kMaxPassagePieces);
            RC_ASSERT(valid_utf8(at(text, passages[i])));
            if (i == 0) continue;
            RC_ASSERT(passages[i].begin <= passages[i - 1].end);
            RC_ASSERT(passages[i].begin > passages[i - 1].begin);
            RC_ASSERT(passages[i].end > passages[i - 1].end);
        }
        RC_ASSERT(split_passages(text, count_pieces) == passages);
    }));
}

}  // namespace
}  // namespace soma::domain
