#include "domain/retrieval/store/postings.h"

#include <algorithm>

#include "base/error.h"

namespace soma::domain {
namespace {

constexpr std::uint32_t frequency_bits = 8;
constexpr std::uint32_t max_frequency = (1U << frequency_bits) - 1;

// What an entry of the term map costs beside its postings: node, bucket, key and list headers.
constexpr std::size_t term_overhead = 96;

struct Counted {
    std::string_view term;
    std::uint32_t frequency;
};

std::vector<Counted> count(const std::vector<std::string>& terms) {
    std::vector<std::string_view> sorted(terms.begin(), terms.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<Counted> counted;
    for (const std::string_view term : sorted) {
        if (counted.empty() || counted.back().term != term) {
            counted.push_back({term, 0});
        }
        counted.back().frequency = std::min(counted.back().frequency + 1, max_frequency);
    }
    return counted;
}

}  // namespace

void Postings::add(std::uint32_t row, const std::vector<std::string>& terms) {
    SOMA_ASSERT(row < max_rows, "a row that fits a posting");
    if (lengths_.size() <= row) {
        lengths_.resize(std::size_t{row} + 1, 0);
    }
    for (const auto& [term, frequency] : count(terms)) {
        auto found = lists_.find(term);
        if (found == lists_.end()) {
            found = lists_.emplace(std::string(term), List()).first;
            term_bytes_ += term_overhead + (term.size() > 15 ? term.size() : 0);
        }
        List& list = found->second;
        posting_bytes_ -= list.capacity() * sizeof(std::uint32_t);
        // Grown by a quarter: doubling would leave half of the largest structure empty.
        if (list.size() == list.capacity()) {
            list.reserve(list.size() + list.size() / 4 + 1);
        }
        list.push_back(row << frequency_bits | frequency);
        posting_bytes_ += list.capacity() * sizeof(std::uint32_t);
    }
    lengths_[row] = static_cast<std::uint32_t>(terms.size());
    total_length_ += terms.size();
    ++texts_;
}

void Postings::remove(std::uint32_t row, const std::vector<std::string>& terms) {
    for (const auto& [term, frequency] : count(terms)) {
        const auto found = lists_.find(term);
        SOMA_ASSERT(found != lists_.end(), "a row is removed with the terms it was added with");
        List& list = found->second;
        const auto posting = std::find(list.begin(), list.end(), row << frequency_bits | frequency);
        SOMA_ASSERT(posting != list.end(), "a row is removed with the terms it was added with");
        *posting = list.back();
        list.pop_back();
        if (list.empty()) {
            posting_bytes_ -= list.capacity() * sizeof(std::uint32_t);
            term_bytes_ -= term_overhead + (term.size() > 15 ? term.size() : 0);
            lists_.erase(found);
        }
    }
    SOMA_ASSERT(lengths_[row] == terms.size(), "a row is removed with the terms it was added with");
    lengths_[row] = 0;
    total_length_ -= terms.size();
    --texts_;
}

IdfSums Postings::accumulate(const math::Bm25& bm25, const std::vector<std::string>& query_terms,
                             std::vector<double>& scores,
                             std::vector<std::uint32_t>& touched) const {
    const double mean =
        texts_ > 0 ? static_cast<double>(total_length_) / static_cast<double>(texts_) : 0;
    const auto norm = bm25.length_norm(mean);
    IdfSums sums;
    for (const std::string& term : query_terms) {
        const auto found = lists_.find(term);
        if (found == lists_.end()) {
            sums.all += math::Bm25::idf(texts_, 0);
            continue;
        }
        const List& list = found->second;
        const double idf = math::Bm25::idf(texts_, list.size());
        sums.occurring += idf;
        sums.all += idf;
        for (const std::uint32_t posting : list) {
            const std::uint32_t row = posting >> frequency_bits;
            if (scores[row] == 0) {
                touched.push_back(row);
            }
            scores[row] += idf * bm25.term(posting & max_frequency, lengths_[row], norm);
        }
    }
    return sums;
}

std::size_t Postings::bytes() const {
    return posting_bytes_ + term_bytes_ + lengths_.capacity() * sizeof(std::uint32_t);
}

}  // namespace soma::domain
