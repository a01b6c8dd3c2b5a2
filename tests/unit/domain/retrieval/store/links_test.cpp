#include "domain/retrieval/store/links.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/property.h"

namespace soma::domain {
namespace {

const Time kNow = *parse_rfc3339("2026-05-01T12:00:00Z");

Uuid id(int number) {
    Uuid made = *Uuid::parse("0198c0de-0000-7000-8000-000000000000");
    made.bytes.back() = static_cast<std::uint8_t>(number);
    return made;
}

Link link(int from, int to, double weight = 0.5, Time at = kNow, const std::string& type = "next") {
    return {{id(from), id(to), type}, weight, at, at, 0, 0};
}

bool everything(const Uuid&) {
    return true;
}

/// What a search would be told; one test looks.
ModuleFigures figures;

/// Walkers start at memory 1.
double at_one(const Uuid& memory) {
    return memory == id(1) ? 1 : 0;
}

/// x = s + (1−α) Pᵀ x by repetition over a dense matrix, then as a share of the greatest.
std::vector<double> naive(const std::vector<Link>& links, int vertices,
                          const std::vector<double>& seeds, Time now) {
    const auto n = static_cast<std::size_t>(vertices);
    std::vector<std::vector<double>> weight(n, std::vector<double>(n, 0));
    std::vector<double> degree(n, 0);
    for (const Link& one : links) {
        const std::size_t from = one.key.from.bytes.back();
        const std::size_t to = one.key.to.bytes.back();
        const double now_weighs = link_weight_at(one, now);
        weight[from][to] += now_weighs;
        weight[to][from] += now_weighs;
        degree[from] += now_weighs;
        degree[to] += now_weighs;
    }
    std::vector<double> x(n, 0);
    for (int round = 0; round < 400; ++round) {
        std::vector<double> next = seeds;
        for (std::size_t v = 0; v < n; ++v) {
            for (std::size_t w = 0; w < n && degree[v] > 0; ++w) {
                next[w] += 0.85 * x[v] * weight[v][w] / degree[v];
            }
        }
        x = next;
    }
    const double most = *std::max_element(x.begin(), x.end());
    for (double& value : x) {
        value /= most;
    }
    return x;
}

TEST(LinkTable, WithoutLinksOrSeedsThereAreNoRanks) {
    LinkTable table;
    EXPECT_TRUE(table.ranks(everything, at_one, figures).empty());
    table.put(link(2, 3));
    EXPECT_TRUE(table.ranks(everything, at_one, figures).empty()) << "memory 1 has no links";
}

TEST(LinkTable, RankFallsWithTheWayAndFollowsTheWeights) {
    LinkTable table;
    table.put(link(1, 2, 0.9));
    table.put(link(3, 1, 0.1));
    table.put(link(2, 4));
    const auto ranks = table.ranks(everything, at_one, figures);
    ASSERT_EQ(ranks.size(), 4U);
    EXPECT_GT(ranks.at(id(2)), ranks.at(id(3))) << "weights, against the arrow too";
    EXPECT_GT(ranks.at(id(2)), ranks.at(id(4))) << "two steps away";
    double most = 0;
    for (const auto& [memory, rank] : ranks) {
        EXPECT_GE(rank, 0);
        most = std::max(most, rank);
    }
    EXPECT_EQ(most, 1);
    EXPECT_LE(figures.pagerank_residual.value(), 1e-10);
    EXPECT_LE(figures.pagerank_sum.value(), 1e-12);
}

TEST(LinkTable, WhatIsNotHereIsNoWay) {
    LinkTable table;
    table.put(link(1, 2));
    table.put(link(2, 3));
    const auto ranks =
        table.ranks([](const Uuid& memory) { return memory != id(2); }, at_one, figures);
    EXPECT_TRUE(ranks.empty());
}

TEST(LinkTable, PuttingAgainReplacesAndRemovingForgetsBothWays) {
    LinkTable table;
    table.put(link(1, 2));
    table.put(link(1, 2, 0.7));
    table.put(link(1, 2, 0.7, kNow, "causes"));
    table.put(link(2, 1));
    table.put(link(2, 3));
    EXPECT_EQ(table.size(), 4U);
    EXPECT_GT(table.bytes(), 0U);
    table.remove(id(1));
    EXPECT_EQ(table.size(), 1U);
    table.remove(id(1));
    table.remove(id(3));
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.bytes(), 0U);
}

TEST(LinkTable, WhatFeedbackTaughtIsWalkedOnlyWhenAsked) {
    LinkTable said;
    LinkTable table;
    for (LinkTable* one : {&said, &table}) {
        one->put(link(1, 2, 0.9));
        one->put(link(1, 3, 0.1));
    }
    // The latest of all: what is said must not be measured by it.
    table.put(link(1, 4, 0.3, kNow + std::chrono::hours(24), std::string(kCoUsed)));
    table.set_gain({{id(1), id(3), "next"}, 20});
    table.set_gain({{id(3), id(1), "next"}, 20});
    EXPECT_EQ(table.ranks(everything, at_one, figures), said.ranks(everything, at_one, figures))
        << "bit for bit";
    const auto learnt = table.ranks(everything, at_one, figures, Walk::learnt);
    EXPECT_GT(learnt.at(id(4)), 0);
    EXPECT_GT(learnt.at(id(3)), learnt.at(id(2)));
    EXPECT_EQ(table.size(), 3U) << "a gain makes no link";
    EXPECT_EQ(said.ranks(everything, at_one, figures, Walk::learnt),
              said.ranks(everything, at_one, figures))
        << "conductances start at the weights";
    table.remove(id(1));
    EXPECT_EQ(table.size(), 0U);
}

TEST(LinkTable, RanksAreThoseOfTheDefinitionAtAnyTimeAndInAnyOrder) {
    test::property([] {
        const int vertices = *rc::gen::inRange(2, 12);
        const int count = *rc::gen::inRange(1, 30);
        std::vector<Link> links;
        LinkTable table;
        LinkTable reversed;
        for (int i = 0; i < count; ++i) {
            const int from = *rc::gen::inRange(0, vertices);
            const int to = (from + *rc::gen::inRange(1, vertices)) % vertices;
            const Link made =
                link(from, to, *rc::gen::inRange(1, 11) / 10.0,
                     kNow - std::chrono::hours(*rc::gen::inRange(0, 5'000)), std::to_string(i));
            links.push_back(made);
            table.put(made);
        }
        std::for_each(links.rbegin(), links.rend(), [&](const Link& one) { reversed.put(one); });
        std::vector<double> seeds(static_cast<std::size_t>(vertices), 0);
        // At a linked memory: others have no rank.
        seeds[links.front().key.from.bytes.back()] = 1;
        seeds[links.back().key.to.bytes.back()] += 2;
        const auto seed = [&](const Uuid& memory) { return seeds[memory.bytes.back()]; };
        const auto ranks = table.ranks(everything, seed, figures);
        RC_ASSERT(ranks == reversed.ranks(everything, seed, figures));
        const auto expected = naive(links, vertices, seeds, kNow + std::chrono::hours(100));
        for (const auto& [memory, rank] : ranks) {
            RC_ASSERT(std::abs(rank - expected[memory.bytes.back()]) < 1e-6);
        }
    });
}

}  // namespace
}  // namespace soma::domain
