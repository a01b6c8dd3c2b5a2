#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "backends/archive/archive_reader.h"
#include "backends/archive/archive_writer.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public ::testing::Test {
  protected:
    ArchiveTest() {
        std::string name = (fs::temp_directory_path() / "soma-archive-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        home = name;
    }
    ~ArchiveTest() override { fs::remove_all(home); }

    static ArchivedFile write(ArchiveWriter& archive, const std::string& name,
                              const std::string& text) {
        return archive.write(name, [&](const auto& sink) { sink(text); });
    }
    ErrorKind refusal(const fs::path& folder) {
        try {
            const ArchiveWriter archive(folder);
        } catch (const Error& error) {
            return error.kind();
        }
        ADD_FAILURE() << folder << " was taken";
        return ErrorKind::internal;
    }

    fs::path home;
};

TEST_F(ArchiveTest, IsThereWhenItIsWholeAndNotBefore) {
    const fs::path folder = home / "archive";
    const std::string large(3'000'000, 'x');
    ArchiveWriter archive(folder);
    const auto small = write(archive, "a", "abc");
    const auto big = write(archive, "b", large);
    EXPECT_EQ(small.bytes, 3U);
    EXPECT_EQ(small.sha256, to_hex(sha256("abc")));
    EXPECT_EQ(big.sha256, to_hex(sha256(large)));
    EXPECT_FALSE(fs::exists(folder));
    archive.finish();
    EXPECT_FALSE(fs::exists(home / "archive.partial"));
    const ArchiveReader reader(folder);
    EXPECT_EQ(reader.text("a", 3), "abc");
    reader.check("a", small);
    reader.check("b", big);
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
}

TEST_F(ArchiveTest, WhatIsNotFinishedLeavesNothing) {
    EXPECT_THROW(
        {
            ArchiveWriter archive(home / "archive");
            write(archive, "a", "abc");
            archive.write("b", [](const auto&) { throw std::runtime_error("no rows"); });
        },
        std::runtime_error);
    EXPECT_TRUE(fs::is_empty(home));
}

TEST_F(ArchiveTest, TakesOverWhatAKilledWriterLeft) {
    fs::create_directory(home / "archive.partial");
    std::ofstream(home / "archive.partial" / "a") << "half";
    ArchiveWriter archive(home / "archive");
    write(archive, "b", "whole");
    archive.finish();
    EXPECT_FALSE(fs::exists(home / "archive" / "a"));
    EXPECT_EQ(ArchiveReader(home / "archive").text("b", 10), "whole");
}

TEST_F(ArchiveTest, WantsAFolderOfItsOwn) {
    std::ofstream(home / "file") << "mine";
    EXPECT_EQ(refusal(home), ErrorKind::conflict) << "not empty";
    EXPECT_EQ(refusal(home / "file"), ErrorKind::conflict);
    EXPECT_EQ(refusal(home / "no" / "parent"), ErrorKind::unavailable);
    const ArchiveWriter first(home / "archive");
    EXPECT_EQ(refusal(home / "archive"), ErrorKind::conflict) << "another writer is at it";
    fs::create_directory(home / "empty");
    ArchiveWriter second(home / "empty" / "");
    second.finish();
    EXPECT_TRUE(fs::exists(home / "empty"));
}

TEST_F(ArchiveTest, ReadingSaysWhatIsWrong) {
    ArchiveWriter archive(home / "archive");
    const auto written = write(archive, "a", "abc");
    archive.finish();
    const ArchiveReader reader(home / "archive");
    const auto kind = [&](const auto& act) {
        try {
            act();
        } catch (const Error& error) {
            return error.kind();
        }
        return ErrorKind::internal;
    };
    EXPECT_EQ(kind([&] { reader.text("b", 10); }), ErrorKind::not_found);
    EXPECT_EQ(kind([&] { reader.text("a", 2); }), ErrorKind::invalid_argument);
    std::ofstream(home / "archive" / "a") << "abd";
    EXPECT_EQ(kind([&] { reader.check("a", written); }), ErrorKind::invalid_argument);
    std::ofstream(home / "archive" / "a") << "ab";
    EXPECT_EQ(kind([&] { reader.check("a", written); }), ErrorKind::invalid_argument);
    EXPECT_EQ(kind([&] { reader.check("b", written); }), ErrorKind::not_found);
}

}  // namespace
}  // namespace soma::backends
