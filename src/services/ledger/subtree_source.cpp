#include "services/ledger/subtree_source.h"

#include "domain/ledger/merkle/tile.h"

namespace soma::services {

domain::SubtreeSource subtree_source(backends::Checkpoints& store, const backends::LogState& log,
                                     const Deadline& deadline) {
    return [&store, log, deadline](const domain::Subtree& subtree) {
        const unsigned kept = subtree.level / domain::kTileHeight;
        const unsigned above = subtree.level % domain::kTileHeight;
        const std::uint64_t first = subtree.index << above;
        const std::uint64_t count = std::uint64_t{1} << above;
        return domain::root_over(kept == 0 ? store.leaves(log, first, count, deadline)
                                           : store.subtrees(log, kept, first, count, deadline));
    };
}

}  // namespace soma::services
