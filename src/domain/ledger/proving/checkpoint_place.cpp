#include "domain/ledger/proving/checkpoint_place.h"

#include <charconv>

#include "domain/ledger/merkle/tree.h"

namespace soma::domain {

std::string CheckpointPlace::to_string() const {
    return log.to_string() + "/" + std::to_string(size);
}

std::optional<CheckpointPlace> CheckpointPlace::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto log = Uuid::parse(text.substr(0, slash));
    if (!log || slash == text.npos) {
        return std::nullopt;
    }
    CheckpointPlace place{*log, 0};
    const auto digits = text.substr(slash + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), place.size);
    const bool is_exact = place.to_string() == text && place.size <= kMaxTreeSize;
    return is_exact ? std::optional(place) : std::nullopt;
}

}  // namespace soma::domain
