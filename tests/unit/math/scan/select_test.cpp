#include "math/scan/select.h"

#include "support/property.h"

namespace soma::math {
namespace {

struct Scored {
    int score;
    int sequence;
    friend bool operator==(const Scored&, const Scored&) = default;
};

bool better(const Scored& a, const Scored& b) {
    return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
}

TEST(Select, EqualsSortingEverythingWhateverTheOrder) {
    test::property([] {
        // Many ties; some of all and a few of many.
        const auto size = *rc::gen::inRange<std::size_t>(0, 1000);
        const auto scores = *rc::gen::container<std::vector<int>>(size, rc::gen::inRange(0, 5));
        const auto count = *rc::gen::inRange<std::size_t>(1, 20);
        std::vector<Scored> items;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            items.push_back({scores[i], static_cast<int>(i)});
        }
        std::vector<Scored> expected = items;
        std::sort(expected.begin(), expected.end(), better);
        expected.resize(std::min(count, expected.size()));
        std::reverse(items.begin(), items.end());
        keep_best(items, count, better);
        RC_ASSERT(items == expected);
    });
}

}  // namespace
}  // namespace soma::math
