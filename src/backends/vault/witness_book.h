#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/vault/vault.h"
#include "base/time.h"
#include "domain/ledger/witness/judgement.h"

namespace soma::backends {

/// A log as a witness remembers it, and the version that check-and-set compares.
struct WitnessPage {
    std::optional<domain::Witnessed> seen;
    std::uint64_t version = 0;
};

/// A witness's memory in OpenBao's KV: for each log its newest checkpoint, written by
/// check-and-set, and what it was alarmed by. It deletes nothing: an alarm ends when an
/// administrator takes the evidence away. Thread-safe, and any number of processes may write at
/// once. Sealed, down or slow: Error(unavailable). What cannot be read as what was written is
/// Error(internal): somebody else wrote it.
class WitnessBook {
  public:
    explicit WitnessBook(Vault& vault) : vault_(vault) {}

    WitnessPage read(std::string_view origin, const Deadline& deadline);
    /// False when another writer was faster than us since `version` was read. A page that was
    /// deleted is never written again: whoever deleted it took the log's history away.
    bool write_if(const domain::Witnessed& now, std::uint64_t version, const Deadline& deadline);

    std::vector<domain::Evidence> evidence(const Deadline& deadline);
    /// On return it is there, or there is enough of its kind. Whether it is new.
    bool keep(const domain::Evidence& found, const Deadline& deadline);

  private:
    Vault& vault_;
};

}  // namespace soma::backends
