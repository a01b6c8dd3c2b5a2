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

/// The type of links that co-use makes, and nobody else: undirected, from the lower id to the
/// higher.
inline constexpr std::string_view kCoUsed = "co_used";
/// Those of one memory: they take no room from links that callers make.
inline constexpr std::size_t kMaxCoUsedLinks = 100;
/// η of Hebb's rule: what one verdict with reward 1 adds.
inline constexpr double kCoUseRate = 0.1;

/// Bounds of a link's gain and of its conductance.
inline constexpr double kMinLinkConductance = 1e-9;
inline constexpr double kMaxLinkConductance = 1e3;

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
    /// What currents made of it, in the bounds above: its conductance is weight times gain.
    double gain = 1;

    friend bool operator==(const Link&, const Link&) = default;
};

/// What currents made of a link.
struct Gain {
    LinkKey key;
    double gain = 1;  ///< within the bounds above

    friend bool operator==(const Gain&, const Gain&) = default;
};

/// The link's weight at `now`; a clock that went back finds it as it was last written.
double link_weight_at(const Link& link, Time now);

/// The link after `weight` in (0, 1] was said of it at `now`: a new one weighs just that; one that
/// was there fades to now and then takes that share of what is missing to 1, so weights grow and
/// never pass 1. Its numbers are left as they were.
Link reinforced_link(const LinkKey& key, const std::optional<Link>& before, double weight,
                     Time now);

/// The link after its two memories, each as active as the square root of `reward` in (0, 1], were
/// of use together at `now`: w ← min(1, (1−δ)^Δt w + η reward), Δt in days (math/hebbian). Its
/// numbers are left as they were.
Link co_used_link(const LinkKey& key, const std::optional<Link>& before, double reward, Time now);

/// weight(now) · gain, within the bounds: what the module `conductance` walks and flows by.
double conductance_at(const Link& link, Time now);

}  // namespace soma::domain
