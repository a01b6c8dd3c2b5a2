#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "domain/constitution/chain.h"

namespace soma::backends {

/// The law's empty tables filled with versions, in one transaction: until commit() there is
/// nothing, and the pointer is locked, so that no service gives a law meanwhile. Logs in as the
/// schema's owner. Not thread-safe. Throws Error(conflict) when a version or a proposal is there
/// already.
class LawRefill {
  public:
    LawRefill(const ConnectionSettings& owner, const Deadline& deadline);
    ~LawRefill();
    LawRefill(const LawRefill&) = delete;
    LawRefill& operator=(const LawRefill&) = delete;

    /// The next version, from 1 on, as one that was activated, and was found locked, at `now`.
    void add(std::uint64_t version, std::string_view hash, const domain::SignedVersion& content,
             Time now);
    void commit();

  private:
    const Deadline deadline_;
    std::unique_ptr<Connection> connection_;
    bool committed_ = false;
};

}  // namespace soma::backends
