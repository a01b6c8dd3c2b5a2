#include "domain/retrieval/store/postings.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace soma::domain {
namespace {

using Terms = std::vector<std::string>;

// BM25 from its definition over all texts, without lists.
std::map<std::uint32_t, double> plain_scores(const std::map<std::uint32_t, Terms>& texts,
                                             const Terms& query) {
    const math::Bm25 bm25;
    double length = 0;
    for (const auto& [row, terms] : texts) {
        length += static_cast<double>(terms.size());
    }
    const auto norm = bm25.length_norm(length / static_cast<double>(texts.size()));
    std::map<std::uint32_t, double> scores;
    for (const auto& term : query) {
        std::map<std::uint32_t, double> frequencies;
        for (const auto& [row, terms] : texts) {
            const auto tf = std::count(terms.begin(), terms.end(), term);
            if (tf > 0) {
                frequencies[row] = static_cast<double>(tf);
            }
        }
        for (const auto& [row, tf] : frequencies) {
            scores[row] += math::Bm25::idf(texts.size(), frequencies.size()) *
                           bm25.term(tf, static_cast<double>(texts.at(row).size()), norm);
        }
    }
    return scores;
}

TEST(Postings, EqualTheDefinitionAfterAnyChanges) {
    std::mt19937 random(11);
    Postings postings;
    std::map<std::uint32_t, Terms> texts;
    for (int step = 0; step < 800; ++step) {
        const auto row = static_cast<std::uint32_t>(random() % 60);
        if (const auto found = texts.find(row); found != texts.end()) {
            postings.remove(row, found->second);
            texts.erase(found);
        } else {
            Terms terms;
            for (std::size_t i = random() % 9; i > 0; --i) {
                terms.push_back(std::string(1, static_cast<char>('a' + random() % 12)));
            }
            postings.add(row, terms);
            texts.emplace(row, terms);
        }
        ASSERT_EQ(postings.texts(), texts.size());
        if (texts.empty()) {
            continue;
        }
        const Terms query = {"a", "c", "e", "unknown"};
        std::vector<double> scores(60, 0);
        std::vector<std::uint32_t> touched;
        postings.accumulate({}, query, scores, touched);
        const auto expected = plain_scores(texts, query);
        ASSERT_EQ(touched.size(), expected.size());
        for (const auto& [at, score] : expected) {
            ASSERT_EQ(scores[at], score);
        }
    }
}

TEST(Postings, NothingIsLeftOfWhatWasRemoved) {
    Postings postings;
    const std::size_t empty = postings.bytes();
    postings.add(0, {"word", "word", "a-term-longer-than-a-short-string"});
    EXPECT_GT(postings.bytes(), empty);
    postings.remove(0, {"word", "word", "a-term-longer-than-a-short-string"});
    std::vector<double> scores(1, 0);
    std::vector<std::uint32_t> touched;
    EXPECT_EQ(postings.accumulate({}, {"word"}, scores, touched).occurring, 0);
    EXPECT_EQ(postings.bytes(), empty + sizeof(std::uint32_t));  // the row's length
}

TEST(Postings, WordsThatOccurNowhereWeighAsTheRarest) {
    Postings postings;
    postings.add(0, {"dog"});
    postings.add(1, {"dog", "cat"});
    std::vector<double> scores(2, 0);
    std::vector<std::uint32_t> touched;
    const auto sums = postings.accumulate({}, {"cat", "newt"}, scores, touched);
    EXPECT_EQ(sums.occurring, math::Bm25::idf(2, 1));
    EXPECT_EQ(sums.all, math::Bm25::idf(2, 1) + math::Bm25::idf(2, 0));
    EXPECT_GT(math::Bm25::idf(2, 0), math::Bm25::idf(2, 1));
}

TEST(Postings, FrequenciesAreCappedNotWrapped) {
    Postings postings;
    const Terms many(1000, "word");
    postings.add(0, many);
    postings.add(1, {"word"});
    std::vector<double> scores(2, 0);
    std::vector<std::uint32_t> touched;
    postings.accumulate({}, {"word"}, scores, touched);
    EXPECT_GT(scores[0], 0);
    postings.remove(0, many);
    EXPECT_EQ(postings.texts(), 1U);
}

}  // namespace
}  // namespace soma::domain
