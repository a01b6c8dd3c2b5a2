#include "services/ledger/checkpointer.h"

#include <algorithm>

#include "base/error.h"
#include "domain/ledger/event.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

constexpr std::chrono::seconds kRoundTime{10};

void set_gauge(std::string_view name, std::uint64_t value) {
    telemetry::metrics().gauge(name).Set(static_cast<double>(value));
}

/// Calls `work`; why it could not, or "". What is no news (`before`) is not logged again.
template <typename Work>
std::string trouble_of(telemetry::EventName what, const std::string& before, const Work& work) {
    try {
        work();
        return "";
    } catch (const Error& error) {
        if (error.public_message() != before) {
            telemetry::log(telemetry::Level::warn, what,
                           {{"error", error.public_message()}, {"detail", error.detail()}});
        }
        return error.public_message();
    }
}

}  // namespace

void Checkpointer::round(const Deadline& deadline) {
    const std::scoped_lock one(rounds_);
    const LedgerHealth before = health();
    const std::string trouble =
        trouble_of("checkpoints are owed", before.trouble, [&] { sign_due(deadline); });
    std::string archive_trouble;
    if (signed_) {
        archive_trouble =
            trouble_of("tiles are owed", before.archive_trouble, [&] { archive_owed(deadline); });
    }
    report(trouble, archive_trouble);
}

void Checkpointer::sign_due(const Deadline& deadline) {
    if (!store_.leading()) {
        signed_.reset();
    }
    if (!store_.lead(deadline)) {
        witnessing_.offer(std::nullopt);
        return;
    }
    const auto log = store_.log(deadline);
    if (!store_.leading()) {
        return;
    }
    if (!signed_ || signed_->log.id != log.id) {
        begin(log, deadline);
    }
    signed_->log = log;
    while (due(log.leaves - signed_->tree.size())) {
        sign_next(deadline);
    }
}

void Checkpointer::begin(const backends::LogState& log, const Deadline& deadline) {
    signed_.reset();
    Signed start{log, {}, {}, store_.archive(log, deadline)};
    if (auto newest = store_.newest(log, deadline)) {
        start.tree = domain::Frontier(newest->size, std::move(newest->peaks));
        const auto checkpoint = domain::parse_checkpoint(domain::parse_note(newest->note).text);
        if (checkpoint.size != start.tree.size() || checkpoint.root != start.tree.root()) {
            throw Error(ErrorKind::internal, "the newest checkpoint is not of its tree");
        }
        if (newest->size > log.leaves) {
            throw Error(ErrorKind::internal, "the log is shorter than its newest checkpoint",
                        std::to_string(log.leaves) + " of " + std::to_string(newest->size));
        }
        start.note = std::move(newest->note);
        witnessing_.offer(SignedTree{log, newest->size, start.note});
    }
    archived_at_.reset();
    unwitnessed_since_.reset();
    signed_ = std::move(start);
}

bool Checkpointer::due(std::uint64_t owed) {
    const auto now = Deadline::Clock::now();
    if (owed == 0) {
        waiting_since_.reset();
        return false;
    }
    if (!waiting_since_) {
        waiting_since_ = now;
    }
    return owed >= settings_.sign_at || now - *waiting_since_ >= settings_.sign_after;
}

void Checkpointer::sign_next(const Deadline& deadline) {
    const backends::LogState log = signed_->log;
    domain::Frontier tree = signed_->tree;
    const std::uint64_t count =
        std::min(log.leaves - tree.size(), backends::Checkpoints::kMaxLeaves);
    std::vector<backends::SubtreeRow> subtrees;
    const auto keep = [&](const domain::Subtree& subtree, const std::string& root) {
        if (subtree.level % domain::kTileHeight == 0) {
            subtrees.push_back({subtree.level / domain::kTileHeight, subtree.index, root});
        }
    };
    for (std::string& leaf : store_.leaves(log, tree.size(), count, deadline)) {
        tree.append(std::move(leaf), keep);
    }
    const std::string note = signer_.sign(
        {settings_.origin + "/" + log.id.to_string(), tree.size(), tree.root()}, deadline);
    Signed next{log, std::move(tree), note, signed_->archive};
    // Until the answer is there it is not known which of the two stands: it would be read again.
    signed_.reset();
    store_.store(next.log, {next.tree.size(), next.tree.peaks(), note}, subtrees, wall_clock_now(),
                 deadline);
    signed_ = std::move(next);
    waiting_since_.reset();
    witnessing_.offer(SignedTree{log, signed_->tree.size(), note});
}

void Checkpointer::archive_owed(const Deadline& deadline) {
    const std::uint64_t full = signed_->tree.size() / domain::kTileWidth;
    for (std::uint64_t i = 0; i < kTilesEachRound && signed_->archive.tiles < full; ++i) {
        archive_tile(deadline);
    }
    if (signed_->archive.tiles < full) {
        return;
    }
    const auto now = Deadline::Clock::now();
    if (archived_at_ && now - *archived_at_ < settings_.archive_every) {
        return;
    }
    if (const auto checkpoint = to_be_archived()) {
        archive_checkpoint(*checkpoint, deadline);
        archived_at_ = now;
        unwitnessed_since_.reset();
    }
}

std::optional<backends::NoteRow> Checkpointer::to_be_archived() {
    const std::uint64_t archived = signed_->archive.checkpoint;
    const std::uint64_t size = signed_->tree.size();
    if (size <= archived) {
        return std::nullopt;
    }
    if (!witnessing_.has_witness()) {
        return backends::NoteRow{size, signed_->note};
    }
    // What is archived is never written again, so that it had better carry the cosignature.
    if (auto witnessed = witnessing_.newest(signed_->log.id);
        witnessed && witnessed->size > archived) {
        return witnessed;
    }
    const auto now = Deadline::Clock::now();
    if (!unwitnessed_since_) {
        unwitnessed_since_ = now;
    }
    return now - *unwitnessed_since_ < settings_.witness_patience
               ? std::nullopt
               : std::optional(backends::NoteRow{size, signed_->note});
}

void Checkpointer::archive_tile(const Deadline& deadline) {
    const auto& log = signed_->log;
    auto state = signed_->archive;
    const domain::Tile tile{0, state.tiles};
    // Both are looked at before either is saved: what is locked cannot be taken back.
    const std::string leaves = domain::encode_tile(hashes(tile, deadline));
    const std::string entries = checked_entries(tile, deadline);
    archive_.save(log.id, bundle_path(tile), entries, deadline);
    archive_.save(log.id, tile_path(tile), leaves, deadline);
    ++state.tiles;
    // Each time a tile fills its hash is the next one of the tile above.
    std::uint64_t full = state.tiles;
    for (unsigned level = 1; full % domain::kTileWidth == 0; ++level) {
        full /= domain::kTileWidth;
        const domain::Tile above{level, full - 1};
        archive_.save(log.id, tile_path(above), domain::encode_tile(hashes(above, deadline)),
                      deadline);
    }
    store_.set_archive(log, state, deadline);
    signed_->archive = state;
}

void Checkpointer::archive_checkpoint(const backends::NoteRow& checkpoint,
                                      const Deadline& deadline) {
    const auto& log = signed_->log;
    std::vector<std::pair<std::string, std::string>> files;
    std::vector<std::string> peaks;
    auto tiles = domain::partial_tiles(checkpoint.size);
    std::reverse(tiles.begin(), tiles.end());
    for (const domain::Tile& tile : tiles) {
        domain::Frontier edge;
        const auto tile_hashes = hashes(tile, deadline);
        for (const std::string& hash : tile_hashes) {
            edge.append(hash);
        }
        peaks.insert(peaks.end(), edge.peaks().begin(), edge.peaks().end());
        files.emplace_back(tile_path(tile), domain::encode_tile(tile_hashes));
        if (tile.level == 0) {
            files.emplace_back(bundle_path(tile), checked_entries(tile, deadline));
        }
    }
    // The right edge is all of a tree that its full tiles do not answer for.
    if (domain::Frontier(checkpoint.size, std::move(peaks)).root() !=
        domain::parse_checkpoint(domain::parse_note(checkpoint.note).text).root) {
        throw Error(ErrorKind::internal, "leaves are not those that were signed",
                    "at the end of " + std::to_string(checkpoint.size));
    }
    for (const auto& [path, bytes] : files) {
        archive_.save(log.id, path, bytes, deadline);
    }
    archive_.save(log.id, domain::checkpoint_path(checkpoint.size), checkpoint.note, deadline);
    const backends::ArchiveState state{signed_->archive.tiles, checkpoint.size};
    store_.set_archive(log, state, deadline);
    signed_->archive = state;
}

std::string Checkpointer::checked_entries(const domain::Tile& tile, const Deadline& deadline) {
    const std::uint64_t first = tile.index * domain::kTileWidth;
    const auto entries = store_.entries(signed_->log, first, tile.width, deadline);
    const auto leaves = store_.leaves(signed_->log, first, tile.width, deadline);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (domain::leaf_hash(entries[i]) != leaves[i]) {
            throw Error(ErrorKind::internal, "an event does not hash to its leaf",
                        "leaf " + std::to_string(first + i));
        }
    }
    return domain::encode_bundle(entries);
}

std::vector<std::string> Checkpointer::hashes(const domain::Tile& tile, const Deadline& deadline) {
    const std::uint64_t first = tile.index * domain::kTileWidth;
    if (tile.level > 0) {
        return store_.subtrees(signed_->log, tile.level, first, tile.width, deadline);
    }
    auto leaves = store_.leaves(signed_->log, first, tile.width, deadline);
    // What was signed is remembered apart from the events: a leaf that was changed shows here.
    if (tile.width == domain::kTileWidth &&
        domain::root_over(leaves) !=
            store_.subtrees(signed_->log, 1, tile.index, 1, deadline).front()) {
        throw Error(ErrorKind::internal, "leaves are not those that were signed", tile_path(tile));
    }
    return leaves;
}

void Checkpointer::report(const std::string& trouble, const std::string& archive_trouble) {
    const std::scoped_lock lock(mutex_);
    LedgerHealth& health = health_;
    health.leading = store_.leading();
    health.trouble = trouble;
    health.archive_trouble = archive_trouble;
    if (signed_) {
        const std::uint64_t size = signed_->tree.size();
        health.signed_leaves = size;
        health.owed_leaves = signed_->log.leaves - size;
        health.owed_tiles = size / domain::kTileWidth - signed_->archive.tiles;
    }
    set_gauge("somabrain_ledger_signed_leaves_count", health.signed_leaves);
    set_gauge("somabrain_ledger_owed_leaves_count", health.owed_leaves);
    set_gauge("somabrain_ledger_owed_tiles_count", health.owed_tiles);
}

LedgerHealth Checkpointer::health() const {
    const std::scoped_lock lock(mutex_);
    return health_;
}

void Checkpointer::start() {
    thread_.repeat(settings_.period, [this] { round(Deadline(kRoundTime)); });
}

}  // namespace soma::services
