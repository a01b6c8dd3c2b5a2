#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/merkle/audit.h"

namespace soma::domain {

/// Of a proof's text: an entry of the largest size in its `extra` line, and a note of the largest.
inline constexpr std::size_t kMaxTlogProofBytes = 128 * 1024;

/// That an entry is in a log, by itself (C2SP tlog-proof). Nothing of it is believed before
/// `check_tlog_proof`.
struct TlogProof {
    std::uint64_t index = 0;                          ///< of the leaf, from 0
    std::vector<std::string> hashes;                  ///< 32 bytes each, at most kMaxProofHashes
    std::string checkpoint;                           ///< the signed note, as it was given out
    std::optional<std::string> extra = std::nullopt;  ///< here: the entry

    friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

std::string encode_tlog_proof(const TlogProof& proof);
/// The one proof whose encoding this is. Throws Error(invalid_argument) that says why not.
TlogProof parse_tlog_proof(std::string_view text);

/// What a proof says once it was checked, or why it says nothing.
struct ProofReport {
    std::uint64_t size = 0;  ///< of the tree that was signed
    std::string trouble;     ///< "": the entry is leaf `index` of the log
};

/// Whether `entry` is the leaf that the proof names, in the log whose keys these are. With a
/// witness's key, the checkpoint must be cosigned by it.
ProofReport check_tlog_proof(const TlogProof& proof, std::string_view entry, const AuditKeys& keys);

}  // namespace soma::domain
