#include "domain/retrieval/store/value_lists.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace soma::domain {
namespace {

using Named = std::vector<NamedValue>;

class Chance {
  public:
    /// `texts`: how many different ones there are beside a few short ones.
    Chance(unsigned seed, std::size_t texts) : random_(seed), texts_(texts) {}
    std::size_t below(std::size_t n) { return random_() % n; }

    FilterValue value() {
        static const std::vector<std::string> texts = {
            "", "a", "ab", "abc", "b", "ba", "long enough to be on the heap"};
        if (below(10 + texts_) >= 10) {
            return std::to_string(below(texts_)) + " of many texts";
        }
        switch (below(4)) {
            case 0:
                return below(2) == 0;
            case 1:
                return static_cast<double>(below(5)) - 2;
            default:
                return texts[below(texts.size())];
        }
    }
    Named values() {
        Named out;
        for (std::size_t i = below(6); i > 0; --i) {
            NamedValue named{std::string(1, static_cast<char>('x' + below(3))), below(2) == 0, {}};
            if (named.is_item || below(8) > 0) {
                named.value = value();
            }
            out.push_back(std::move(named));
        }
        return out;
    }
    FilterCondition condition() {
        FilterCondition out{FilterField::metadata,
                            std::string(1, static_cast<char>('w' + below(4))),
                            static_cast<FilterOp>(below(9)),
                            {}};
        const bool is_order = out.op >= FilterOp::lt && out.op <= FilterOp::gte;
        for (std::size_t i = out.op == FilterOp::in ? 1 + below(3) : 1; i > 0; --i) {
            out.values.push_back(value());
        }
        if (is_order && std::holds_alternative<bool>(out.values[0])) {
            out.values[0] = 0.0;
        }
        if (out.op == FilterOp::prefix) {
            out.values[0] = below(2) == 0 ? std::string(below(3), 'a') : std::to_string(below(40));
        }
        return out;
    }

  private:
    std::mt19937 random_;
    std::size_t texts_;
};

bool holds(const Named& values, const FilterCondition& condition) {
    for (const NamedValue& named : values) {
        if (named.name == condition.name &&
            (named.value ? satisfies(*named.value, named.is_item, condition)
                         : condition.op == FilterOp::exists)) {
            return true;
        }
    }
    return false;
}

void compare_with_definition(Chance chance, std::uint32_t slots, int steps) {
    ValueLists lists;
    std::map<std::uint32_t, Named> kept;
    for (int step = 0; step < steps; ++step) {
        const auto slot = static_cast<std::uint32_t>(chance.below(slots));
        const auto had = kept.find(slot);
        if (had != kept.end() && chance.below(3) == 0) {
            lists.remove(slot, had->second);
            kept.erase(had);
        } else if (had == kept.end()) {
            lists.add(slot, kept.emplace(slot, chance.values()).first->second);
        }
        const FilterCondition condition = chance.condition();
        math::Bitmap found(slots);
        lists.collect(condition, found);
        std::set<std::uint32_t> equal;
        for (const std::uint32_t one : lists.equal(condition.name, condition.values[0])) {
            equal.insert(one);
        }
        static const Named none;
        const NamedValue scalar{condition.name, false, condition.values[0]};
        for (std::uint32_t i = 0; i < slots; ++i) {
            const Named& values = kept.contains(i) ? kept.at(i) : none;
            ASSERT_EQ(found.test(i), holds(values, condition))
                << "step " << step << " op " << static_cast<int>(condition.op);
            ASSERT_EQ(equal.contains(i),
                      std::find(values.begin(), values.end(), scalar) != values.end())
                << "step " << step;
        }
    }
    for (const auto& [slot, values] : kept) {
        lists.remove(slot, values);
    }
    EXPECT_EQ(lists.bytes(), 0U);
}

TEST(ValueLists, EqualTheDefinitionAfterAnyChanges) {
    compare_with_definition(Chance(5, 10), 90, 3000);
}

// So many values that their blocks are split, and emptied again.
TEST(ValueLists, EqualTheDefinitionWithManyValues) {
    compare_with_definition(Chance(6, 1'000'000), 2'000, 4'000);
}

}  // namespace
}  // namespace soma::domain
