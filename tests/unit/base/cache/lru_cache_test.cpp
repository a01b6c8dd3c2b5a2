#include "base/cache/lru_cache.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace soma {
namespace {

TEST(LruCache, TheLeastRecentlyUsedLeaves) {
    LruCache<int, std::string> cache(2);
    cache.put(1, "one");
    cache.put(2, "two");
    ASSERT_NE(cache.find(1), nullptr);  // now 2 is the oldest
    cache.put(3, "three");
    EXPECT_EQ(cache.find(2), nullptr);
    ASSERT_NE(cache.find(1), nullptr);
    EXPECT_EQ(*cache.find(1), "one");
    EXPECT_EQ(*cache.find(3), "three");
    EXPECT_EQ(cache.size(), 2u);
}

TEST(LruCache, PutReplacesAndEraseForgets) {
    LruCache<int, int> cache(2);
    cache.put(1, 10);
    cache.put(1, 11);
    EXPECT_EQ(cache.size(), 1u);
    EXPECT_EQ(*cache.find(1), 11);
    EXPECT_TRUE(cache.erase(1));
    EXPECT_FALSE(cache.erase(1));
    cache.put(2, 20);
    cache.clear();
    EXPECT_EQ(cache.size(), 0u);
    EXPECT_EQ(cache.find(2), nullptr);
}

TEST(LruCache, NoCapacityKeepsNothing) {
    LruCache<int, int> cache(0);
    cache.put(1, 1);
    EXPECT_EQ(cache.find(1), nullptr);
}

TEST(LruCache, AgreesWithAListSearchedFromTheFront) {
    ASSERT_TRUE(rc::check("model", [](const std::vector<std::pair<std::uint8_t, bool>>& steps) {
        LruCache<int, int> cache(4);
        std::deque<std::pair<int, int>> model;
        int value = 0;
        for (const auto& [byte, write] : steps) {
            const int key = byte % 8;
            auto found = model.begin();
            while (found != model.end() && found->first != key) ++found;
            const bool known = found != model.end();
            std::pair<int, int> entry = known ? *found : std::pair(key, 0);
            if (known) model.erase(found);
            if (write) {
                entry.second = ++value;
                cache.put(key, value);
            } else {
                const int* seen = cache.find(key);
                RC_ASSERT((seen != nullptr) == known);
                const bool same =
                    !known || *seen == entry.second;  // RC_ASSERT evaluates both sides
                RC_ASSERT(same);
            }
            if (known || write) model.push_front(entry);
            if (model.size() > 4) model.pop_back();
            RC_ASSERT(cache.size() == model.size());
        }
    }));
}

}  // namespace
}  // namespace soma
