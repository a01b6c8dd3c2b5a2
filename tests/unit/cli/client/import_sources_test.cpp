#include "cli/client/import_sources.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;

/// A folder of this test alone.
class ImportSources : public ::testing::Test {
  protected:
    ImportSources() {
        fs::remove_all(root);
        fs::create_directories(root / "notes/deep");
    }
    ~ImportSources() override { fs::remove_all(root); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(root / name, std::ios::binary) << text;
    }
    domain::ImportList read(const std::string& name,
                            std::optional<domain::ImportFormat> format = std::nullopt) const {
        return read_sources({(root / name).string()}, format);
    }
    static std::string reason(const domain::ImportList& list, const std::string& place) {
        for (const auto& skipped : list.skipped) {
            if (skipped.place == place) {
                return (skipped.is_failure ? "failed: " : "skipped: ") + skipped.reason;
            }
        }
        return "";
    }

    const fs::path root =
        fs::path(testing::TempDir()) / ("soma-import-sources-" + std::to_string(::getpid()));
};

TEST_F(ImportSources, AFolderGivesItsFilesInOrderAndNamesTheRest) {
    write("notes/b.md", "# B\nsecond");
    write("notes/a.jsonl", "{\"text\":\"first\"}\n");
    write("notes/deep/c.json", R"([{"memory":"third","id":"1"}])");
    write("notes/picture.png", "\x89PNG");
    write("notes/other.json", R"({"unheard":"of"})");
    const auto list = read("notes");
    ASSERT_EQ(list.items.size(), 3U);
    EXPECT_EQ(list.items[0].place, "notes/a.jsonl:1");
    EXPECT_EQ(list.items[1].place, "notes/b.md:2");
    EXPECT_EQ(list.items[2].place, "notes/deep/c.json#/0");
    EXPECT_EQ(reason(list, "notes/picture.png"), "skipped: neither .md, .jsonl nor .json");
    EXPECT_EQ(reason(list, "notes/other.json").substr(0, 15), "failed: JSON of");
}

TEST_F(ImportSources, SymbolicLinksAreNotFollowed) {
    write("secret.md", "not given to anybody");
    write("notes/a.md", "given");
    fs::create_directories(root / "elsewhere");
    write("elsewhere/b.md", "not given either");
    fs::create_symlink(root / "secret.md", root / "notes/link.md");
    fs::create_directory_symlink(root / "elsewhere", root / "notes/folder");
    fs::create_directory_symlink(root / "notes", root / "notes/deep/round");
    fs::create_symlink(root / "nowhere", root / "notes/dangling.md");
    const auto list = read("notes");
    ASSERT_EQ(list.items.size(), 1U);
    for (const auto* link :
         {"notes/link.md", "notes/folder", "notes/deep/round", "notes/dangling.md"}) {
        EXPECT_EQ(reason(list, link), "skipped: a symbolic link: not followed") << link;
    }
    // A link that is named itself is what was given.
    EXPECT_EQ(read("notes/link.md").items.size(), 1U);
}

TEST_F(ImportSources, WhatCannotBeReadIsSaidAndTheRestGoesOn) {
    write("notes/a.md", "readable");
    ::mkfifo((root / "notes/pipe.md").c_str(), 0600);
    const auto list = read("notes");
    EXPECT_EQ(list.items.size(), 1U);
    EXPECT_EQ(reason(list, "notes/pipe.md"), "skipped: no regular file");
    EXPECT_THROW(read("nothing"), Error);
}

TEST_F(ImportSources, AFormatThatIsNamedIsBelieved) {
    write("plain.txt", "{\"memory\":\"tea\"}");
    EXPECT_EQ(read("plain.txt", domain::ImportFormat::mem0).items.size(), 1U);
    const auto as_markdown = read("plain.txt", domain::ImportFormat::markdown);
    ASSERT_EQ(as_markdown.items.size(), 1U);
    EXPECT_NE(as_markdown.items[0].request.find("section"), std::string::npos);
}

TEST_F(ImportSources, LinksKeepTheirItemsAmongOtherFiles) {
    write("notes/a.md", "first\n");
    write("notes/memory.jsonl",
          "{\"type\":\"entity\",\"name\":\"Ada\",\"entityType\":\"person\",\"observations\":[]}\n"
          "{\"type\":\"entity\",\"name\":\"Bo\",\"entityType\":\"person\",\"observations\":[]}\n"
          "{\"type\":\"relation\",\"from\":\"Ada\",\"to\":\"Bo\",\"relationType\":\"knows\"}\n");
    const auto list = read("notes");
    ASSERT_EQ(list.links.size(), 1U);
    EXPECT_EQ(list.items[list.links[0].from].place, "notes/memory.jsonl:1");
    EXPECT_EQ(list.items[list.links[0].to].place, "notes/memory.jsonl:2");
}

TEST_F(ImportSources, TwoFilesOfOneNameAreRefused) {
    write("notes/a.md", "x");
    write("a.md", "y");
    EXPECT_THROW(read_sources({(root / "a.md").string(), (root / "notes/a.md").string()}, {}),
                 Error);
}

}  // namespace
}  // namespace soma::cli
