#pragma once
#include <chrono>

#include "server/http_types.h"
#include "services/witness/witness.h"

namespace soma::server {

/// The longest the witness takes for one answer; then nothing more is signed for that request.
inline constexpr std::chrono::milliseconds kWitnessTime{5'000};

/// POST /add-checkpoint goes to `witness`, which outlives the site; all else to `operations`.
Site make_witness_site(services::Witness& witness, Site operations);

}  // namespace soma::server
