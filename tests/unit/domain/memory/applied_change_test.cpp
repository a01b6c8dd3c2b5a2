#include "domain/memory/applied_change.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

// One memory is shared by all who follow the stream: a copy of the change copies no text.
TEST(AppliedChange, CopiesShareTheMemory) {
    const auto memory = std::make_shared<const Memory>();
    const AppliedChange change{Uuid{}, 7, Inserted{memory, std::nullopt, std::nullopt}};
    const AppliedChange copy = change;
    EXPECT_EQ(std::get<Inserted>(copy.change).memory.get(), memory.get());
    EXPECT_EQ(copy.sequence, 7U);
}

}  // namespace
}  // namespace soma::domain
