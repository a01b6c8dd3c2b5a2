#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/uuid.h"

namespace soma::domain {

/// Links of one memory, from and to it together.
inline constexpr std::size_t kMaxLinksPerMemory = 1'000;
/// What a link weighs when nobody says how much.
inline constexpr double kDefaultLinkWeight = 0.5;
/// The share of its weight that a link loses a day.
inline constexpr double kLinkDecayPerDay = 0.01;

/// What names a link: between two memories there is one of each type and direction.
struct LinkKey {
    Uuid from;
    Uuid to;
    std::string type;

    friend auto operator<=>(const LinkKey&, const LinkKey&) = default;
};

/// How strongly two memories belong together, and when that was last said. The weight is that of
/// `reinforced_at` and never rewritten to record decay.
struct Link {
    LinkKey key;
    double weight = 0;  ///< in (0, 1]
    Time reinforced_at;
    Time created_at;
    std::uint64_t sequence = 0;  ///< of the last reinforcement, in the tenant's `state` stream
    std::uint64_t log_index = 0;

    friend bool operator==(const Link&, const Link&) = default;
};

/// The link's weight at `now`; a clock that went back finds it as it was last written.
double link_weight_at(const Link& link, Time now);

/// The link after `weight` in (0, 1] was said of it at `now`: a new one weighs just that; one that
/// was there fades to now and then takes that share of what is missing to 1, so weights grow and
/// never pass 1. Its numbers are left as they were.
Link reinforced_link(const LinkKey& key, const std::optional<Link>& before, double weight,
                     Time now);

}  // namespace soma::domain
