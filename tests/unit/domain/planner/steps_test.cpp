#include "domain/planner/steps.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

namespace soma::domain {
namespace {

std::vector<std::uint32_t> order_of(const StepGraph& graph) {
    std::vector<std::uint32_t> order;
    const auto result = order_steps(graph);
    for (const auto& step : std::get<std::vector<OrderedStep>>(result)) {
        order.push_back(step.step);
    }
    return order;
}

DependencyCycle cycle_of(const StepGraph& graph) {
    return std::get<DependencyCycle>(order_steps(graph));
}

TEST(Steps, AChainIsWalkedFromItsBeginning) {
    const StepGraph chain{4, {{0, 3}, {3, 1}, {1, 2}}, {0}};
    EXPECT_EQ(order_of(chain), (std::vector<std::uint32_t>{2, 1, 3, 0}));
    const auto steps = std::get<std::vector<OrderedStep>>(order_steps(chain));
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(steps[i].depth, i);
        EXPECT_GT(steps[i].mass, 0);
    }
    EXPECT_GT(steps.front().mass, 0.25) << "most of it is still where it began";
    EXPECT_GT(steps.back().mass, 0.25) << "most of it is where it goes";
}

TEST(Steps, AGoalWithoutNeedsIsAPlan) {
    const auto steps = std::get<std::vector<OrderedStep>>(order_steps({1, {}, {0}}));
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].step, 0U);
    EXPECT_EQ(order_of({3, {}, {0, 1, 2}}), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(Steps, OfTwoThatCouldBeNextTheStrongerLinkLeads) {
    // Goal 0 needs 1 and 2; whichever is bound to it more strongly is met earlier.
    EXPECT_EQ(order_of({5, {{0, 1, 1}, {0, 2, 0.2}, {1, 3, 1}, {2, 4, 0.2}}, {0}}).back(), 0U);
    const auto strong = order_of({3, {{0, 1, 0.1}, {0, 2, 1}}, {0}});
    const auto other = order_of({3, {{0, 1, 1}, {0, 2, 0.1}}, {0}});
    EXPECT_EQ(strong.size(), 3U);
    EXPECT_NE(strong, other);
}

TEST(Steps, ACycleIsNamed) {
    EXPECT_EQ(cycle_of({2, {{0, 1}, {1, 0}}, {0}}).steps, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(cycle_of({5, {{0, 4}, {4, 2}, {2, 3}, {3, 4}, {0, 1}}, {0}}).steps,
              (std::vector<std::uint32_t>{2, 3, 4}));
}

TEST(Steps, LongChainsWideStarsAndFaintLinksHaveAnOrder) {
    StepGraph chain{kMaxPlanSteps, {}, {0}};
    StepGraph star{kMaxPlanSteps, {}, {0}};
    for (std::uint32_t s = 1; s < kMaxPlanSteps; ++s) {
        chain.dependencies.push_back({s - 1, s, 1e-9});
        star.dependencies.push_back({0, s, s % 2 == 0 ? 1e-12 : 1.0});
    }
    EXPECT_EQ(order_of(chain).front(), kMaxPlanSteps - 1);
    EXPECT_EQ(order_of(star).back(), 0U);
}

StepGraph some_graph(bool is_acyclic) {
    StepGraph graph;
    graph.count = *rc::gen::inRange<std::size_t>(1, 15);
    const auto below = [](std::size_t most) { return *rc::gen::inRange<std::size_t>(0, most); };
    for (std::uint32_t s = 1; s < graph.count; ++s) {
        // Everything is needed, near or far, by step 0.
        const auto by = static_cast<std::uint32_t>(below(s));
        graph.dependencies.push_back({by, s, static_cast<double>(1 + below(9)) / 10});
    }
    for (std::size_t extra = graph.count > 1 ? below(20) : 0; extra > 0; --extra) {
        auto a = static_cast<std::uint32_t>(below(graph.count));
        auto b = static_cast<std::uint32_t>(below(graph.count));
        if (a == b) continue;
        if (is_acyclic && a > b) std::swap(a, b);
        graph.dependencies.push_back({a, b, 0.5});
    }
    graph.goals = {0};
    return graph;
}

TEST(Steps, EveryStepComesOnceAndAfterWhatItNeeds) {
    ASSERT_TRUE(rc::check([] {
        const StepGraph graph = some_graph(true);
        const auto order = order_of(graph);
        RC_ASSERT(std::set<std::uint32_t>(order.begin(), order.end()).size() == graph.count);
        RC_ASSERT(order.size() == graph.count);
        const auto place = [&](std::uint32_t s) {
            return std::find(order.begin(), order.end(), s) - order.begin();
        };
        for (const auto& link : graph.dependencies) {
            RC_ASSERT(place(link.needs) < place(link.step));
        }
        RC_ASSERT(order_of(graph) == order);
    }));
}

TEST(Steps, ItIsAnOrderOrACycleThatIsThere) {
    ASSERT_TRUE(rc::check([] {
        const StepGraph graph = some_graph(false);
        const auto result = order_steps(graph);
        const auto* cycle = std::get_if<DependencyCycle>(&result);
        if (cycle == nullptr) {
            return;
        }
        const auto& steps = cycle->steps;
        RC_ASSERT(std::set<std::uint32_t>(steps.begin(), steps.end()).size() == steps.size());
        RC_ASSERT(*std::min_element(steps.begin(), steps.end()) == steps.front());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const std::uint32_t next = steps[(i + 1) % steps.size()];
            RC_ASSERT(std::any_of(graph.dependencies.begin(), graph.dependencies.end(),
                                  [&](const Dependency& link) {
                                      return link.step == steps[i] && link.needs == next;
                                  }));
        }
    }));
}

}  // namespace
}  // namespace soma::domain
