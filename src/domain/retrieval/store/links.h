#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/uuid.h"
#include "domain/memory/link.h"
#include "domain/retrieval/rescoring/figures.h"

namespace soma::domain {

/// Which edges walkers follow, and in proportion to what.
enum class Walk : std::uint8_t {
    said,    ///< links that callers made, by their weights
    learnt,  ///< co-use's too, by their conductances
};

/// A tenant's links, for the graph view. Not thread-safe: many readers or one writer.
class LinkTable {
  public:
    /// A link as it is now: new, or in the place of the same one before.
    void put(const Link& link);
    /// Of a link that is not here nothing is kept.
    void set_gain(const Gain& gain);
    /// Forgets a memory's links, in both directions.
    void remove(const Uuid& memory);

    std::size_t size() const { return links_.size(); }
    std::size_t bytes() const;

    /// Personalised PageRank over the links that join memories `here` holds for, both ways, in
    /// proportion to what `walk` says; walkers start, and start again, at memories in proportion to
    /// `seed` ≥ 0. Of each linked memory its rank as a share of the greatest: in [0, 1]. Empty when
    /// no linked memory has a seed. All links fade alike, so the time does not matter. Equal links
    /// give equal ranks, whatever order they were put in. Fills `figures`. O(links).
    std::unordered_map<Uuid, double> ranks(const std::function<bool(const Uuid&)>& here,
                                           const std::function<double(const Uuid&)>& seed,
                                           ModuleFigures& figures, Walk walk = Walk::said) const;

  private:
    std::map<LinkKey, Link> links_;
    std::unordered_map<Uuid, std::unordered_set<Uuid>> neighbours_;
};

}  // namespace soma::domain
