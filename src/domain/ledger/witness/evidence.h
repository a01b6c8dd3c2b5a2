#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace soma::domain {

/// How a log contradicted, under its own signature, what it had signed before.
enum class WitnessAlarm : std::uint8_t {
    fork,       ///< two roots for one size: proof that stands by itself
    rollback,   ///< a tree smaller than the one it had: an older state, or an old checkpoint sent
                ///< again
    bad_proof,  ///< a larger tree that was not shown to continue the one it had
};
std::string_view alarm_name(WitnessAlarm alarm);

/// Both checkpoints, as signed by the log.
struct Evidence {
    WitnessAlarm alarm{};
    std::uint64_t time = 0;  ///< seconds since 1970
    std::string ours;        ///< note of what was cosigned
    std::string theirs;      ///< note of what was refused

    friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// Of each alarm so many are kept, the first ones: a flood of one does not hide another.
inline constexpr std::size_t kMaxEvidenceOfAlarm = 8;

/// Adds it unless there are enough of its kind or this one is there. Whether it was added.
bool keep_evidence(std::vector<Evidence>& kept, const Evidence& found);

}  // namespace soma::domain
