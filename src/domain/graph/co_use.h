#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/link.h"

namespace soma::domain {

/// Of a verdict's memories so many, the first named, are joined with one another: 45 pairs.
inline constexpr std::size_t kMostCoUsed = 10;

/// A verdict as the memory graph hears it: which memory the evaluation ranked first, and which were
/// of use. None names a memory twice.
struct CoUse {
    double reward = 0;  ///< in (0, 1]
    Uuid first_ranked;
    std::vector<Uuid> credited;  ///< at least one
};

/// A memory that links may join, and how many join it.
struct LinkEnd {
    std::optional<Time> expires_at;
    std::size_t links = 0;  ///< from and to it, made by callers
    std::size_t co_used = 0;
};

/// The links between the first kMostCoUsed credited memories, each from the lower id to the higher.
std::vector<LinkKey> co_use_keys(const CoUse& use);

/// The links that the verdict makes or strengthens at `now`, in the order of co_use_keys(). Left
/// out are pairs of which a memory is not among `ends` or has expired, and new links of a memory
/// that has kMaxCoUsedLinks. `links` are those there; both are carried on as the verdict leaves
/// them. Pure.
std::vector<Link> strengthen(const CoUse& use, Time now, std::map<LinkKey, Link>& links,
                             std::map<Uuid, LinkEnd>& ends);

}  // namespace soma::domain
