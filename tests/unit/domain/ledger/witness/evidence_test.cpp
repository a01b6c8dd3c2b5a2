#include "domain/ledger/witness/evidence.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

Evidence found(WitnessAlarm alarm, int number) {
    return {alarm, 7, "ours", "theirs " + std::to_string(number)};
}

TEST(WitnessEvidenceTest, TheFirstOfEachKindAreKeptAndNoMore) {
    std::vector<Evidence> kept;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(keep_evidence(kept, found(WitnessAlarm::rollback, i)), i < 8);
    }
    EXPECT_EQ(kept.size(), kMaxEvidenceOfAlarm);
    EXPECT_EQ(kept.back(), found(WitnessAlarm::rollback, 7));
    EXPECT_TRUE(keep_evidence(kept, found(WitnessAlarm::fork, 0))) << "a flood hides no fork";
    EXPECT_TRUE(keep_evidence(kept, found(WitnessAlarm::bad_proof, 0)));
    EXPECT_EQ(kept.size(), kMaxEvidenceOfAlarm + 2);
}

TEST(WitnessEvidenceTest, TheSameTwiceIsKeptOnce) {
    std::vector<Evidence> kept;
    EXPECT_TRUE(keep_evidence(kept, found(WitnessAlarm::fork, 1)));
    auto later = found(WitnessAlarm::fork, 1);
    later.time = 8;
    EXPECT_FALSE(keep_evidence(kept, later));
    EXPECT_TRUE(keep_evidence(kept, found(WitnessAlarm::bad_proof, 1)));
    EXPECT_EQ(kept.size(), 2U);
}

TEST(WitnessEvidenceTest, AlarmsHaveNames) {
    EXPECT_EQ(alarm_name(WitnessAlarm::fork), "fork");
    EXPECT_EQ(alarm_name(WitnessAlarm::rollback), "rollback");
    EXPECT_EQ(alarm_name(WitnessAlarm::bad_proof), "bad_proof");
}

}  // namespace
}  // namespace soma::domain
