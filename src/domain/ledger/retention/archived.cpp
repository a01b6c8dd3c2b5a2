#include "domain/ledger/retention/archived.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/error.h"
#include "domain/ledger/event.h"
#include "domain/ledger/merkle/proof.h"

namespace soma::domain {
namespace {

[[noreturn]] void wrong(const std::string& path, const std::string& why) {
    throw Error(ErrorKind::conflict, "the archive's " + path + " " + why);
}

std::string checked(const ReadBack& file, const std::string& path) {
    if (!file.bytes) {
        wrong(path, "is missing");
    }
    if (!file.locked) {
        wrong(path, "is not locked");
    }
    return *file.bytes;
}

bool is_signed_by(const Note& note, const std::vector<NoteKey>& keys) {
    return std::any_of(keys.begin(), keys.end(), [&](const NoteKey& key) {
        return check_signature(note, key) == SignatureVerdict::valid;
    });
}

}  // namespace

Checkpoint checked_checkpoint(const ReadBack& file, std::uint64_t size,
                              const std::vector<NoteKey>& keys) {
    SOMA_ASSERT(!keys.empty(), "a log has a key");
    const std::string path = checkpoint_path(size);
    const std::string bytes = checked(file, path);
    Checkpoint checkpoint;
    try {
        const Note note = parse_note(bytes);
        if (!is_signed_by(note, keys)) {
            wrong(path, "is not signed by the log's key");
        }
        checkpoint = parse_checkpoint(note.text);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::conflict) {
            throw;
        }
        wrong(path, "is no checkpoint: " + error.public_message());
    }
    if (checkpoint.origin != keys.front().name || checkpoint.size != size) {
        wrong(path, "is of " + checkpoint.origin + " at " + std::to_string(checkpoint.size));
    }
    return checkpoint;
}

void ArchivedTree::check_tile(std::uint64_t index) {
    const auto tile = tile_in(checkpoint_.size, 0, index);
    SOMA_ASSERT(tile.has_value(), "a tile of the tree");
    const std::string path = tile_path(*tile);
    const auto leaves = decode_tile(file(path), tile->width);
    if (!leaves) {
        wrong(path, "has not " + std::to_string(tile->width) + " hashes");
    }
    // The other leaves are the proof's hashes or below them: a proof of one is a proof of all.
    const std::uint64_t first = index * kTileWidth;
    const auto proof = inclusion_proof(first, checkpoint_.size, [&](const Subtree& wanted) {
        return subtree(wanted, index, *leaves);
    });
    if (!verify_inclusion(leaves->front(), first, checkpoint_.size, proof, checkpoint_.root)) {
        wrong(path, "does not hash to the checkpoint of " + std::to_string(checkpoint_.size));
    }
    check_entries(*tile, *leaves);
}

std::string ArchivedTree::subtree(const Subtree& wanted, std::uint64_t own,
                                  const std::vector<std::string>& leaves) {
    const unsigned level = wanted.level / kTileHeight;
    const std::uint64_t width = std::uint64_t{1} << (wanted.level % kTileHeight);
    const std::uint64_t first = wanted.index * width;  // among the hashes of its level's tiles
    const std::uint64_t index = first / kTileWidth;
    const auto& from =
        level == 0 && index == own ? leaves : hashes(*tile_in(checkpoint_.size, level, index));
    return root_over(std::span(from).subspan(first % kTileWidth, width));
}

const std::vector<std::string>& ArchivedTree::hashes(const Tile& tile) {
    const std::string path = tile_path(tile);
    auto known = others_.find(path);
    if (known == others_.end()) {
        auto read = decode_tile(file(path), tile.width);
        if (!read) {
            wrong(path, "has not " + std::to_string(tile.width) + " hashes");
        }
        known = others_.emplace(path, std::move(*read)).first;
    }
    return known->second;
}

void ArchivedTree::check_entries(const Tile& tile, const std::vector<std::string>& leaves) {
    const std::string path = bundle_path(tile);
    BundleReader entries(file(path));
    for (const std::string& leaf : leaves) {
        const auto entry = entries.next();
        if (!entry || leaf_hash(*entry) != leaf) {
            wrong(path, "does not hold what its leaves are of");
        }
    }
    if (!entries.at_end()) {
        wrong(path, "goes on behind its last entry");
    }
}

const std::string& ArchivedTree::file(const std::string& path) {
    bytes_ = checked(read_(path), path);
    return bytes_;
}

}  // namespace soma::domain
