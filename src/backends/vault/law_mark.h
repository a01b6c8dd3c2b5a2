#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "backends/vault/vault.h"
#include "base/time.h"

namespace soma::backends {

/// A version of the law and its identity (64 bytes).
struct MarkedLaw {
    std::uint64_t version = 0;
    std::string hash;

    friend bool operator==(const MarkedLaw&, const MarkedLaw&) = default;
};

/// The highest version of the law that was ever put in force, in OpenBao's KV, apart from every
/// store that holds laws: whoever rolls those back is told by it. It only rises. Thread-safe, and
/// any number of processes may raise it at once. Sealed, down or slow: Error(unavailable). A mark
/// that cannot be read as one is Error(internal): nobody but an administrator can have written it.
class LawMark {
  public:
    explicit LawMark(Vault& vault) : vault_(vault) {}

    /// nullopt: no law was ever in force here.
    std::optional<MarkedLaw> read(const Deadline& deadline);

    /// Raises the mark to `law` and answers how it stands then: `law`, or a newer one that
    /// somebody else raised it to. Throws Error(conflict) when it holds another hash under that
    /// number. Doing it again changes nothing, so an ambiguous failure may be repeated.
    MarkedLaw raise(const MarkedLaw& law, const Deadline& deadline);

  private:
    Vault& vault_;
};

}  // namespace soma::backends
