#include "domain/filter/filter.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using Values = std::vector<FilterValue>;

bool holds(const FilterValue& value, FilterOp op, Values wanted, bool is_item = false) {
    return satisfies(value, is_item, {FilterField::metadata, "metadata.x", op, std::move(wanted)});
}
FilterValue text(const char* value) {
    return std::string(value);
}

TEST(Filter, OrdersCompareWithinAType) {
    for (const auto& [low, high] : std::vector<std::pair<FilterValue, FilterValue>>{
             {1.5, 2.0}, {text("a"), text("b")}, {Time(), Time(std::chrono::microseconds(1))}}) {
        EXPECT_TRUE(holds(low, FilterOp::lt, {high}) && !holds(high, FilterOp::lt, {low}));
        EXPECT_FALSE(holds(low, FilterOp::lt, {low}) || holds(low, FilterOp::gt, {low}));
        EXPECT_TRUE(holds(low, FilterOp::lte, {low}) && holds(low, FilterOp::gte, {low}));
        EXPECT_TRUE(holds(low, FilterOp::lte, {high}) && !holds(high, FilterOp::lte, {low}));
        EXPECT_TRUE(holds(high, FilterOp::gt, {low}) && !holds(low, FilterOp::gt, {high}));
        EXPECT_TRUE(holds(high, FilterOp::gte, {low}) && !holds(low, FilterOp::gte, {high}));
    }
}

TEST(Filter, AnotherTypeSatisfiesNothingButExists) {
    for (const FilterOp op : {FilterOp::eq, FilterOp::lt, FilterOp::lte, FilterOp::gt,
                              FilterOp::gte, FilterOp::in, FilterOp::contains, FilterOp::prefix}) {
        for (const bool is_item : {false, true}) {
            EXPECT_FALSE(holds(1.0, op, {text("1")}, is_item));
            EXPECT_FALSE(holds(true, op, {text("true")}, is_item));
        }
    }
    EXPECT_FALSE(holds(text("1"), FilterOp::lt, {2.0}));
    EXPECT_TRUE(holds(1.0, FilterOp::exists, {}));
}

TEST(Filter, TextsHaveParts) {
    EXPECT_TRUE(holds(text("winter"), FilterOp::prefix, {text("win")}));
    EXPECT_FALSE(holds(text("winter"), FilterOp::prefix, {text("int")}));
    EXPECT_TRUE(holds(text("winter"), FilterOp::contains, {text("int")}));
    EXPECT_FALSE(holds(text("winter"), FilterOp::contains, {text("Int")}));
    EXPECT_TRUE(holds(text("winter"), FilterOp::contains, {text("")}));
}

TEST(Filter, ItemsAreContainedWhole) {
    EXPECT_TRUE(holds(text("winter"), FilterOp::contains, {text("winter")}, true));
    EXPECT_FALSE(holds(text("winter"), FilterOp::contains, {text("int")}, true));
    EXPECT_TRUE(holds(2.0, FilterOp::contains, {2.0}, true));
    EXPECT_FALSE(holds(2.0, FilterOp::contains, {2.0}, false)) << "a number has no parts";
    EXPECT_TRUE(holds(text("winter"), FilterOp::prefix, {text("win")}, true));
}

TEST(Filter, InTakesAnyOfItsValues) {
    EXPECT_TRUE(holds(text("b"), FilterOp::in, {1.0, text("b"), true}));
    EXPECT_FALSE(holds(text("c"), FilterOp::in, {1.0, text("b"), true}));
    EXPECT_TRUE(holds(true, FilterOp::eq, {true}));
    EXPECT_FALSE(holds(false, FilterOp::eq, {true}));
}

}  // namespace
}  // namespace soma::domain
