#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <variant>

#include "domain/constitution/document/document.h"
#include "domain/constitution/refusal.h"

namespace soma::domain {

/// One holder's word: the key itself (32 bytes), because an id may pass from key to key, and the
/// Ed25519 signature (64 bytes) over signed_bytes().
struct Signature {
    std::string public_key;
    std::string bytes;

    friend bool operator==(const Signature&, const Signature&) = default;
};

/// How many distinct keys of a set have signed, and how many must.
struct Count {
    std::size_t have = 0;
    std::size_t need = 0;

    bool reached() const { return have >= need; }
    friend bool operator==(Count, Count) = default;
};

/// The two questions every version answers: enough of the signers in force, who give the law away,
/// and enough of its own, who take it over. Equal sets make them the same question.
struct Tally {
    Count old_set;  ///< of the version before; 0 of 0 for version 1
    Count new_set;

    bool reached() const { return old_set.reached() && new_set.reached(); }
    friend bool operator==(const Tally&, const Tally&) = default;
};

/// Verifies and counts. `before` is the law in force, null for version 1. Every signature must be
/// good: one that is unknown, repeated or wrong refuses the whole, because a store that holds it
/// was written by somebody else. Too few signatures are a tally, not a refusal. Pure.
std::variant<Tally, LawRefusal> count_signatures(const Document& document,
                                                 const Constitution* before,
                                                 std::span<const Signature> signatures);

/// nullopt when the tally is reached; else which set lacks how many.
std::optional<LawRefusal> check_tally(const Tally& tally);

}  // namespace soma::domain
