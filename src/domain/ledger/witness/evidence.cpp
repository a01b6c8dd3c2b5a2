#include "domain/ledger/witness/evidence.h"

#include <algorithm>

namespace soma::domain {

std::string_view alarm_name(WitnessAlarm alarm) {
    switch (alarm) {
        case WitnessAlarm::fork:
            return "fork";
        case WitnessAlarm::rollback:
            return "rollback";
        case WitnessAlarm::bad_proof:
            break;
    }
    return "bad_proof";
}

bool keep_evidence(std::vector<Evidence>& kept, const Evidence& found) {
    const auto of_kind = std::count_if(
        kept.begin(), kept.end(), [&](const Evidence& each) { return each.alarm == found.alarm; });
    const bool there = std::any_of(kept.begin(), kept.end(), [&](const Evidence& each) {
        return each.alarm == found.alarm && each.theirs == found.theirs;
    });
    if (there || static_cast<std::size_t>(of_kind) >= kMaxEvidenceOfAlarm) {
        return false;
    }
    kept.push_back(found);
    return true;
}

}  // namespace soma::domain
