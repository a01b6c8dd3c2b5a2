#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "backends/object_store/object_store.h"
#include "base/time.h"
#include "base/uuid.h"

namespace soma::services {

/// Files of logs under COMPLIANCE lock, each written once. Thread-safe. Throws Error(unavailable)
/// when object storage does not serve, and Error(conflict) when it holds other bytes under a name.
class TileArchive {
  public:
    TileArchive(backends::ObjectStore& store, std::chrono::days retention)
        : store_(store), retention_(retention) {}

    /// On return the file is there, was read back, has these bytes, and is locked. Doing it again
    /// changes nothing. `path` is within the log, as in tlog-tiles.
    void save(const Uuid& log_id, std::string_view path, std::string_view bytes,
              const Deadline& deadline);

  private:
    backends::ObjectStore& store_;
    std::chrono::days retention_;
};

}  // namespace soma::services
