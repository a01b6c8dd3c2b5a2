#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backends/vault/newest_signer.h"
#include "backends/vault/witness_book.h"
#include "base/time.h"
#include "domain/ledger/witness/judgement.h"

namespace soma::services {

/// The transit key in OpenBao that cosigns, Ed25519.
inline constexpr std::string_view kWitnessKey = "soma-witness";

struct WitnessSettings {
    std::string name;  ///< of its key
    /// The keys of the logs it is to trust. Asked at the start, and again when an unknown log
    /// calls; may throw Error.
    std::function<std::vector<domain::NoteKey>()> logs;
    std::chrono::milliseconds reread{1'000};  ///< not asked more often than that
};

/// A signature line, newline included.
struct Cosigned {
    std::string line;
};

/// Decides, remembers, signs, in this order. Thread-safe, and others may run over the same OpenBao:
/// of one log never two roots of one size are signed, and never a size below one that was.
class Witness {
  public:
    /// Throws what `settings.logs` throws.
    Witness(WitnessSettings settings, backends::Vault& vault);

    /// Throws Error(unavailable) when OpenBao does not serve: then nothing was signed, and it may
    /// be asked again.
    std::variant<Cosigned, domain::Refusal> add_checkpoint(const domain::AddCheckpoint& asked,
                                                           const Deadline& deadline);

    /// What alarmed it, and nobody took away since.
    std::vector<domain::Evidence> evidence(const Deadline& deadline) {
        return book_.evidence(deadline);
    }

  private:
    using Keys = std::shared_ptr<const std::vector<domain::NoteKey>>;

    Keys keys_for(const std::string& origin);
    std::variant<Cosigned, domain::Refusal> answer(const domain::AddCheckpoint& asked,
                                                   const Deadline& deadline);
    void keep(const domain::Evidence& evidence, const std::string& origin,
              const Deadline& deadline);
    Cosigned sign(const domain::Witnessed& now, const Deadline& deadline);

    const WitnessSettings settings_;
    backends::WitnessBook book_;
    backends::NewestSigner signer_;
    std::mutex mutex_;  ///< guards these
    Keys keys_;
    Deadline::Clock::time_point read_at_;
};

}  // namespace soma::services
