#include "services/ledger/tile_archive.h"

#include <algorithm>

#include "base/error.h"
#include "domain/ledger/merkle/tile.h"

namespace soma::services {

static_assert(domain::kMaxBundleBytes <= backends::kMaxObjectBytes);

void TileArchive::save(const Uuid& log_id, std::string_view path, std::string_view bytes,
                       const Deadline& deadline) {
    const std::string name = "ledger/" + log_id.to_string() + "/" + std::string(path);
    const Time now = wall_clock_now();
    // Whoever was first, we or the process before us: what is there now is what is looked at.
    store_.put_locked(name, bytes, now + retention_, deadline);
    const auto listed = store_.first_versions(name, deadline);
    const auto found = std::find_if(listed.begin(), listed.end(),
                                    [&](const auto& each) { return each.name == name; });
    if (found == listed.end()) {
        throw Error(ErrorKind::unavailable, "object storage did not keep a tile", name);
    }
    if (store_.read(*found, deadline) != bytes) {
        throw Error(ErrorKind::conflict, "object storage holds other bytes under a tile's name",
                    name);
    }
    const auto lock = store_.lock(*found, deadline);
    if (!lock || !lock->compliance || lock->until < now) {
        throw Error(ErrorKind::unavailable, "object storage does not lock a tile", name);
    }
}

}  // namespace soma::services
