#include "math/numerics/real_fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::decade;
using test::normal_vector;
using test::property;
using Complex = std::complex<double>;

/// ‖x‖² from the half spectrum.
double energy(const std::vector<Complex>& spectrum, std::size_t dimension) {
    double total = 0;
    for (std::size_t k = 0; k < spectrum.size(); ++k) {
        const bool alone = k == 0 || 2 * k == dimension;
        total += (alone ? 1 : 2) * std::norm(spectrum[k]);
    }
    return total;
}

std::size_t any_dimension(Random& random) {
    constexpr std::size_t kUsual[] = {1, 2, 3, 4, 6, 7, 16, 97, 384, 768, 1024, 8192};
    return random.uniform() < 0.5 ? kUsual[random.below(std::size(kUsual))] : 1 + random.below(600);
}

TEST(RealFft, ThereAndBackAndParsevalAtEveryScale) {
    property([] {
        auto random = case_random();
        const std::size_t dimension = any_dimension(random);
        auto fft = RealFft::make(dimension).value();
        auto x = normal_vector(random, dimension);
        const double scale = decade(random, -290, 300);
        for (double& v : x) {
            v *= scale;
        }
        std::vector<Complex> spectrum(fft.bins());
        std::vector<double> back(dimension);
        fft.forward(x, spectrum).value();
        fft.inverse(spectrum, back).value();
        const double size = norm(x);
        for (std::size_t i = 0; i < dimension; ++i) {
            RC_ASSERT(std::fabs(back[i] - x[i]) <= 1e-12 * size);
        }
        for (auto& bin : spectrum) {  // Parseval, away from the ends of the range
            bin /= size;
        }
        RC_ASSERT(std::fabs(energy(spectrum, dimension) - 1) <= 1e-12);
    });
}

TEST(RealFft, MatchesTheDefinition) {
    property([] {
        auto random = case_random();
        const std::size_t dimension = 1 + random.below(40);
        auto fft = RealFft::make(dimension).value();
        const auto x = normal_vector(random, dimension);
        std::vector<Complex> spectrum(fft.bins());
        fft.forward(x, spectrum).value();
        for (std::size_t k = 0; k < spectrum.size(); ++k) {
            Complex sum = 0;
            for (std::size_t j = 0; j < dimension; ++j) {
                const double turn = static_cast<double>(j * k % dimension);
                sum += x[j] * std::polar(1.0, -2 * std::numbers::pi * turn /
                                                  static_cast<double>(dimension));
            }
            sum /= std::sqrt(static_cast<double>(dimension));
            RC_ASSERT(std::abs(sum - spectrum[k]) <= 1e-13 * (1 + norm(x)));
        }
    });
}

TEST(RealFft, FiniteOutputOrAnErrorForEveryFiniteInput) {
    auto fft = RealFft::make(8).value();
    std::vector<Complex> spectrum(fft.bins());
    std::vector<double> back(8);
    const double tiny = std::numeric_limits<double>::denorm_min();
    for (const double value : {0.0, tiny, 1e-310, 1e300, 6e307}) {
        const std::vector<double> x(8, value);
        ASSERT_TRUE(fft.forward(x, spectrum)) << value;
        EXPECT_NEAR(spectrum[0].real() / std::sqrt(8.0), value, 1e-15 * value + tiny);
        ASSERT_TRUE(fft.inverse(spectrum, back)) << value;
        EXPECT_NEAR(back[3], value, 1e-15 * value + tiny);
    }
    const std::vector<double> huge(8, std::numeric_limits<double>::max());
    EXPECT_EQ(fft.forward(huge, spectrum).error().fault, MathFault::overflow);
}

TEST(RealFft, BadInputIsAnErrorValue) {
    EXPECT_EQ(RealFft::make(0).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(RealFft::make(RealFft::kLargest + 1).error().fault, MathFault::wrong_shape);
    auto fft = RealFft::make(4).value();
    std::vector<Complex> spectrum(3);
    std::vector<double> x{1, 2, std::numeric_limits<double>::quiet_NaN(), 4};
    EXPECT_EQ(fft.forward(x, spectrum).error().where, "x[2]");
    EXPECT_EQ(fft.forward(std::span(x).first(3), spectrum).error().where, "x");
    std::vector<Complex> short_spectrum(2);
    EXPECT_EQ(fft.inverse(short_spectrum, x).error().where, "spectrum");
    spectrum[1] = {0, std::numeric_limits<double>::infinity()};
    EXPECT_EQ(fft.inverse(spectrum, x).error().fault, MathFault::not_finite);
}

}  // namespace
}  // namespace soma::math
