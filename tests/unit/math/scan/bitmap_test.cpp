#include "math/scan/bitmap.h"

#include <set>

#include "support/property.h"

namespace soma::math {
namespace {

TEST(Bitmap, EqualsASetUnderAnyChanges) {
    test::property([] {
        const auto size = *rc::gen::inRange<std::size_t>(1, 300);
        Bitmap bitmap(size);
        std::set<std::size_t> expected;
        const auto moves =
            *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, size));
        for (std::size_t i = 0; i < moves.size(); ++i) {
            if (i % 3 == 2) {
                bitmap.reset(moves[i]);
                expected.erase(moves[i]);
            } else {
                bitmap.set(moves[i]);
                expected.insert(moves[i]);
            }
        }
        std::vector<std::size_t> visited;
        bitmap.for_each([&](std::size_t i) { visited.push_back(i); });
        RC_ASSERT(visited == std::vector<std::size_t>(expected.begin(), expected.end()));
        RC_ASSERT(bitmap.count() == expected.size());
    });
}

TEST(Bitmap, CuttingLeavesNothingBehindTheEnd) {
    Bitmap bitmap(130);
    for (std::size_t i = 0; i < 130; ++i) {
        bitmap.set(i);
    }
    bitmap.resize(70);
    bitmap.resize(130);
    EXPECT_EQ(bitmap.count(), 70U);
    EXPECT_FALSE(bitmap.test(70));
}

TEST(Bitmap, IntersectionCountsAMissingTailAsZeros) {
    Bitmap wide(200);
    wide.set(3);
    wide.set(199);
    Bitmap narrow(10);
    narrow.set(3);
    narrow.set(4);
    wide.intersect(narrow);
    EXPECT_EQ(wide.count(), 1U);
    EXPECT_TRUE(wide.test(3));
}

TEST(Bitmap, UnionsAndComplementsStayWithinTheSize) {
    Bitmap bitmap(70);
    bitmap.set(69);
    Bitmap narrow(10);
    narrow.set(0);
    bitmap.unite(narrow);
    EXPECT_EQ(bitmap.count(), 2U);
    bitmap.invert();
    EXPECT_EQ(bitmap.count(), 68U);
    EXPECT_FALSE(bitmap.test(0) || bitmap.test(69));
    bitmap.invert();
    EXPECT_EQ(bitmap.count(), 2U);
    bitmap.set_word(0, 0);
    EXPECT_EQ(bitmap.count(), 1U);
    Bitmap none(0);
    none.invert();
    EXPECT_EQ(none.count(), 0U);
}

}  // namespace
}  // namespace soma::math
