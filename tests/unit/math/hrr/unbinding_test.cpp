#include "math/hrr/unbinding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/hrr/keys.h"
#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

Spectrum random_item(Random& random, std::size_t dimension) {
    auto x = normal_vector(random, dimension);
    normalise(x).value();
    return to_spectrum(x).value();
}

/// A trace at the given signal-to-noise ratio.
Spectrum noisy_trace(Random& random, const Spectrum& key, const Spectrum& filler, double snr) {
    Spectrum trace = bind(key, filler).value();
    const double noise = norm(trace) / std::sqrt(snr);
    superpose(trace, noise, random_item(random, key.dimension())).value();
    return trace;
}

TEST(Unbinding, WienerRecoversWhatItsTheoryPredicts) {
    struct Row {
        double decibel, least;
    };
    for (const Row row : {Row{40, 0.999}, Row{20, 0.975}, Row{10, 0.88}}) {
        const double snr = std::pow(10, row.decibel / 10);
        // E|F̂·F| / … = √(1 − ε e^ε E₁(ε)) with ε = 1/SNR, and E₁(ε) = −Ei(−ε).
        const double e = 1 / snr;
        const double predicted = std::sqrt(1 + e * std::exp(e) * std::expint(-e));
        double mean = 0;
        int cases = 0;
        property([&] {
            auto random = case_random();
            const auto key = random_item(random, 4096);
            const auto filler = random_item(random, 4096);
            const auto trace = noisy_trace(random, key, filler, snr);
            const double got = cosine(unbind_wiener(key, trace, snr).value(), filler).value();
            RC_ASSERT(std::fabs(got - predicted) <= 0.03);
            mean += got;
            ++cases;
        });
        EXPECT_GE(mean / cases, row.least);
        EXPECT_NEAR(mean / cases, predicted, 0.001);
    }
}

TEST(Unbinding, WienerIsTheBestRidgeAndIgnoresTheKeysScale) {
    property([] {
        auto random = case_random();
        const double snr = test::decade(random, 0, 4);
        const auto key = random_item(random, 2048);
        const auto filler = random_item(random, 2048);
        const auto trace = noisy_trace(random, key, filler, snr);
        const auto wiener = unbind_wiener(key, trace, snr).value();
        const double best = cosine(wiener, filler).value();
        for (const double factor : {0.03, 30.0}) {
            const auto other = unbind_tikhonov(key, trace, factor * inner(key, key) / snr).value();
            RC_ASSERT(cosine(other, filler).value() <= best + 0.01);
        }
        const double c = test::decade(random, -60, 60);
        Spectrum scaled(key.dimension());
        superpose(scaled, c, key).value();
        auto same = unbind_wiener(scaled, trace, snr).value();
        RC_ASSERT(std::fabs(norm(same) * c / norm(wiener) - 1) <= 1e-12);
        RC_ASSERT(std::fabs(cosine(same, wiener).value() - 1) <= 1e-12);
    });
}

TEST(Unbinding, TikhonovIsExactDivisionAsTheRidgeVanishes) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 * (1 + random.below(100));
        const auto key = role_key("k", d, random.next()).value();
        const auto filler = random_item(random, d);
        const auto bound = bind(key, filler).value();
        auto back = unbind_tikhonov(key, bound, 1e-14).value();
        superpose(back, -1.0, filler).value();
        RC_ASSERT(norm(back) <= 1e-12);
    });
}

/// The mean cosine of what k pairs in one trace give back.
double mean_recovered_cosine(Random& random, std::size_t dimension, int k) {
    const std::uint64_t seed = random.next();
    Spectrum trace(dimension);
    std::vector<Spectrum> fillers;
    std::vector<Spectrum> keys;
    for (int i = 0; i < k; ++i) {
        fillers.push_back(random_item(random, dimension));
        keys.push_back(role_key("r" + std::to_string(i), dimension, seed).value());
        superpose(trace, 1.0, bind(keys.back(), fillers.back()).value()).value();
    }
    double mean = 0;
    for (std::size_t i = 0; i < fillers.size(); ++i) {
        mean += cosine(unbind_unitary(keys[i], trace).value(), fillers[i]).value() / k;
    }
    return mean;
}

TEST(Unbinding, SuperposedPairsComeBackWithCosineOneOverRootK) {
    for (const int k : {4, 16}) {
        Random random(static_cast<std::uint64_t>(k));
        for (int trial = 0; trial < 10; ++trial) {
            EXPECT_NEAR(mean_recovered_cosine(random, kDefaultDimension, k), 1 / std::sqrt(k),
                        0.02);
        }
        // Many small ones: a cosine strays by 1/√D, and the mean over the cases does not.
        constexpr std::size_t kSmall = 256;
        double mean = 0;
        int cases = 0;
        property([&] {
            auto small = case_random();
            const double got = mean_recovered_cosine(small, kSmall, k);
            RC_ASSERT(std::fabs(got - 1 / std::sqrt(k)) <= 5 / std::sqrt(double{kSmall}));
            mean += got;
            ++cases;
        });
        EXPECT_NEAR(mean / cases, 1 / std::sqrt(k), 0.01);
    }
}

TEST(Unbinding, BadInputIsAnErrorValue) {
    auto random = Random(5);
    const auto key = random_item(random, 16);
    EXPECT_EQ(unbind_wiener(key, Spectrum(18), 10).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(unbind_wiener(Spectrum(16), key, 10).error().fault, MathFault::zero_vector);
    for (const double bad : {0.0, -1.0, HUGE_VAL, std::nan("")}) {
        EXPECT_EQ(unbind_wiener(key, key, bad).error().where, "snr");
        EXPECT_EQ(unbind_tikhonov(key, key, bad).error().where, "ridge");
    }
}

}  // namespace
}  // namespace soma::math
