#include "domain/memory/link.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/property.h"

namespace soma::domain {
namespace {

using std::chrono::days;
using std::chrono::hours;

const LinkKey kKey{*Uuid::parse("0198c0de-0000-7000-8000-000000000001"),
                   *Uuid::parse("0198c0de-0000-7000-8000-000000000002"), "causes"};
const Time kNow = *parse_rfc3339("2026-05-01T12:00:00Z");

TEST(Link, ANewOneWeighsWhatWasSaid) {
    const Link link = reinforced_link(kKey, std::nullopt, 0.25, kNow);
    EXPECT_EQ(link, (Link{kKey, 0.25, kNow, kNow, 0, 0}));
    EXPECT_EQ(link_weight_at(link, kNow), 0.25);
}

TEST(Link, SaidAgainItTakesItsShareOfWhatIsMissing) {
    Link link = reinforced_link(kKey, std::nullopt, 0.5, kNow);
    link = reinforced_link(kKey, link, 0.5, kNow);
    EXPECT_DOUBLE_EQ(link.weight, 0.75);
    link = reinforced_link(kKey, link, 0.2, kNow);
    EXPECT_DOUBLE_EQ(link.weight, 0.8);
    link = reinforced_link(kKey, link, 1, kNow);
    EXPECT_EQ(link.weight, 1);
}

TEST(Link, FadesByAHundredthADay) {
    const Link link = reinforced_link(kKey, std::nullopt, 0.8, kNow);
    EXPECT_NEAR(link_weight_at(link, kNow + days(1)), 0.8 * 0.99, 1e-12);
    EXPECT_NEAR(link_weight_at(link, kNow + days(100)), 0.8 * std::pow(0.99, 100), 1e-12);
    EXPECT_NEAR(link_weight_at(link, kNow + hours(12)), 0.8 * std::sqrt(0.99), 1e-12);
    const Link again = reinforced_link(kKey, link, 0.5, kNow + days(1));
    EXPECT_NEAR(again.weight, 0.792 + 0.5 * (1 - 0.792), 1e-12);
    EXPECT_EQ(again.reinforced_at, kNow + days(1));
    EXPECT_EQ(again.created_at, kNow);
}

TEST(Link, AClockThatGoesBackFindsItAsItWas) {
    const Link link = reinforced_link(kKey, std::nullopt, 0.8, kNow);
    EXPECT_EQ(link_weight_at(link, kNow - days(3)), 0.8);
    const Link again = reinforced_link(kKey, link, 0.5, kNow - days(3));
    EXPECT_NEAR(again.weight, 0.9, 1e-12);
    EXPECT_EQ(again.reinforced_at, kNow) << "time in a link never goes back";
}

TEST(Link, WeightsStayInTheirBoundsAndReadingChangesNothing) {
    test::property([] {
        std::optional<Link> link;
        Time now = kNow;
        const int steps = *rc::gen::inRange(1, 30);
        for (int i = 0; i < steps; ++i) {
            now += std::chrono::minutes(*rc::gen::inRange(0, 100'000));
            const double said = *rc::gen::inRange(1, 1001) / 1000.0;
            const double before = link ? link_weight_at(*link, now) : 0;
            link = reinforced_link(kKey, link, said, now);
            RC_ASSERT(link->weight > 0 && link->weight <= 1);
            RC_ASSERT(link->weight >= before);
            RC_ASSERT(link->weight >= said * (1 - 1e-12));
            const Time between = now + std::chrono::minutes(*rc::gen::inRange(0, 10'000));
            const Time later = between + std::chrono::minutes(*rc::gen::inRange(0, 10'000));
            Link halfway = *link;
            halfway.weight = link_weight_at(*link, between);
            halfway.reinforced_at = between;
            RC_ASSERT(std::abs(link_weight_at(halfway, later) - link_weight_at(*link, later)) <
                      1e-12);
        }
    });
}

TEST(Link, ItsConductanceIsItsWeightTimesItsGainWithinBounds) {
    Link link = reinforced_link(kKey, std::nullopt, 0.5, kNow);
    EXPECT_EQ(conductance_at(link, kNow), 0.5) << "it starts at the weight";
    link.gain = 4;
    EXPECT_EQ(conductance_at(link, kNow), 2);
    EXPECT_NEAR(conductance_at(link, kNow + days(2)), 2 * 0.99 * 0.99, 1e-12);
    link.gain = kMinLinkConductance;
    EXPECT_EQ(conductance_at(link, kNow), kMinLinkConductance);
    EXPECT_EQ(reinforced_link(kKey, link, 0.5, kNow).gain, link.gain);
}

TEST(Link, CoUseAddsToWhatTimeHasLeftHoweverItIsSplit) {
    test::property([] {
        const double reward = *rc::gen::inRange(1, 1001) / 1000.0;
        const Link made = co_used_link(kKey, std::nullopt, reward, kNow);
        RC_ASSERT(std::abs(made.weight - kCoUseRate * reward) < 1e-15);
        const Time between = kNow + std::chrono::minutes(*rc::gen::inRange(0, 100'000));
        const Time later = between + std::chrono::minutes(*rc::gen::inRange(0, 100'000));
        Link halfway = made;
        halfway.weight = link_weight_at(made, between);
        halfway.reinforced_at = between;
        const Link whole = co_used_link(kKey, made, 1, later);
        RC_ASSERT(std::abs(co_used_link(kKey, halfway, 1, later).weight - whole.weight) < 1e-12);
        RC_ASSERT(whole.reinforced_at == later && whole.created_at == kNow);
        Link full = made;
        full.weight = 1;
        RC_ASSERT(co_used_link(kKey, full, reward, kNow).weight == 1);
    });
}

}  // namespace
}  // namespace soma::domain
