#include "math/hrr/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

template <typename Scalar>
struct Numbers {
    std::vector<Scalar> re;
    std::vector<Scalar> im;
};

template <typename Scalar>
Numbers<Scalar> random_numbers(Random& random, std::size_t n) {
    Numbers<Scalar> result;
    for (std::size_t k = 0; k < n; ++k) {
        result.re.push_back(static_cast<Scalar>(random.normal()));
        result.im.push_back(static_cast<Scalar>(random.normal()));
    }
    return result;
}

template <typename Scalar>
void check_product(Random& random) {
    const std::size_t n = random.below(40);
    const auto x = random_numbers<Scalar>(random, n);
    auto y = random_numbers<Scalar>(random, n);
    const auto before = y;
    const bool conjugate = random.below(2) == 0;
    // In place over y, which is allowed.
    RC_ASSERT(complex_product<Scalar>({x.re.data(), x.im.data()}, {y.re.data(), y.im.data()},
                                      {y.re.data(), y.im.data()}, n, conjugate));
    const Scalar sign = conjugate ? -1 : 1;
    for (std::size_t k = 0; k < n; ++k) {
        const Scalar b = sign * x.im[k];
        RC_ASSERT(y.re[k] == x.re[k] * before.re[k] - b * before.im[k]);
        RC_ASSERT(y.im[k] == x.re[k] * before.im[k] + b * before.re[k]);
    }
}

TEST(ComplexProduct, IsTheDefinitionToTheLastBit) {
    property([] {
        auto random = case_random();
        check_product<double>(random);
        check_product<float>(random);
    });
}

TEST(ComplexProduct, SaysWhenANumberIsNotFiniteWhereverItStands) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(40);
        auto x = random_numbers<double>(random, n);
        const auto y = random_numbers<double>(random, n);
        auto& half = random.below(2) == 0 ? x.re : x.im;
        const double bad[] = {std::numeric_limits<double>::infinity(), std::nan(""), -HUGE_VAL};
        half[random.below(n)] = bad[random.below(3)];
        auto z = y;
        RC_ASSERT(!complex_product<double>({x.re.data(), x.im.data()}, {y.re.data(), y.im.data()},
                                           {z.re.data(), z.im.data()}, n, false));
    });
}

}  // namespace
}  // namespace soma::math
