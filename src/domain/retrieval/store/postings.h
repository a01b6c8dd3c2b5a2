#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "math/bm25.h"

namespace soma::domain {

/// Σ idf over a query's terms.
struct IdfSums {
    double occurring = 0;  ///< over the terms that occur somewhere: 0 when none does
    double all = 0;        ///< over all of them; one that occurs nowhere has df 0
};

/// BM25's inverted lists over rows (passages), exact at every moment: N, document frequencies and
/// the mean length follow each change. A posting is 4 bytes (row, frequency capped at 255). Lists
/// are in no order: a removal swaps the last posting into the gap. Many readers or one writer.
class Postings {
  public:
    static constexpr std::uint32_t max_rows = 1U << 24;  ///< rows are numbered below this

    /// `terms` as lexical_terms gives them; `row` holds no text yet.
    void add(std::uint32_t row, const std::vector<std::string>& terms);
    /// The same terms the row was added with.
    void remove(std::uint32_t row, const std::vector<std::string>& terms);

    /// Texts of N = texts(); their mean number of terms is total_length / N.
    std::size_t texts() const { return texts_; }

    /// Adds up each row's BM25 for distinct query terms, in their order. scores[row] must be 0 on
    /// entry for all rows; rows whose score became positive are appended to `touched`, each once.
    IdfSums accumulate(const math::Bm25& bm25, const std::vector<std::string>& query_terms,
                       std::vector<double>& scores, std::vector<std::uint32_t>& touched) const;

    std::size_t bytes() const;

  private:
    struct StringHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using List = std::vector<std::uint32_t>;

    std::unordered_map<std::string, List, StringHash, std::equal_to<>> lists_;
    std::vector<std::uint32_t> lengths_;  ///< terms of each row
    std::size_t texts_ = 0;
    std::uint64_t total_length_ = 0;
    std::size_t posting_bytes_ = 0;
    std::size_t term_bytes_ = 0;
};

}  // namespace soma::domain
