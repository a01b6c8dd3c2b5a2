#pragma once
#include <cstddef>
#include <optional>

#include "domain/ledger/plan.h"

namespace soma::domain {

/// More proposals than this are not kept for the next version: activate one first.
inline constexpr std::size_t kMaxOpenProposals = 256;

/// Why a step of the law is not taken; nullopt: it is. Asks the whole law again, with what was
/// found under the pointer's lock: whoever waited for the lock may have become wrong meanwhile.
/// Pure.
std::optional<Outcome> refuse_step(const LawChange& change, const LawFindings& found, Time now);

}  // namespace soma::domain
