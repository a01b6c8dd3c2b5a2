#include "domain/retrieval/text.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "base/error.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

// Sorted, for binary search. Question words and pronouns are among them: they say nothing of the
// answer.
constexpr std::array<std::string_view, 58> stop_words = {
    "a",    "an",    "and",   "are",   "as",   "at",   "be",   "been", "but", "by",  "did",  "do",
    "does", "for",   "from",  "had",   "has",  "have", "he",   "her",  "him", "his", "how",  "i",
    "if",   "in",    "is",    "it",    "its",  "me",   "my",   "of",   "on",  "or",  "our",  "she",
    "so",   "that",  "the",   "their", "them", "they", "this", "to",   "was", "we",  "were", "what",
    "when", "where", "which", "who",   "whom", "why",  "will", "with", "you", "your"};

struct StemmerCloser {
    void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

// A stemmer keeps a buffer between calls, so every thread has its own.
std::string stemmed(const std::string& word) {
    thread_local const std::unique_ptr<sb_stemmer, StemmerCloser> stemmer(
        sb_stemmer_new("english", "UTF_8"));
    SOMA_ASSERT(stemmer != nullptr, "libstemmer knows English");
    const sb_symbol* result =
        sb_stemmer_stem(stemmer.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                        static_cast<int>(word.size()));
    SOMA_ASSERT(result != nullptr, "libstemmer had no memory");
    return {reinterpret_cast<const char*>(result),
            static_cast<std::size_t>(sb_stemmer_length(stemmer.get()))};
}

constexpr std::array<std::string_view, 12> month_names = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

// Bytes of a possessive "'s" (either apostrophe) that ends its word here; 0: there is none.
std::size_t possessive_at(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at);
    const std::size_t size = rest.starts_with("'s") ? 2 : rest.starts_with("\xe2\x80\x99s") ? 4 : 0;
    const bool word_goes_on = size < rest.size() && is_word_character(decode_at(rest, size).value);
    return word_goes_on ? 0 : size;
}

}  // namespace

std::vector<std::string> lexical_terms(std::string_view text) {
    const std::string folded = fold_case(text);
    std::vector<std::string> terms;
    std::string word;
    const auto finish = [&] {
        if (!word.empty() && !std::binary_search(stop_words.begin(), stop_words.end(), word)) {
            terms.push_back(stemmed(word));
        }
        word.clear();
    };
    for (std::size_t at = 0; at < folded.size();) {
        if (const std::size_t size = possessive_at(folded, at); size > 0) {
            at += size;
            continue;
        }
        const CodePoint point = decode_at(folded, at);
        if (is_word_character(point.value)) {
            word.append(folded, at, point.length);
        } else {
            finish();
        }
        at += point.length;
    }
    finish();
    return terms;
}

std::vector<std::string> query_terms(std::string_view query) {
    std::vector<std::string> terms = lexical_terms(query);
    std::sort(terms.begin(), terms.end());
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    return terms;
}

std::string lexical_text(std::optional<Time> occurred_at, std::string_view speaker,
                         std::string_view text) {
    std::string result;
    if (occurred_at) {
        const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(*occurred_at));
        result += '[' + std::to_string(static_cast<unsigned>(day.day())) + ' ';
        result += month_names[static_cast<unsigned>(day.month()) - 1];
        result += ' ' + std::to_string(static_cast<int>(day.year())) + "] ";
    }
    if (!speaker.empty()) {
        result.append(speaker).append(": ");
    }
    return result.append(text);
}

std::string without_names(std::string_view text, const std::vector<std::string_view>& names) {
    std::string kept;
    bool says_something = false;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t longest = 0;
        for (const std::string_view name : names) {
            if (name.size() > longest && text.substr(at).starts_with(name) &&
                find_whole_word(text, name, at) == at) {
                longest = name.size();
            }
        }
        if (longest > 0) {
            at += longest;
            continue;
        }
        const CodePoint point = decode_at(text, at);
        const bool space = is_whitespace(point.value);
        if (!space || (!kept.empty() && !is_whitespace(decode_before(kept, kept.size()).value))) {
            kept.append(text, at, point.length);
        }
        says_something |= is_word_character(point.value);
        at += point.length;
    }
    while (!kept.empty() && is_whitespace(decode_before(kept, kept.size()).value)) {
        kept.resize(kept.size() - decode_before(kept, kept.size()).length);
    }
    return says_something ? kept : std::string(text);
}

}  // namespace soma::domain
