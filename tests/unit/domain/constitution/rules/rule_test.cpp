#include "domain/constitution/rules/rule.h"

#include <gtest/gtest.h>

#include <set>

namespace soma::domain {
namespace {

TEST(Rule, AmountsReadBackFromTheirNames) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kAmountCount; ++i) {
        const auto amount = static_cast<Amount>(i);
        EXPECT_EQ(parse_amount(amount_name(amount)), amount);
        names.insert(amount_name(amount));
    }
    EXPECT_EQ(names.size(), kAmountCount);
    EXPECT_FALSE(parse_amount("Items"));
    EXPECT_FALSE(parse_amount(""));
}

}  // namespace
}  // namespace soma::domain
