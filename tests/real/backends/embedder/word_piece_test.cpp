#include "backends/embedder/minilm/word_piece.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unicode.h"
#include "support/oracle/oracle.h"

namespace soma::backends {
namespace {

using Ids = std::vector<WordPiece::Id>;
constexpr std::size_t kNoLimit = 1U << 20;

const WordPiece& tokenizer() {
    static const WordPiece pieces(test::read_file(test::model_directory() / "vocab.txt"));
    return pieces;
}

/// The texts whose ids differ from the oracle's.
std::vector<std::string> differing(const std::vector<std::string>& texts) {
    std::istringstream answer(test::ask_oracle("tokens", texts));
    std::vector<std::string> out;
    std::string line;
    for (const std::string& text : texts) {
        std::getline(answer, line);
        std::string ours;
        for (const auto id : tokenizer().encode(text, kNoLimit)) {
            if (!ours.empty()) ours += ' ';
            ours += std::to_string(id);
        }
        if (ours != line) out.push_back(text);
    }
    return out;
}

TEST(WordPiece, EqualsTheOracleOnRealText) {
    auto texts = test::handbook_paragraphs(400);
    ASSERT_GE(texts.size(), 50U);
    const auto turns = test::locomo_turns();  // of the file that SOMABRAIN_LOCOMO names, if any
    texts.insert(texts.end(), turns.begin(), turns.end());
    EXPECT_EQ(differing(texts), std::vector<std::string>{});
    std::cout << texts.size() << " texts, of them " << turns.size()
              << " LoCoMo turns: token ids equal to the oracle's\n";
}

/// Blocks whose characters were all assigned before either side's Unicode tables were made.
struct Block {
    char32_t first;
    char32_t last;
};
const std::vector<Block> kOldBlocks = {
    {0x1, 0x52F},       {0x5D0, 0x5EA},     {0x621, 0x660},    {0x904, 0x939},   {0x1E00, 0x1FFF},
    {0x2000, 0x2064},   {0x20A0, 0x20BE},   {0x2100, 0x23CF},  {0x2500, 0x27BF}, {0x3000, 0x30FF},
    {0x3400, 0x4DB5},   {0x4E00, 0x9FD5},   {0xAC00, 0xD7A3},  {0xF900, 0xFAD9}, {0xFF01, 0xFFEE},
    {0x1D100, 0x1D1DD}, {0x1F300, 0x1F6C5}, {0x20000, 0x2A6D6}};

TEST(WordPiece, EqualsTheOracleOnGeneratedUnicode) {
    std::mt19937 random(7);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    std::vector<std::string> texts;
    for (int i = 0; i < 5000; ++i) {
        std::string text;
        const Block& mostly = kOldBlocks[below(kOldBlocks.size())];
        for (std::size_t length = below(80); length > 0; --length) {
            const Block& block = below(5) == 0 ? kOldBlocks[below(kOldBlocks.size())] : mostly;
            const auto value =
                block.first + static_cast<char32_t>(below(block.last - block.first + 1));
            append_utf8(text, value);
            if (below(6) == 0) text += ' ';
        }
        texts.push_back(text);
    }
    EXPECT_EQ(differing(texts), std::vector<std::string>{});
}

TEST(WordPiece, DiffersOnlyWhereUnicodeVersionsDo) {
    std::vector<std::string> texts;
    for (char32_t value = 1; value < 0x10000; ++value) {
        if (value >= 0xD800 && value <= 0xDFFF) continue;
        std::string text = "ab";
        append_utf8(text, value);
        texts.push_back(text + "c");
    }
    const auto found = differing(texts);
    // Characters assigned since, nearly all of them marks and signs of rare scripts.
    EXPECT_LE(found.size(), 300U);
    for (const std::string& text : found) {
        const char32_t value = decode_at(text, 2).value;
        const bool old = std::any_of(kOldBlocks.begin(), kOldBlocks.end(), [&](const Block& block) {
            return value >= block.first && value <= block.last;
        });
        EXPECT_FALSE(old) << std::hex << static_cast<std::uint32_t>(value);
    }
}

TEST(WordPiece, KnownAnswers) {
    EXPECT_EQ(tokenizer().vocabulary_size(), 30522U);
    EXPECT_EQ(tokenizer().encode("", 256), (Ids{101, 102}));
    EXPECT_EQ(tokenizer().encode("Hello, wörld!", 256), (Ids{101, 7592, 1010, 2088, 999, 102}));
    EXPECT_EQ(tokenizer().encode(std::string(101, 'a'), 256), (Ids{101, 100, 102}));
    EXPECT_GT(tokenizer().count(std::string(100, 'a')), 1U);
}

TEST(WordPiece, TextCannotForgeSpecialPieces) {
    for (const char* text : {"[SEP]", "[CLS] [MASK]", "[PAD]"}) {
        const Ids ids = tokenizer().encode(text, 256);
        const Ids inner(ids.begin() + 1, ids.end() - 1);
        for (const WordPiece::Id special : {0, 100, 101, 102, 103}) {
            EXPECT_EQ(std::count(inner.begin(), inner.end(), special), 0) << text;
        }
    }
}

TEST(WordPiece, CutsBeforeTheSeparator) {
    const std::string text = "one two three four five";
    const Ids whole = tokenizer().encode(text, 256);
    ASSERT_EQ(whole.size(), 7U);
    Ids cut = tokenizer().encode(text, 4);
    EXPECT_EQ(cut, (Ids{101, whole[1], whole[2], 102}));
    EXPECT_EQ(tokenizer().encode(text, 2), (Ids{101, 102}));
    EXPECT_EQ(tokenizer().encode(text, 7), whole);
    EXPECT_EQ(tokenizer().count(text), 5U);
}

TEST(WordPiece, RefusesAVocabularyThatCannotWork) {
    EXPECT_THROW(WordPiece("[CLS]\n[SEP]\nword\n"), Error);
    EXPECT_THROW(WordPiece("[CLS]\n[SEP]\n[UNK]\nword\nword\n"), Error);
    EXPECT_THROW(WordPiece(""), Error);
    const WordPiece tiny("[UNK]\r\n[CLS]\r\n[SEP]\r\na\r\n##b");
    EXPECT_EQ(tiny.encode("Ab abb ba", 256), (Ids{1, 3, 4, 3, 4, 4, 0, 2}));
}

}  // namespace
}  // namespace soma::backends
