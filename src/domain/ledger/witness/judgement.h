#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "domain/ledger/witness/evidence.h"
#include "domain/ledger/witness/protocol.h"

namespace soma::domain {

/// What a witness remembers of a log: the newest checkpoint it has let stand, and as of when. It is
/// kept before the cosignature leaves; whoever asks for that size again gets the same signature.
struct Witnessed {
    Note note;  ///< with signatures of the log alone
    Checkpoint checkpoint;
    std::uint64_t time = 0;  ///< seconds since 1970; never falls
};

/// Why a checkpoint is not cosigned.
enum class WitnessRefusal : std::uint8_t {
    unknown_log,  ///< no key is known for its origin
    not_signed,   ///< by none of the keys that are
    stale,        ///< its old size is not the one that was cosigned last
    other_root,   ///< the same size, another tree
    bad_proof,    ///< nothing shows that its tree continues the one that was cosigned
};
std::string_view refusal_name(WitnessRefusal refusal);

/// Not cosigned.
struct Refusal {
    WitnessRefusal why{};
    std::uint64_t size = 0;            ///< cosigned last; 0: none
    std::optional<Evidence> evidence;  ///< when the log contradicts what it signed before
};

/// To be cosigned, as of `now.time`, once `now` is kept. Kept already unless it is `news`.
struct Cosigning {
    Witnessed now;
    bool news = false;
};

/// `keys` are all that the witness was told to trust, each named as the origin it may sign;
/// `seen` is what it remembers of this origin. Whatever the order of requests: of one origin never
/// two roots of one size are to be cosigned, and never a size below one that was.
std::variant<Cosigning, Refusal> judge(const AddCheckpoint& asked, std::span<const NoteKey> keys,
                                       const std::optional<Witnessed>& seen, std::uint64_t seconds);

}  // namespace soma::domain
