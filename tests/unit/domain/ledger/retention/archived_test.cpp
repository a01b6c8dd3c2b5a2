#include "domain/ledger/retention/archived.h"

#include <gtest/gtest.h>

#include "../merkle/merkle.h"
#include "../merkle/note_signer.h"
#include "base/error.h"

namespace soma::domain {
namespace {

using testing::Hashes;
using testing::NoteSigner;
using testing::part;

const NoteSigner kLog("example.com/log", "log");

/// An archive in memory, as a checkpointer writes it for one size, whose files a test then changes.
class Archive {
  public:
    explicit Archive(std::uint64_t size) : size_(size) {
        Hashes entries, hashes;
        for (std::uint64_t i = 0; i < size; ++i) {
            entries.push_back("entry " + std::to_string(i));
            hashes.push_back(leaf_hash(entries.back()));
        }
        const std::string note = encode_note(kLog.checkpoint(size, root_over(hashes)));
        files[checkpoint_path(size)] = {note, true};
        for (unsigned level = 0; !hashes.empty(); ++level) {
            Hashes above;
            for (std::uint64_t i = 0; const auto tile = tile_in(size, level, i); ++i) {
                const auto from = i * kTileWidth;
                const auto some = part(hashes, from, from + tile->width);
                files[tile_path(*tile)] = {encode_tile(some), true};
                if (level == 0) {
                    files[bundle_path(*tile)] = {
                        encode_bundle(part(entries, from, from + tile->width)), true};
                }
                if (tile->width == kTileWidth) above.push_back(root_over(some));
            }
            hashes = above;
        }
    }

    Checkpoint checkpoint(std::uint64_t size) {
        return checked_checkpoint(files[checkpoint_path(size)], size, {kLog.key()});
    }
    void check(std::uint64_t tile) {
        ArchivedTree(checkpoint(size_), [this](const auto& path) {
            return files[path];
        }).check_tile(tile);
    }
    /// "" or why the tile's leaves are not archived for good.
    std::string trouble(std::uint64_t tile) {
        try {
            check(tile);
            return "";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::conflict);
            return error.public_message();
        }
    }

    std::map<std::string, ReadBack> files;

  private:
    std::uint64_t size_;
};

TEST(Archived, WhatWasWrittenIsFoundAtEverySize) {
    for (const std::uint64_t size : {1, 2, 255, 256, 257, 511, 513, 1'000, 66'000}) {
        Archive archive(size);
        const std::uint64_t tiles = (size + kTileWidth - 1) / kTileWidth;
        for (std::uint64_t tile = 0; tile<tiles; tile += tiles> 10 ? 37 : 1) {
            EXPECT_EQ(archive.trouble(tile), "") << size;
        }
        EXPECT_EQ(archive.trouble(tiles - 1), "") << size;
    }
}

TEST(Archived, EachFileMustBeThereAndLocked) {
    for (const char* path : {"checkpoints/00000000000000000700", "tile/0/001", "tile/entries/001",
                             "tile/0/002.p/188", "tile/1/000.p/2"}) {
        Archive archive(700);
        ASSERT_TRUE(archive.files.contains(path)) << path;
        const std::string name = std::string("the archive's ") + path;
        archive.files[path].locked = false;
        EXPECT_EQ(archive.trouble(path[5] == '1' ? 2 : 1), name + " is not locked");
        archive.files.erase(path);
        EXPECT_EQ(archive.trouble(path[5] == '1' ? 2 : 1), name + " is missing");
    }
}

/// Every byte of the files that one tile rests on, changed one at a time.
TEST(Archived, NoByteMayDiffer) {
    for (const char* path : {"tile/0/001", "tile/entries/001"}) {
        Archive archive(700);
        std::string& bytes = *archive.files[path].bytes;
        for (char& byte : bytes) {
            byte = static_cast<char>(byte ^ 1);
            ASSERT_NE(archive.trouble(1), "") << path << " at " << &byte - bytes.data();
            byte = static_cast<char>(byte ^ 1);
        }
        bytes += 'x';
        EXPECT_NE(archive.trouble(1), "") << path;
        bytes.resize(bytes.size() - 2);
        EXPECT_NE(archive.trouble(1), "") << path;
    }
}

TEST(Archived, AnotherTreeOfTheSameSizeIsNotTheSignedOne) {
    Archive archive(700);
    // Tile and entries agree with each other, and with nothing that was signed.
    const Hashes entries(kTileWidth, "forged");
    archive.files["tile/entries/001"].bytes = encode_bundle(entries);
    archive.files["tile/0/001"].bytes = encode_tile(Hashes(kTileWidth, leaf_hash("forged")));
    EXPECT_EQ(archive.trouble(1),
              "the archive's tile/0/001 does not hash to the checkpoint of 700");
}

TEST(Archived, TheCheckpointMustBeTheLogsOwn) {
    Archive archive(700);
    const auto refused = [&](const std::string& bytes, std::uint64_t size = 700) {
        try {
            checked_checkpoint({bytes, true}, size, {kLog.key()});
            return std::string();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::conflict);
            return error.public_message();
        }
    };
    const std::string name = "the archive's checkpoints/00000000000000000700 ";
    const std::string genuine = *archive.files[checkpoint_path(700)].bytes;
    EXPECT_EQ(refused(genuine), "");
    EXPECT_EQ(refused(genuine, 800),
              "the archive's checkpoints/00000000000000000800 is of example.com/log at 700");
    EXPECT_TRUE(refused("").starts_with(name + "is no checkpoint: "));
    const NoteSigner stranger("example.com/log", "stranger");
    EXPECT_EQ(refused(encode_note(stranger.checkpoint(700, empty_root()))),
              name + "is not signed by the log's key");
    Note other{checkpoint_text({"example.com/other", 700, empty_root()}), {}};
    kLog.add_to(other);
    EXPECT_EQ(refused(encode_note(other)), name + "is of example.com/other at 700");
}

}  // namespace
}  // namespace soma::domain
