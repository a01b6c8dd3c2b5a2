#include "domain/graph/flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "math/frgo/frgo.h"
#include "support/property.h"

namespace soma::domain {
namespace {

const Time kNow = *parse_rfc3339("2026-05-01T12:00:00Z");
const math::FrgoRule kRule;

Uuid id(int number) {
    Uuid made = *Uuid::parse("0198c0de-0000-7000-8000-000000000000");
    made.bytes.back() = static_cast<std::uint8_t>(number);
    return made;
}

Link link(int from, int to, double weight = 0.5, const std::string& type = "next") {
    return {{id(from), id(to), type}, weight, kNow, kNow, 0, 0};
}

FlowVerdict verdict(int source, const std::vector<int>& sinks) {
    FlowVerdict out{0, id(source), {}};
    for (const int sink : sinks) {
        out.sinks.push_back(id(sink));
    }
    return out;
}

std::map<LinkKey, double> by_key(const FlowBatch& batch) {
    std::map<LinkKey, double> out;
    for (const Gain& gain : batch.gains) {
        out[gain.key] = gain.gain;
    }
    return out;
}

/// Applies what a batch made, as the store does.
void keep(const FlowBatch& batch, std::vector<Link>& links) {
    const auto gains = by_key(batch);
    for (Link& one : links) {
        const auto found = gains.find(one.key);
        one.gain = found == gains.end() ? one.gain : found->second;
    }
}

TEST(FlowBatch, OneVerdictIsFrgosOwnStep) {
    // 1 — 2 — 3, and 1 — 3 by itself: two ways.
    const std::vector<Link> links{link(1, 2, 0.5), link(2, 3, 0.25), link(1, 3, 0.75)};
    const std::vector<FlowVerdict> verdicts{verdict(1, {3})};
    const auto batch = flow_batch(links, verdicts, kNow);
    const auto graph = math::Graph::make(3, {{0, 1}, {1, 2}, {0, 2}}).value();
    const std::vector<double> conductance{0.5, 0.25, 0.75};
    const std::vector<double> length(3, 1);
    const std::vector<double> b{1, 0, -1};
    const auto step = math::frgo_step(kRule, graph, conductance, length, b).value();
    ASSERT_EQ(batch.gains.size(), 3U);
    EXPECT_EQ(batch.flowed, 1U);
    for (std::size_t e = 0; e < 3; ++e) {
        EXPECT_EQ(batch.gains[e].key, links[e].key);
        EXPECT_NEAR(batch.gains[e].gain * links[e].weight, step.conductance[e], 1e-14);
    }
    EXPECT_GT(batch.gains[2].gain, 1);
    EXPECT_LE(batch.kirchhoff_error, 1e-8);
}

TEST(FlowBatch, ACurrentDividesEquallyAmongWhatWasCredited) {
    const std::vector<Link> links{link(1, 2), link(1, 3), link(1, 4)};
    const auto batch = flow_batch(links, std::vector{verdict(1, {2, 3, 1, 2})}, kNow);
    const double expected = 0.5 + kRule.rate * (std::pow(0.5, kRule.exponent) - kRule.decay * 0.5);
    EXPECT_NEAR(batch.gains[0].gain * 0.5, expected, 1e-14)
        << "itself is no sink, nor is one sink two";
    EXPECT_NEAR(batch.gains[1].gain * 0.5, expected, 1e-14);
    EXPECT_NEAR(batch.gains[2].gain, 1 - kRule.rate * kRule.decay, 1e-14) << "unused: it decays";
}

TEST(FlowBatch, ABatchDecaysOnceForEachVerdict) {
    const std::vector<Link> links{link(1, 2), link(1, 3)};
    const auto batch = flow_batch(links, std::vector(5, verdict(1, {2})), kNow);
    EXPECT_EQ(batch.flowed, 5U);
    EXPECT_NEAR(batch.gains[0].gain * 0.5, 0.5 + kRule.rate * 5 * (1 - kRule.decay * 0.5), 1e-14);
    EXPECT_NEAR(batch.gains[1].gain, 1 - kRule.rate * 5 * kRule.decay, 1e-14);
}

TEST(FlowBatch, OtherComponentsStandAsTheyAre) {
    const std::vector<Link> links{link(1, 2), link(3, 4)};
    const auto batch = flow_batch(links, std::vector{verdict(1, {2, 4})}, kNow);
    EXPECT_EQ(batch.flowed, 1U);
    ASSERT_EQ(batch.gains.size(), 1U);
    EXPECT_EQ(batch.gains[0].key, links[0].key);
    const double expected = 0.5 + kRule.rate * (1 - kRule.decay * 0.5);
    EXPECT_NEAR(batch.gains[0].gain * 0.5, expected, 1e-14)
        << "all of it goes where there is a way";
}

TEST(FlowBatch, WhereThereIsNoWayNothingIsLearnt) {
    const std::vector<Link> links{link(1, 2), link(3, 4)};
    for (const auto& lost : {verdict(1, {3}), verdict(9, {1}), verdict(1, {9}), verdict(1, {1})}) {
        const auto batch = flow_batch(links, std::vector{lost}, kNow);
        EXPECT_EQ(batch.flowed, 0U);
        EXPECT_TRUE(batch.gains.empty());
        EXPECT_EQ(batch.kirchhoff_error, 0);
    }
    EXPECT_EQ(flow_batch({}, std::vector{verdict(1, {2})}, kNow).flowed, 0U);
    EXPECT_TRUE(flow_batch(links, {}, kNow).gains.empty());
}

TEST(FlowBatch, UsedWaysWinAndUnusedOnesWither) {
    // Two ways of two links from 1 to 4; the second is said to be a little stronger.
    std::vector<Link> links{link(1, 2, 0.5), link(2, 4, 0.5), link(1, 3, 0.55), link(3, 4, 0.55),
                            link(4, 5, 0.5)};
    for (int i = 0; i < 200; ++i) {
        const auto before = links[4].gain;
        keep(flow_batch(links, std::vector{verdict(1, {4})}, kNow), links);
        EXPECT_NEAR(links[4].gain / before, 1 - kRule.rate * kRule.decay, 1e-12);
    }
    EXPECT_NEAR(links[4].gain, std::pow(1 - kRule.rate * kRule.decay, 200), 1e-9);
    const double ratio = links[2].gain * 0.55 / (links[0].gain * 0.5);
    EXPECT_GT(ratio, 0.55 / 0.5) << "for exponents above 1 the stronger way takes more";
}

TEST(FlowBatch, GainsKeepTheirBounds) {
    std::vector<Link> links{link(1, 2, 1), link(2, 3, 1)};
    links[0].gain = kMaxLinkConductance;
    links[1].gain = kMinLinkConductance;
    const std::vector<FlowVerdict> many(kMaxFlowVerdicts, verdict(1, {2}));
    const auto batch = flow_batch(links, many, kNow);
    EXPECT_LE(batch.gains[0].gain, kMaxLinkConductance);
    EXPECT_EQ(batch.gains[1].gain, kMinLinkConductance);
    links[0].gain = 1;
    links[0].weight = 1e-7;
    const auto faint = flow_batch(links, many, kNow);
    EXPECT_EQ(faint.gains[0].gain, kMaxLinkConductance) << "of a link that nobody says any more";
}

TEST(FlowBatch, KirchhoffHoldsBoundsHoldAndOrderDoesNotMatter) {
    test::property([] {
        const int vertices = *rc::gen::inRange(2, 14);
        const auto any = [&] { return *rc::gen::inRange(1, vertices + 1); };
        std::vector<Link> links;
        const int count = *rc::gen::inRange(1, 40);
        for (int i = 0; i < count; ++i) {
            const int from = any();
            const int to = 1 + (from - 1 + *rc::gen::inRange(1, vertices)) % vertices;
            Link made = link(from, to, *rc::gen::inRange(1, 1001) / 1000.0, std::to_string(i));
            made.gain = std::pow(10.0, *rc::gen::inRange(-3, 3));
            made.reinforced_at -= std::chrono::hours(*rc::gen::inRange(0, 5'000));
            links.push_back(made);
        }
        std::vector<FlowVerdict> verdicts;
        const int said = *rc::gen::inRange(1, 8);
        for (int i = 0; i < said; ++i) {
            verdicts.push_back(verdict(any(), {any(), any(), any()}));
        }
        const auto batch = flow_batch(links, verdicts, kNow);
        RC_ASSERT(batch.kirchhoff_error <= 1e-8);
        RC_ASSERT(batch.flowed <= verdicts.size());
        for (const Gain& gain : batch.gains) {
            RC_ASSERT(gain.gain >= kMinLinkConductance && gain.gain <= kMaxLinkConductance);
        }
        std::reverse(verdicts.begin(), verdicts.end());
        const auto reversed = flow_batch(links, verdicts, kNow);
        RC_ASSERT(reversed.flowed == batch.flowed);
        RC_ASSERT(reversed.gains.size() == batch.gains.size());
        for (std::size_t e = 0; e < batch.gains.size(); ++e) {
            RC_ASSERT(reversed.gains[e].key == batch.gains[e].key);
            RC_ASSERT(std::abs(reversed.gains[e].gain / batch.gains[e].gain - 1) <= 1e-12);
        }
    });
}

}  // namespace
}  // namespace soma::domain
