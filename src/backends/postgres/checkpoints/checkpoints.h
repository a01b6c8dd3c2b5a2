#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "base/uuid.h"

namespace soma::backends {

/// A log as it stands. Leaves are numbered from 0.
struct LogState {
    Uuid id;
    std::uint64_t first_index = 0;
    std::uint64_t leaves = 0;
};

/// A row of `checkpoints`.
struct CheckpointRow {
    std::uint64_t size = 0;
    std::vector<std::string> peaks;  ///< 32 bytes each
    std::string note;
};

/// A row of `checkpoint_notes`: as the checkpoint is handed out.
struct NoteRow {
    std::uint64_t size = 0;
    std::string note;
};

/// A row of `subtrees`.
struct SubtreeRow {
    std::uint64_t level = 0;  ///< of the tile it is a hash in
    std::uint64_t index = 0;
    std::string root;  ///< 32 bytes
};

/// How much of a log is in object storage.
struct ArchiveState {
    std::uint64_t tiles = 0;
    std::uint64_t checkpoint = 0;
};

/// The tables of the log's tree, in a session of their own. For one thread. Throws Error.
class Checkpoints {
  public:
    static constexpr std::uint64_t kMaxLeaves = 16'384;  ///< in one answer
    static constexpr std::uint64_t kTile = 256;

    explicit Checkpoints(ConnectionSettings settings) : settings_(std::move(settings)) {}

    /// Whether this process is the one that makes checkpoints; asks for it when nobody is. Others
    /// must not write. False after the session was lost and somebody else was faster.
    bool lead(const Deadline& deadline);
    /// Still in the session in which `lead` last said yes: nobody else wrote since.
    bool leading() const { return leading_ && connection_ && !connection_->broken(); }

    /// Asked by anybody, leading or not.
    LogState log(const Deadline& deadline);

    /// From here on once log() was asked; who writes leads, but for cosignatures.
    std::optional<CheckpointRow> newest(const LogState& log, const Deadline& deadline);
    ArchiveState archive(const LogState& log, const Deadline& deadline);

    /// Leaf hashes `first` up to `count` more (≤ kMaxLeaves). Throws Error(internal) when one is
    /// missing.
    std::vector<std::string> leaves(const LogState& log, std::uint64_t first, std::uint64_t count,
                                    const Deadline& deadline);
    /// Bodies, in the same way; `count` ≤ kTile.
    std::vector<std::string> entries(const LogState& log, std::uint64_t first, std::uint64_t count,
                                     const Deadline& deadline);
    /// Hashes of a tile above level 0; `count` ≤ kTile.
    std::vector<std::string> subtrees(const LogState& log, std::uint64_t level, std::uint64_t first,
                                      std::uint64_t count, const Deadline& deadline);

    /// Both or neither. Throws when that size is there already.
    void store(const LogState& log, const CheckpointRow& checkpoint,
               const std::vector<SubtreeRow>& subtrees, Time now, const Deadline& deadline);
    void set_archive(const LogState& log, const ArchiveState& state, const Deadline& deadline);

    /// The newest checkpoint that the witness has cosigned, with its line.
    std::optional<NoteRow> newest_witnessed(const LogState& log, const Deadline& deadline);
    /// Of a checkpoint that is stored. Doing it again changes nothing.
    void store_cosignature(const LogState& log, std::uint64_t size, const std::string& line,
                           Time now, const Deadline& deadline);

  private:
    Connection& session(const Deadline& deadline);
    std::vector<std::string> column(const Statement& statement, const Params& params,
                                    std::uint64_t count, const Deadline& deadline);

    ConnectionSettings settings_;
    std::unique_ptr<Connection> connection_;
    bool leading_ = false;
};

}  // namespace soma::backends
