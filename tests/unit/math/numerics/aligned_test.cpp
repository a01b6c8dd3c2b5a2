#include "math/numerics/aligned.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

TEST(AlignedVector, BeginsOnACacheLineWhateverItsSize) {
    test::property([] {
        auto random = test::case_random();
        AlignedVector<float> x(1 + random.below(1000), 1.0F);
        x.resize(x.size() + random.below(1000));
        RC_ASSERT(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
        const auto copy = x;
        RC_ASSERT(copy == x);
        RC_ASSERT(reinterpret_cast<std::uintptr_t>(copy.data()) % 64 == 0);
    });
}

}  // namespace
}  // namespace soma::math
