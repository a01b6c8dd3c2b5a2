#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace soma::domain {

/// Where a list of checkpoints goes on: behind the one of that log and size. As text
/// "<log id>/<size>"; it grants nothing and hides nothing.
struct CheckpointPlace {
    Uuid log;
    std::uint64_t size = 0;  ///< kMaxTreeSize at most

    std::string to_string() const;
    /// nullopt for anything that to_string() does not write.
    static std::optional<CheckpointPlace> parse(std::string_view text);
    friend bool operator==(const CheckpointPlace&, const CheckpointPlace&) = default;
};

}  // namespace soma::domain
