// Every order of steps of two committers, a buffer and their losses, at random: an acknowledged
// answer's event is in the ledger once, and none is there twice.
#include "buffer_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace soma::domain::model {
namespace {

/// BUFFER_MODEL_SEEDS asks for more.
std::uint64_t seeds() {
    const char* more = std::getenv("BUFFER_MODEL_SEEDS");
    return more != nullptr ? std::stoull(more) : 3'000;
}

/// The first seed that shows the bug, with what it shows.
std::string found(Bug bug, std::uint64_t count) {
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        const std::string wrong = World(seed, bug).run(120);
        if (!wrong.empty()) {
            return "seed " + std::to_string(seed) + ": " + wrong;
        }
    }
    return "";
}

TEST(BufferModel, NoEventIsLostOrComesTwice) {
    EXPECT_EQ(found(Bug::none, seeds()), "");
}

TEST(BufferModel, EachSeededBugIsFound) {
    for (const Bug bug :
         {Bug::written_before_marked, Bug::retried_without_marks, Bug::presumed_without_marks,
          Bug::seen_not_asked, Bug::asked_before_the_lock, Bug::deleted_before_commit}) {
        EXPECT_NE(found(bug, seeds()), "") << static_cast<int>(bug);
    }
}

}  // namespace
}  // namespace soma::domain::model
