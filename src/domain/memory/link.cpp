#include "domain/memory/link.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "math/hebbian/association.h"

namespace soma::domain {
namespace {

constexpr math::HebbianRule kRule{.decay = kLinkDecayPerDay, .rate = 1, .bound = 1};

double in_days(Time time) {
    return std::chrono::duration<double, std::ratio<86'400>>(time.time_since_epoch()).count();
}

}  // namespace

double link_weight_at(const Link& link, Time now) {
    // From the link's own moment, not from 1970: the difference keeps every microsecond.
    const Time::duration elapsed = std::max(now - link.reinforced_at, Time::duration::zero());
    return math::weight_at(kRule, {link.weight, 0}, in_days(Time(elapsed))).value();
}

Link reinforced_link(const LinkKey& key, const std::optional<Link>& before, double weight,
                     Time now) {
    if (!before) {
        return {key, weight, now, now, 0, 0};
    }
    Link link = *before;
    const double faded = link_weight_at(link, now);
    // Both are active: one as strongly as was said, the other as far as there is room.
    link.weight = math::reinforced(kRule, {faded, 0}, 0, weight, 1 - faded).value().weight;
    link.reinforced_at = std::max(now, link.reinforced_at);
    return link;
}

Link co_used_link(const LinkKey& key, const std::optional<Link>& before, double reward, Time now) {
    constexpr math::HebbianRule rule{.decay = kLinkDecayPerDay, .rate = kCoUseRate, .bound = 1};
    Link link = before.value_or(Link{key, 0, now, now});
    const double faded = link_weight_at(link, now);
    const double active = std::sqrt(reward);
    link.weight = math::reinforced(rule, {faded, 0}, 0, active, active).value().weight;
    link.reinforced_at = std::max(now, link.reinforced_at);
    return link;
}

double conductance_at(const Link& link, Time now) {
    return std::clamp(link_weight_at(link, now) * link.gain, kMinLinkConductance,
                      kMaxLinkConductance);
}

}  // namespace soma::domain
