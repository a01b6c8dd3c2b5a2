#pragma once
#include <cstddef>

namespace soma::math {

/// BM25 (Robertson & Walker 1994; the idf of Lucene, which is never negative). Of one term in one
/// text:
///   idf · tf (k1 + 1) / (tf + k1 (1 − b + b · length / mean_length))
/// summed over the distinct terms of a query. k1 says how soon repetition stops counting, b how
/// much long texts pay for their length.
struct Bm25 {
    double k1 = 0.9;
    double b = 0.4;

    /// ln(1 + (N − df + ½) / (df + ½)) > 0, for 0 ≤ df ≤ N.
    static double idf(std::size_t texts, std::size_t texts_with_term);

    /// The length part k1 (1 − b + b · length / mean_length) as offset + slope · length, so that a
    /// scan multiplies once a posting. A mean of 0 (texts without terms) has slope 0.
    struct LengthNorm {
        double offset = 0;
        double slope = 0;
    };
    LengthNorm length_norm(double mean_length) const;

    /// One term's weight without its idf, in (0, k1 + 1): tf (k1 + 1) / (tf + norm(length)).
    double term(double frequency, double length, const LengthNorm& norm) const {
        return frequency * (k1 + 1) / (frequency + (norm.offset + norm.slope * length));
    }

    /// The score as a share of what a query can reach: clip(2 · score / ((k1 + 1) Σ idf), 0, 1), 0
    /// when Σ idf is 0. The factor 2 puts half of the query's weight matched in full at 1.
    double normalised(double score, double idf_sum) const;
};

}  // namespace soma::math
