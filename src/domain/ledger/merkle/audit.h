#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/merkle/note.h"

namespace soma::domain {

/// A log as files, and nothing else: what `audit_log` is given.
struct LogFolder {
    /// Signed checkpoints, in any order: the folder's own and those that were kept elsewhere.
    std::vector<std::string> checkpoints;
    /// A file by its path, e.g. "tile/0/000"; nullopt: there is none. Asked for one at a time.
    std::function<std::optional<std::string>(const std::string& path)> read;
};

/// Whom the auditor believes. One of the log's keys must have signed each checkpoint; the log is
/// what the key's name says.
struct AuditKeys {
    std::vector<NoteKey> log;        ///< at least one; all have the same name
    std::optional<NoteKey> witness;  ///< when given, it must have cosigned the newest
};

/// A checkpoint as it was handed in: what it claims, and what speaks against it by itself.
struct CheckpointClaim {
    std::uint64_t size = std::numeric_limits<std::uint64_t>::max();  ///< unreadable: the largest
    std::string root;                                                ///< 32 bytes, once it was read
    std::string trouble;    ///< "": one of the log's keys signed it, and no signature is false
    bool cosigned = false;  ///< by the witness
};

/// Reads a checkpoint and asks whether it is by whom the auditor believes.
CheckpointClaim read_claim(const std::string& text, const AuditKeys& keys);

/// What is wrong, and where it shows first.
struct AuditFinding {
    std::uint64_t leaf = 0;  ///< every leaf before it agrees with all there is
    std::string reason;
};

struct AuditReport {
    std::uint64_t size = 0;         ///< of the newest checkpoint
    std::uint64_t proven = 0;       ///< leaves under the largest checkpoint whose root was met
    std::uint64_t checkpoints = 0;  ///< that were met
    std::optional<AuditFinding> finding;  ///< nullopt: the log is what was signed
};

/// Walks a log leaf by leaf, in order, and stops where two things first contradict each other:
/// an entry and its hash in the tile of level 0; a full tile and its hash in the level above; the
/// tree and a signed checkpoint of that size (an older one that is no prefix is a fork or a
/// rollback); an event and the one before it in its stream. Where a whole range is in doubt its
/// first leaf is named: the first that no signed checkpoint proves. Keeps a few numbers for each
/// checkpoint and each stream, and one bundle. Throws only what `folder.read` throws.
AuditReport audit_log(const LogFolder& folder, const AuditKeys& keys);

}  // namespace soma::domain
