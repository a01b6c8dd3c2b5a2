#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "backends/postgres/checkpoints/checkpoints.h"
#include "domain/ledger/merkle/tile.h"
#include "services/background/background_thread.h"
#include "services/ledger/signer.h"
#include "services/ledger/tile_archive.h"
#include "services/ledger/witnessing.h"

namespace soma::services {

/// What checkpoints call a log, before its id: a URL without a scheme, which nothing listens at.
inline constexpr std::string_view kLedgerOrigin = "somabrain.local/ledger";

struct CheckpointerSettings {
    std::string origin{kLedgerOrigin};            ///< of every log: "<origin>/<log_id>"
    std::chrono::milliseconds period{250};        ///< between two looks at the log
    std::chrono::milliseconds sign_after{1'000};  ///< fewer leaves wait at most so long …
    std::uint64_t sign_at = 1'000;                ///< … and so many do not wait
    std::chrono::seconds archive_every{60};  ///< a checkpoint and partial tiles, when there is news
    std::chrono::seconds witness_patience{30};  ///< how long that waits for one with a cosignature
};

/// What /ready and the metrics say of the ledger. Empty texts: nothing is wrong.
struct LedgerHealth {
    bool leading = false;  ///< another process does it otherwise
    std::uint64_t signed_leaves = 0;
    std::uint64_t owed_leaves = 0;  ///< in no checkpoint yet
    std::uint64_t owed_tiles = 0;   ///< full, signed, and not archived
    std::string trouble;            ///< why nothing was signed
    std::string archive_trouble;
};

/// Signs and archives the log as it grows, in a thread of its own, one process at a time. Never
/// signs a tree that does not continue the last one signed: it begins from the peaks of that
/// checkpoint, and nothing but new leaves is added. Thread-safe.
class Checkpointer {
  public:
    static constexpr std::uint64_t kTilesEachRound = 256;

    /// `witnessing` is told of each checkpoint once it is stored, and never waited for.
    Checkpointer(CheckpointerSettings settings, backends::ConnectionSettings database,
                 backends::Vault& vault, TileArchive& archive, Witnessing& witnessing)
        : settings_(std::move(settings)),
          store_(std::move(database)),
          signer_(vault),
          archive_(archive),
          witnessing_(witnessing) {}

    /// One look, which others wait for: signs what is due, archives what is owed. Never throws:
    /// what went wrong is health().
    void round(const Deadline& deadline);
    LedgerHealth health() const;

    void start();
    void stop() { thread_.stop(); }

  private:
    /// A log and its tree as signed.
    struct Signed {
        backends::LogState log;
        domain::Frontier tree;
        std::string note;  ///< of the newest checkpoint; empty: none yet
        backends::ArchiveState archive;
    };

    void sign_due(const Deadline& deadline);
    void begin(const backends::LogState& log, const Deadline& deadline);
    bool due(std::uint64_t owed);
    void sign_next(const Deadline& deadline);
    void archive_owed(const Deadline& deadline);
    void archive_tile(const Deadline& deadline);
    std::optional<backends::NoteRow> to_be_archived();
    void archive_checkpoint(const backends::NoteRow& checkpoint, const Deadline& deadline);
    std::string checked_entries(const domain::Tile& tile, const Deadline& deadline);
    std::vector<std::string> hashes(const domain::Tile& tile, const Deadline& deadline);
    void report(const std::string& trouble, const std::string& archive_trouble);

    const CheckpointerSettings settings_;
    backends::Checkpoints store_;
    LedgerSigner signer_;
    TileArchive& archive_;
    Witnessing& witnessing_;

    std::mutex rounds_;             ///< one round at a time; guards these
    std::optional<Signed> signed_;  ///< nullopt: to be read
    std::optional<Deadline::Clock::time_point> waiting_since_;
    std::optional<Deadline::Clock::time_point> archived_at_;
    std::optional<Deadline::Clock::time_point> unwitnessed_since_;  ///< an archive waits

    mutable std::mutex mutex_;
    LedgerHealth health_;
    BackgroundThread thread_;
};

}  // namespace soma::services
