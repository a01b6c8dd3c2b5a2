#include "domain/retrieval/store/value_lists.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace soma::domain {
namespace {

using Named = std::vector<NamedValue>;

class Chance {
  public:
    explicit Chance(unsigned seed) : random_(seed) {}
    std::size_t below(std::size_t n) { return random_() % n; }

    FilterValue value() {
        static const std::vector<std::string> texts = {
            "", "a", "ab", "abc", "b", "ba", "long enough to be on the heap"};
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
            out.values[0] = std::string(below(3), 'a');
        }
        return out;
    }

  private:
    std::mt19937 random_;
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

TEST(ValueLists, EqualTheDefinitionAfterAnyChanges) {
    constexpr std::size_t slots = 90;
    Chance chance(5);
    ValueLists lists;
    std::map<std::uint32_t, Named> kept;
    for (int step = 0; step < 3000; ++step) {
        const auto slot = static_cast<std::uint32_t>(chance.below(slots));
        if (const auto found = kept.find(slot); found != kept.end()) {
            lists.remove(slot, found->second);
            kept.erase(found);
        } else {
            lists.add(slot, kept.emplace(slot, chance.values()).first->second);
        }
        const FilterCondition condition = chance.condition();
        math::Bitmap found(slots);
        lists.collect(condition, found);
        for (std::uint32_t i = 0; i < slots; ++i) {
            const bool expected = kept.contains(i) && holds(kept.at(i), condition);
            ASSERT_EQ(found.test(i), expected)
                << "step " << step << " op " << static_cast<int>(condition.op);
        }
    }
    for (const auto& [slot, values] : kept) {
        lists.remove(slot, values);
    }
    EXPECT_EQ(lists.bytes(), 0U);
}

}  // namespace
}  // namespace soma::domain
