#include "backends/postgres/checkpoints/checkpoints.h"

#include "backends/postgres/statements.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr std::size_t kHashBytes = 32;

// One number for the whole database: there is one log at a time.
constexpr Statement kLead{"checkpoint_lead",
                          "SELECT pg_try_advisory_lock(hashtext('somabrain checkpoints'))"};
constexpr Statement kLog{"checkpoint_log", "SELECT log_id, first_index, size FROM log"};
constexpr Statement kNewest{"checkpoint_newest",
                            "SELECT size, peaks, note FROM checkpoints WHERE log_id = $1::uuid"
                            " ORDER BY size DESC LIMIT 1"};
constexpr Statement kArchive{"checkpoint_archive",
                             "SELECT tiles, checkpoint FROM log_archives WHERE log_id = $1::uuid"};
constexpr Statement kLeaves{"checkpoint_leaves",
                            "SELECT * FROM log_leaves($1::uuid, $2::bigint, $3::bigint)"};
constexpr Statement kEntries{"checkpoint_entries",
                             "SELECT * FROM log_entries($1::uuid, $2::bigint, $3::bigint)"};
constexpr Statement kSubtrees{"checkpoint_subtrees",
                              "SELECT root FROM subtrees WHERE log_id = $1::uuid"
                              " AND level = $2::bigint AND index >= $3::bigint"
                              " AND index < $3::bigint + $4::bigint ORDER BY index"};
constexpr Statement kStore{"checkpoint_store",
                           "INSERT INTO checkpoints (log_id, size, peaks, note, signed_at) VALUES"
                           " ($1::uuid, $2::bigint, $3::bytea, $4::bytea, $5::timestamptz)"};
constexpr Statement kStoreSubtrees{
    "checkpoint_store_subtrees",
    "INSERT INTO subtrees (log_id, level, index, root)"
    " SELECT $1::uuid, level, index, root"
    " FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS t (level, index, root)"};
constexpr Statement kSetArchive{
    "checkpoint_set_archive",
    "INSERT INTO log_archives (log_id, tiles, checkpoint) VALUES ($1::uuid, $2::bigint, $3::bigint)"
    " ON CONFLICT (log_id) DO UPDATE SET tiles = EXCLUDED.tiles,"
    " checkpoint = EXCLUDED.checkpoint"};
constexpr Statement kNewestWitnessed{"checkpoint_newest_witnessed",
                                     "SELECT size, note FROM checkpoint_notes"
                                     " WHERE log_id = $1::uuid AND witnessed"
                                     " ORDER BY size DESC LIMIT 1"};
constexpr Statement kStoreCosignature{
    "checkpoint_store_cosignature",
    "INSERT INTO cosignatures (log_id, size, line, received_at)"
    " VALUES ($1::uuid, $2::bigint, $3::bytea, $4::timestamptz) ON CONFLICT DO NOTHING"};

std::vector<std::string> cut(std::string_view hashes) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < hashes.size(); at += kHashBytes) {
        out.emplace_back(hashes.substr(at, kHashBytes));
    }
    return out;
}

std::string joined(const std::vector<std::string>& hashes) {
    std::string out;
    for (const std::string& each : hashes) {
        out += each;
    }
    return out;
}

Params at(const LogState& log, std::uint64_t first, std::uint64_t count) {
    return Params().add(log.id).add(log.first_index + first).add(count);
}

}  // namespace

Connection& Checkpoints::session(const Deadline& deadline) {
    if (!connection_ || connection_->broken()) {
        leading_ = false;  // the lock went with the session
        connection_ = Connection::open(settings_, deadline);
    }
    return *connection_;
}

bool Checkpoints::lead(const Deadline& deadline) {
    Connection& connection = session(deadline);
    if (!leading_) {
        leading_ = connection.run(kLead, {}, deadline).row(0).boolean(0);
    }
    return leading_;
}

LogState Checkpoints::log(const Deadline& deadline) {
    const Result found = session(deadline).run(kLog, {}, deadline);
    const RowView row = found.row(0);
    return {row.uuid(0), row.uint64(1), row.uint64(2) - row.uint64(1)};
}

std::optional<CheckpointRow> Checkpoints::newest(const LogState& log, const Deadline& deadline) {
    const Result found = connection_->run(kNewest, Params().add(log.id), deadline);
    if (found.rows() == 0) {
        return std::nullopt;
    }
    const RowView row = found.row(0);
    return CheckpointRow{row.uint64(0), cut(row.bytes(1)), std::string(row.bytes(2))};
}

ArchiveState Checkpoints::archive(const LogState& log, const Deadline& deadline) {
    const Result found = connection_->run(kArchive, Params().add(log.id), deadline);
    return found.rows() == 0 ? ArchiveState{}
                             : ArchiveState{found.row(0).uint64(0), found.row(0).uint64(1)};
}

std::vector<std::string> Checkpoints::column(const Statement& statement, const Params& params,
                                             std::uint64_t count, const Deadline& deadline) {
    const Result found = connection_->run(statement, params, deadline);
    if (static_cast<std::uint64_t>(found.rows()) != count) {
        throw Error(ErrorKind::internal, "the log has a gap",
                    std::string(statement.name) + ": " + std::to_string(found.rows()) + " of " +
                        std::to_string(count));
    }
    std::vector<std::string> out;
    out.reserve(count);
    for (int i = 0; i < found.rows(); ++i) {
        out.emplace_back(found.row(i).bytes(0));
    }
    return out;
}

std::vector<std::string> Checkpoints::leaves(const LogState& log, std::uint64_t first,
                                             std::uint64_t count, const Deadline& deadline) {
    SOMA_ASSERT(count <= kMaxLeaves, "an answer is bounded");
    return column(kLeaves, at(log, first, count), count, deadline);
}

std::vector<std::string> Checkpoints::entries(const LogState& log, std::uint64_t first,
                                              std::uint64_t count, const Deadline& deadline) {
    SOMA_ASSERT(count <= kTile, "an answer is bounded");
    return column(kEntries, at(log, first, count), count, deadline);
}

std::vector<std::string> Checkpoints::subtrees(const LogState& log, std::uint64_t level,
                                               std::uint64_t first, std::uint64_t count,
                                               const Deadline& deadline) {
    SOMA_ASSERT(count <= kTile, "an answer is bounded");
    return column(kSubtrees, Params().add(log.id).add(level).add(first).add(count), count,
                  deadline);
}

void Checkpoints::store(const LogState& log, const CheckpointRow& checkpoint,
                        const std::vector<SubtreeRow>& subtrees, Time now,
                        const Deadline& deadline) {
    std::vector<std::uint64_t> levels;
    std::vector<std::uint64_t> indexes;
    std::vector<std::optional<std::string_view>> roots;
    for (const SubtreeRow& each : subtrees) {
        levels.push_back(each.level);
        indexes.push_back(each.index);
        roots.emplace_back(each.root);
    }
    try {
        connection_->queue(kBegin, {});
        connection_->queue(kStore, Params()
                                       .add(log.id)
                                       .add(checkpoint.size)
                                       .add_bytes(joined(checkpoint.peaks))
                                       .add_bytes(checkpoint.note)
                                       .add(now));
        connection_->queue(
            kStoreSubtrees,
            Params().add(log.id).add_array(levels).add_array(indexes).add_bytes_array(roots));
        connection_->queue(kCommit, {});
        connection_->flush(deadline);
    } catch (const PostgresError&) {
        connection_->rollback(deadline);
        throw;
    }
}

void Checkpoints::set_archive(const LogState& log, const ArchiveState& state,
                              const Deadline& deadline) {
    connection_->run(kSetArchive, Params().add(log.id).add(state.tiles).add(state.checkpoint),
                     deadline);
}

std::optional<NoteRow> Checkpoints::newest_witnessed(const LogState& log,
                                                     const Deadline& deadline) {
    const Result found = connection_->run(kNewestWitnessed, Params().add(log.id), deadline);
    if (found.rows() == 0) {
        return std::nullopt;
    }
    const RowView row = found.row(0);
    return NoteRow{row.uint64(0), std::string(row.bytes(1))};
}

void Checkpoints::store_cosignature(const LogState& log, std::uint64_t size,
                                    const std::string& line, Time now, const Deadline& deadline) {
    connection_->run(kStoreCosignature, Params().add(log.id).add(size).add_bytes(line).add(now),
                     deadline);
}

}  // namespace soma::backends
