#include "domain/ledger/merkle/audit.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "domain/ledger/merkle/tile.h"
#include "merkle.h"
#include "note_signer.h"

namespace soma::domain {
namespace {

using namespace testing;

const NoteSigner kLog("example.com/log", "log");
const NoteSigner kWitness("example.com/witness", "witness", NoteKeyType::cosigner);

std::string event(std::uint64_t number) {
    return R"({"actor":"someone","stream":"state","stream_sequence":)" +
           std::to_string(number + 1) + R"(,"tenant":"a"})";
}

/// A log in memory, with checkpoints at chosen sizes, whose files a test then changes.
class AuditTest : public ::testing::Test {
  protected:
    static Hashes entries_of(std::uint64_t size) {
        Hashes out;
        for (std::uint64_t i = 0; i < size; ++i) out.push_back(event(i));
        return out;
    }
    static Hashes leaves_of(const Hashes& all) {
        Hashes leaves;
        for (const auto& each : all) leaves.push_back(leaf_hash(each));
        return leaves;
    }
    void write_tiles(const Hashes& all) {
        Hashes hashes = leaves_of(all);
        for (unsigned level = 0; !hashes.empty(); ++level) {
            Hashes above;
            for (std::uint64_t i = 0; const auto tile = tile_in(all.size(), level, i); ++i) {
                const auto from = i * kTileWidth;
                const auto part_of = part(hashes, from, from + tile->width);
                files[tile_path(*tile)] = encode_tile(part_of);
                if (level == 0) {
                    files[bundle_path(*tile)] = encode_bundle(part(all, from, from + tile->width));
                }
                if (tile->width == kTileWidth) above.push_back(root_over(part_of));
            }
            hashes = above;
        }
    }
    void write_log(std::uint64_t size, const std::set<std::uint64_t>& sizes) {
        entries = entries_of(size);
        write_tiles(entries);
        for (const auto each : sizes) add_checkpoint(each);
    }
    void add_checkpoint(std::uint64_t size) {
        Note note = kLog.checkpoint(size, root_over(leaves_of(part(entries, 0, size))));
        kWitness.add_to(note);
        checkpoints.push_back(encode_note(note));
    }
    AuditReport audit(const AuditKeys& keys = {{kLog.key()}, std::nullopt}) {
        return audit_log({checkpoints,
                          [&](const std::string& path) -> std::optional<std::string> {
                              const auto file = files.find(path);
                              return file == files.end() ? std::nullopt
                                                         : std::optional(file->second);
                          }},
                         keys);
    }
    void expect(std::uint64_t leaf, const std::string& reason) {
        const auto report = audit();
        ASSERT_TRUE(report.finding) << "wanted: " << reason;
        EXPECT_EQ(report.finding->leaf, leaf) << report.finding->reason;
        EXPECT_NE(report.finding->reason.find(reason), std::string::npos) << report.finding->reason;
    }

    Hashes entries;
    std::map<std::string, std::string> files;
    std::vector<std::string> checkpoints;
};

TEST_F(AuditTest, AGenuineLogOfAnySizeIsFoundGood) {
    for (const std::uint64_t size : {0, 1, 2, 255, 256, 257, 511, 512, 700}) {
        files.clear();
        checkpoints.clear();
        write_log(size, {0, size / 3, size / 2, size});
        const auto report = audit();
        EXPECT_FALSE(report.finding) << size << ": " << report.finding->reason;
        EXPECT_EQ(report.size, size);
        EXPECT_EQ(report.proven, size);
        EXPECT_EQ(report.checkpoints, checkpoints.size());
    }
}

TEST_F(AuditTest, ThreeLevelsOfTilesAreWalked) {
    write_log(65'536 + 300, {65'536, 65'836});
    EXPECT_FALSE(audit().finding);
    auto& above = files.at("tile/2/000.p/1");
    above[0] = static_cast<char>(above[0] ^ 1);
    expect(0, "leaves 0 to 65535: their root differs from tile/2/000.p/1");
}

TEST_F(AuditTest, AnEditedEntryIsNamed) {
    write_log(700, {300, 700});
    for (const std::uint64_t leaf : {0, 255, 256, 299, 699}) {
        auto changed = entries;
        changed[leaf][2] = 'A';
        files.clear();
        write_tiles(entries);
        const auto tile = *tile_in(700, 0, leaf / kTileWidth);
        const auto from = tile.index * kTileWidth;
        files[bundle_path(tile)] = encode_bundle(part(changed, from, from + tile.width));
        expect(leaf, "does not hash to its leaf");
    }
}

TEST_F(AuditTest, DroppedAndCutEntriesAreNamed) {
    write_log(300, {300});
    auto& bundle = files.at("tile/entries/001.p/44");
    const std::string whole = bundle;
    bundle = encode_bundle(part(entries, 256, 299));
    expect(299, "missing or cut short");
    bundle = whole.substr(0, whole.size() - 1);
    expect(299, "missing or cut short");
    bundle = encode_bundle(part(entries, 257, 300));
    expect(256, "does not hash");
    bundle = whole + whole.substr(0, 10);
    expect(300, "goes on behind its last entry");
    files.erase("tile/entries/001.p/44");
    expect(256, "missing or cut short");
    files.erase("tile/0/000");
    expect(0, "tile/0/000 is missing");
}

TEST_F(AuditTest, AnEntryChangedWithItsTileShowsInTheTileAbove) {
    write_log(600, {600});
    auto changed = entries;
    changed[300][2] = 'A';
    const auto upper = files.at("tile/1/000.p/2");
    write_tiles(changed);
    files["tile/1/000.p/2"] = upper;
    expect(256, "leaves 256 to 511: their root differs from tile/1/000.p/2");
    add_checkpoint(280);
    expect(280, "leaves 256 to 511");
}

TEST_F(AuditTest, ALogWrittenAnewShowsAtTheNextCheckpoint) {
    write_log(700, {100, 250, 420, 700});
    auto changed = entries;
    changed[300][2] = 'A';
    write_tiles(changed);
    expect(250, "leaves 250 to 419: their root differs from the checkpoint of 420 leaves");
}

TEST_F(AuditTest, AForkShowsThoughBothSidesAreSigned) {
    write_log(700, {100, 250});
    entries[300][2] = 'A';
    add_checkpoint(420);  // of the other side, kept by somebody
    entries[300][2] = 'a';
    add_checkpoint(420);
    add_checkpoint(700);
    expect(250, "checkpoint of 420 leaves");
}

TEST_F(AuditTest, ARolledBackFolderShowsByACheckpointKeptElsewhere) {
    write_log(700, {100, 700});
    const auto kept = checkpoints.back();
    files.clear();
    checkpoints.clear();
    write_log(400, {100, 400});
    EXPECT_FALSE(audit().finding) << "by itself it is good";
    checkpoints.push_back(kept);
    expect(400, "tile/0/001 is missing");
}

TEST_F(AuditTest, OnlyTheLogsOwnKeyIsBelieved) {
    write_log(10, {});
    const std::string root = root_over(leaves_of(entries));
    const NoteSigner replaced("example.com/log", "another");
    checkpoints = {encode_note(replaced.checkpoint(10, root))};
    expect(0, "it is not signed by the log's key");
    Note forged = replaced.checkpoint(10, root);
    forged.signatures[0].key_id = key_id(kLog.key());
    checkpoints = {encode_note(forged)};
    expect(0, "its signature is not by the log's key");
    checkpoints = {encode_note(NoteSigner("example.com/other", "log").checkpoint(10, root))};
    expect(0, "it is another log's: example.com/other");
    checkpoints.clear();
    expect(0, "there is no checkpoint");
    checkpoints = {"nonsense"};
    expect(0, "not a signed note");
}

TEST_F(AuditTest, ABadCheckpointIsMetInItsPlace) {
    write_log(300, {100, 200, 300});
    const NoteSigner replaced("example.com/log", "another");
    checkpoints[1] = encode_note(replaced.checkpoint(200, "x" + std::string(31, 'y')));
    expect(100, "the next checkpoint cannot be used: it is not signed");
    checkpoints[1] = "nonsense";
    expect(300, "not a signed note");
}

TEST_F(AuditTest, TheKeyMayHaveBeenRotated) {
    const NoteSigner next("example.com/log", "next");
    write_log(20, {10});
    checkpoints.push_back(encode_note(next.checkpoint(20, root_over(leaves_of(entries)))));
    expect(10, "not signed by the log's key");
    EXPECT_FALSE(audit({{kLog.key(), next.key()}, std::nullopt}).finding);
}

TEST_F(AuditTest, TheNewestCheckpointMustBeWitnessed) {
    const AuditKeys keys{{kLog.key()}, kWitness.key()};
    write_log(20, {10, 20});
    EXPECT_FALSE(audit(keys).finding);
    checkpoints[1] = encode_note(kLog.checkpoint(20, root_over(leaves_of(entries))));
    const auto unseen = audit(keys);
    ASSERT_TRUE(unseen.finding);
    EXPECT_EQ(unseen.finding->leaf, 10U);
    EXPECT_EQ(unseen.finding->reason, "no checkpoint after it is cosigned by the witness");
    Note forged = kLog.checkpoint(20, root_over(leaves_of(entries)));
    forged.signatures.push_back(cosignature(kWitness.key(), 7, kLog.sign(forged.text)));
    checkpoints[1] = encode_note(forged);
    EXPECT_EQ(audit(keys).finding->reason,
              "the next checkpoint cannot be used: its cosignature is not by the witness");
}

TEST_F(AuditTest, AGapWithinAStreamShowsThoughItWasSigned) {
    entries = entries_of(20);
    entries.erase(entries.begin() + 7);
    write_tiles(entries);
    add_checkpoint(19);
    expect(7, "stream_sequence 9 follows 7 in state of a");
}

TEST_F(AuditTest, AFullTileServesForThePartialOne) {
    write_log(300, {300});
    const auto old = checkpoints;
    write_log(512, {});
    files.erase("tile/0/001.p/44");
    files.erase("tile/entries/001.p/44");
    checkpoints = old;
    EXPECT_FALSE(audit().finding);
    EXPECT_EQ(audit().size, 300U);
}

}  // namespace
}  // namespace soma::domain
