#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/link.h"

namespace soma::domain {

/// Verdicts of one batch, at most.
inline constexpr std::size_t kMaxFlowVerdicts = 64;
/// Links that one batch flows through and writes, at most.
inline constexpr std::size_t kMaxFlowLinks = 2'000;

/// What one verdict drives through the links: a unit current from the memory that was ranked first
/// to those credited, in equal parts.
struct FlowVerdict {
    std::uint64_t sequence = 0;  ///< of the feedback, in the tenant's `state` stream
    Uuid source;
    std::vector<Uuid> sinks;

    friend bool operator==(const FlowVerdict&, const FlowVerdict&) = default;
};

/// What a batch did.
struct FlowBatch {
    std::vector<Gain> gains;     ///< of the links in components where a current flowed
    std::size_t flowed = 0;      ///< verdicts that had a way
    double kirchhoff_error = 0;  ///< the greatest ‖BᵀQ − b‖∞ of their currents
};

/// One step of FRGO (math/frgo) over `links` at `now`. Each verdict's current Q flows at the
/// conductances that the batch finds, to those of its sinks that links lead to; the source is none
/// of its own sinks. Then C ← clip(C + η(Σ|Q|^α − nλ C)), n being the verdicts that flowed in the
/// link's component: their order does not matter, and one verdict is FRGO's own step. Other
/// components stand as they are: where all links fade alike, no walk changes. Links must be no more
/// than kMaxFlowLinks, verdicts no more than kMaxFlowVerdicts. Pure.
FlowBatch flow_batch(std::span<const Link> links, std::span<const FlowVerdict> verdicts, Time now);

}  // namespace soma::domain
