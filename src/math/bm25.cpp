#include "math/bm25.h"

#include <algorithm>
#include <cmath>

namespace soma::math {

double Bm25::idf(std::size_t texts, std::size_t texts_with_term) {
    const auto n = static_cast<double>(texts);
    const auto df = static_cast<double>(texts_with_term);
    return std::log(1 + (n - df + 0.5) / (df + 0.5));
}

Bm25::LengthNorm Bm25::length_norm(double mean_length) const {
    return {k1 * (1 - b), mean_length > 0 ? k1 * b / mean_length : 0};
}

double Bm25::normalised(double score, double idf_sum) const {
    return idf_sum > 0 ? std::clamp(2 * score / ((k1 + 1) * idf_sum), 0.0, 1.0) : 0;
}

}  // namespace soma::math
