#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "domain/constitution/chain.h"

namespace soma::domain {

/// A version that somebody has seen, and its hash (64 bytes).
struct SeenVersion {
    std::uint64_t version = 0;
    std::string hash;

    friend bool operator==(const SeenVersion&, const SeenVersion&) = default;
};

/// What a copy in a cache, which anybody may have written, says against the chain: a version that
/// is newer than its end or another text in the place of its end, if enough holders signed it.
/// nullopt: the copy is the end, an older version, or nothing a quorum ever signed; then the chain
/// heals it. `before` is the chain without its newest version. Pure.
std::optional<SeenVersion> seen_in_copy(const SignedVersion& copy, const Chain& chain,
                                        const Chain& before);

}  // namespace soma::domain
