#pragma once
#include <cstdint>
#include <string>
#include <variant>

#include "backends/http/client.h"
#include "base/time.h"
#include "domain/ledger/witness/protocol.h"

namespace soma::backends {

/// Signature lines, as sent.
struct WitnessLines {
    std::string text;
};
/// "I have cosigned a tree of this size": another one than the request continues, or another root.
struct WitnessSize {
    std::uint64_t size = 0;
};
/// It will not, by the number of HTTP: 403, 404, 422, …
struct WitnessRefused {
    int status = 0;
};
using WitnessAnswer = std::variant<WitnessLines, WitnessSize, WitnessRefused>;

/// A witness by its submission prefix, "http://127.0.0.1:9699". Thread-safe.
class WitnessClient {
  public:
    /// `ca_file`: PEM bundle for https; empty: the system's.
    WitnessClient(std::string url, std::string ca_file)
        : url_(std::move(url)), ca_file_(std::move(ca_file)) {}

    /// Throws Error(unavailable) when no answer arrived in time, or 503.
    WitnessAnswer add_checkpoint(const domain::AddCheckpoint& asked, const Deadline& deadline);

  private:
    const std::string url_;
    const std::string ca_file_;
    HttpClient http_;
};

}  // namespace soma::backends
