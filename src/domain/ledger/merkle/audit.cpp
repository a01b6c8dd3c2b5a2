#include "domain/ledger/merkle/audit.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "domain/ledger/event.h"
#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/stream_check.h"
#include "domain/ledger/merkle/tile.h"

namespace soma::domain {
namespace {

using Claim = CheckpointClaim;

std::string check_signers(const Note& note, const AuditKeys& keys, Claim& claim) {
    bool is_signed = false;
    for (const NoteKey& key : keys.log) {
        const auto verdict = check_signature(note, key);
        if (verdict == SignatureVerdict::wrong) {
            return "its signature is not by the log's key";
        }
        is_signed = is_signed || verdict == SignatureVerdict::valid;
    }
    if (!is_signed) {
        return "it is not signed by the log's key";
    }
    if (keys.witness) {
        const auto verdict = check_signature(note, *keys.witness);
        claim.cosigned = verdict == SignatureVerdict::valid;
        if (verdict == SignatureVerdict::wrong) {
            return "its cosignature is not by the witness";
        }
    }
    return "";
}

std::vector<Claim> read_claims(const LogFolder& folder, const AuditKeys& keys) {
    std::vector<Claim> claims;
    for (const std::string& text : folder.checkpoints) {
        claims.push_back(read_claim(text, keys));
    }
    std::stable_sort(claims.begin(), claims.end(),
                     [](const Claim& a, const Claim& b) { return a.size < b.size; });
    return claims;
}

std::string range(std::uint64_t begin, std::uint64_t end) {
    return "leaves " + std::to_string(begin) + " to " + std::to_string(end - 1);
}

class Walk {
  public:
    Walk(const LogFolder& folder, const AuditKeys& keys)
        : folder_(folder), keys_(keys), claims_(read_claims(folder, keys)) {}

    AuditReport run() {
        if (claims_.empty()) {
            found(0, "there is no checkpoint");
        }
        // The largest that is genuine says how far to walk.
        for (const Claim& each : claims_) {
            if (each.trouble.empty()) {
                report_.size = each.size;
            }
        }
        meet_claims();
        while (!report_.finding && tree_.size() < report_.size) {
            walk_tile(tree_.size() / kTileWidth);
        }
        if (!report_.finding && keys_.witness && cosigned_ < report_.size) {
            found(cosigned_, "no checkpoint after it is cosigned by the witness");
        }
        return std::move(report_);
    }

  private:
    void found(std::uint64_t leaf, std::string reason) {
        report_.finding = AuditFinding{leaf, std::move(reason)};
    }

    /// Compares the tree with the checkpoints of its present size, and looks at the next ones'
    /// signatures before a leaf of theirs is read.
    void meet_claims() {
        const std::uint64_t size = tree_.size();
        bool met = false;
        for (; next_ < claims_.size() && claims_[next_].size == size; ++next_) {
            const Claim& claim = claims_[next_];
            if (refuse(claim)) {
                return;
            }
            if (claim.root != tree_.root()) {
                return found(report_.proven, range(report_.proven, size) +
                                                 ": their root differs from the checkpoint of " +
                                                 std::to_string(size) + " leaves");
            }
            cosigned_ = claim.cosigned ? size : cosigned_;
            ++report_.checkpoints;
            met = true;
        }
        report_.proven = met ? size : report_.proven;
        if (next_ < claims_.size()) {
            refuse(claims_[next_]);
        }
    }

    bool refuse(const Claim& claim) {
        if (!claim.trouble.empty()) {
            found(report_.proven, "the next checkpoint cannot be used: " + claim.trouble);
        }
        return report_.finding.has_value();
    }

    /// A tile's file and how wide it is.
    struct File {
        Tile tile;
        std::string bytes;
    };

    /// Of a tile in the tree of the audited size. Where there is none a wider one serves, and at
    /// last a narrower one, of an older checkpoint's size: a log that was cut is good up to there.
    std::optional<File> read(const Tile& tile, std::string (*path)(const Tile&)) {
        std::vector<Tile> candidates{tile, {tile.level, tile.index, kTileWidth}};
        for (auto claim = claims_.rbegin(); claim != claims_.rend(); ++claim) {
            const auto other = tile_in(claim->size, tile.level, tile.index);
            if (other && other->width != candidates.back().width) {
                candidates.push_back(*other);
            }
        }
        for (const Tile& each : candidates) {
            if (auto bytes = folder_.read(path(each))) {
                return File{each, std::move(*bytes)};
            }
        }
        return std::nullopt;
    }

    /// The hashes of a tile, fewer when its file is an older one; none, and a finding, when there
    /// is no file or it is not as it must be.
    std::vector<std::string> hashes_of(const Tile& tile, std::uint64_t leaf) {
        const auto file = read(tile, tile_path);
        if (!file) {
            found(leaf, tile_path(tile) + " is missing");
            return {};
        }
        auto hashes = decode_tile(file->bytes, file->tile.width);
        if (!hashes) {
            found(leaf, tile_path(file->tile) + " has not " + std::to_string(file->tile.width) +
                            " hashes");
            return {};
        }
        hashes->resize(std::min(tile.width, file->tile.width));
        return std::move(*hashes);
    }

    void walk_tile(std::uint64_t index) {
        const Tile tile = *tile_in(report_.size, 0, index);
        const auto hashes = hashes_of(tile, tree_.size());
        const auto bundle = read(tile, bundle_path);
        BundleReader entries(bundle ? std::string_view(bundle->bytes) : std::string_view());
        for (std::size_t i = 0; !report_.finding && i < hashes.size(); ++i) {
            take_leaf(entries.next(), hashes[i]);
            if (!report_.finding && i + 1 == bundle->tile.width) {
                end_bundle(*bundle, entries);
            }
            if (!report_.finding && i + 1 == kTileWidth) {
                close_tile(1, index, root_over(hashes));
            }
            if (!report_.finding) {
                meet_claims();
            }
        }
        if (!report_.finding && hashes.size() < tile.width) {
            found(tree_.size(), tile_path(tile) + " is missing");
        }
    }

    void end_bundle(const File& bundle, const BundleReader& entries) {
        if (!entries.at_end()) {
            found(tree_.size(), bundle_path(bundle.tile) + " goes on behind its last entry");
        }
    }

    void take_leaf(std::optional<std::string_view> entry, const std::string& hash) {
        const std::uint64_t leaf = tree_.size();
        if (!entry) {
            return found(leaf, "its entry is missing or cut short");
        }
        if (leaf_hash(*entry) != hash) {
            return found(leaf, "its entry does not hash to its leaf");
        }
        if (auto trouble = streams_.next(*entry); !trouble.empty()) {
            return found(leaf, std::move(trouble));
        }
        tree_.append(hash);
    }

    /// A full tile below `level` is complete: its root must be what the tile of `level` says.
    void close_tile(unsigned level, std::uint64_t below, std::string root) {
        const unsigned shift = level * kTileHeight;
        const std::uint64_t index = below / kTileWidth;
        const std::uint64_t first = std::max(report_.proven, below << shift);
        auto& open = open_[level];
        if (open.expected.empty()) {
            open.expected = hashes_of(*tile_in(report_.size, level, index), first);
        }
        if (report_.finding) {
            return;
        }
        if (below % kTileWidth >= open.expected.size() ||
            open.expected[below % kTileWidth] != root) {
            return found(first, range(below << shift, tree_.size()) + ": their root differs from " +
                                    tile_path(*tile_in(report_.size, level, index)));
        }
        open.met.push_back(std::move(root));
        if (open.met.size() == kTileWidth) {
            const std::string above = root_over(open.met);
            open = {};
            close_tile(level + 1, index, above);
        }
    }

    struct OpenTile {
        std::vector<std::string> expected;
        std::vector<std::string> met;
    };

    const LogFolder& folder_;
    const AuditKeys& keys_;
    const std::vector<Claim> claims_;
    std::size_t next_ = 0;  ///< the first claim not met
    Frontier tree_;
    std::map<unsigned, OpenTile> open_;  ///< by level, from 1
    StreamCheck streams_;
    std::uint64_t cosigned_ = 0;
    AuditReport report_;
};

}  // namespace

CheckpointClaim read_claim(const std::string& text, const AuditKeys& keys) {
    CheckpointClaim claim;
    try {
        const Note note = parse_note(text);
        const Checkpoint checkpoint = parse_checkpoint(note.text);
        claim.size = checkpoint.size;
        claim.root = checkpoint.root;
        claim.trouble = checkpoint.origin == keys.log.front().name
                            ? check_signers(note, keys, claim)
                            : "it is another log's: " + checkpoint.origin;
    } catch (const Error& error) {
        claim.trouble = error.public_message();
    }
    return claim;
}

AuditReport audit_log(const LogFolder& folder, const AuditKeys& keys) {
    SOMA_ASSERT(!keys.log.empty(), "an auditor believes somebody");
    return Walk(folder, keys).run();
}

}  // namespace soma::domain
