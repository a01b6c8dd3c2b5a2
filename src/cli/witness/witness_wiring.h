#pragma once
#include "backends/vault/vault.h"
#include "config/config.h"
#include "services/ledger/witnessing.h"
#include "services/witness/witness.h"

namespace soma::cli {

/// OpenBao under the witness's own login.
backends::VaultConfig witness_vault(const config::Config& config);
services::WitnessSettings witness_settings(const config::Config& config);

/// What `serve` asks a witness with. Throws Error(invalid_argument) when one is named whose keys
/// cannot be read.
services::WitnessingSettings witnessing_settings(const config::Config& config);

}  // namespace soma::cli
