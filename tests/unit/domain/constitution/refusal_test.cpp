#include "domain/constitution/refusal.h"

#include <gtest/gtest.h>

#include <set>

namespace soma::domain {
namespace {

TEST(LawRefusal, EveryReasonHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(RefusalReason::disagreement); ++i) {
        const auto name = reason_name(static_cast<RefusalReason>(i));
        EXPECT_FALSE(name.empty());
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_EQ(reason_name(RefusalReason::document), "document");
    EXPECT_EQ(reason_name(RefusalReason::old_threshold), "old_threshold");
    EXPECT_EQ(reason_name(RefusalReason::disagreement), "disagreement");
}

}  // namespace
}  // namespace soma::domain
