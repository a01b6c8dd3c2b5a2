#include "cli/client/import_progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/encoding.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;

/// Progress files of this test alone, in a folder that goes with it.
class ImportProgressTest : public ::testing::Test {
  protected:
    ImportProgressTest() {
        fs::remove_all(folder);
        ::setenv("XDG_STATE_HOME", folder.c_str(), 1);
    }
    ~ImportProgressTest() override {
        ::unsetenv("XDG_STATE_HOME");
        fs::remove_all(folder);
    }

    static std::string token(const std::string& claims) {
        return "e30." + to_base64url(claims) + ".signature";
    }
    static ApiClient client(const std::string& token, const std::string& url = "http://a") {
        config::Config config;
        config.url = url;
        config.token = token;
        return ApiClient(config);
    }
    using Texts = std::vector<std::string>;
    static domain::ImportList items(const Texts& texts) {
        domain::ImportList out;
        for (const auto& text : texts) {
            out.add("notes.jsonl:" + std::to_string(out.items.size() + 1), {{"text", text}});
        }
        return out;
    }
    static ImportProgress of(const std::string& token, const Texts& texts,
                             const std::string& path = "notes.jsonl") {
        return {client(token), {path}, items(texts)};
    }
    /// Each item's id is "id" and its number.
    static void add(ImportProgress& progress, const std::vector<std::size_t>& done) {
        std::vector<std::string> ids;
        for (const std::size_t item : done) {
            ids.push_back("id" + std::to_string(item));
        }
        progress.add(done, ids);
    }
    static void mark(ImportProgress progress, const std::vector<std::size_t>& done) {
        add(progress, done);
    }
    static bool is_done(const ImportProgress& progress, std::size_t item) {
        const std::string id = progress.id_of(item);
        EXPECT_TRUE(id.empty() || id.starts_with("id"));
        return !id.empty();
    }
    /// The one file there is.
    fs::path file() const {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file()) {
                return entry.path();
            }
        }
        return {};
    }
    std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    const fs::path folder = fs::path(testing::TempDir()) / "soma-import-progress";
    const std::string ada = token(R"({"sub":"ada","tenant":"t","exp":1,"iat":1,"jti":"x"})");
};

TEST_F(ImportProgressTest, ALaterCallGoesOnWhereThisOneStopped) {
    ImportProgress progress = of(ada, {"a", "b", "c"});
    EXPECT_EQ(progress.done(), 0U);
    add(progress, {0});
    add(progress, {2});
    const ImportProgress later = of(ada, {"a", "b", "c"});
    EXPECT_EQ(later.done(), 2U);
    EXPECT_TRUE(is_done(later, 0) && !is_done(later, 1) && is_done(later, 2));
    EXPECT_EQ(later.run(), progress.run());
    EXPECT_EQ(files(), 1U) << "no draft stays behind";
}

TEST_F(ImportProgressTest, AFreshTokenOfTheSameCallerIsTheSameImport) {
    mark(of(ada, {"a"}), {0});
    const auto renewed = token(R"({"sub":"ada","tenant":"t","exp":9,"iat":8,"jti":"y"})");
    EXPECT_EQ(of(renewed, {"a"}).done(), 1U);
}

TEST_F(ImportProgressTest, OtherCallersAndPlacesAreOtherImports) {
    mark(of(ada, {"a"}), {0});
    EXPECT_EQ(of(ada, {"a"}, "other.jsonl").done(), 0U);
    EXPECT_EQ(ImportProgress(client(ada, "http://b"), {"notes.jsonl"}, items({"a"})).done(), 0U);
    const auto elsewhere = token(R"({"sub":"ada","tenant":"u","exp":1,"iat":1,"jti":"x"})");
    EXPECT_EQ(of(elsewhere, {"a"}).done(), 0U);
    EXPECT_EQ(of("no jwt", {"a"}).done(), 0U);
    EXPECT_EQ(of(ada, {"a"}).done(), 1U);
}

TEST_F(ImportProgressTest, WhatWasMendedIsNewAndTheRestStaysDone) {
    mark(of(ada, {"a", "c"}), {0, 1});
    const std::string first = of(ada, {"a", "c"}).run();
    // The broken line between them has become an item, and one more follows.
    const ImportProgress mended = of(ada, {"a", "b", "c", "d"});
    EXPECT_TRUE(is_done(mended, 0) && !is_done(mended, 1) && is_done(mended, 2) &&
                !is_done(mended, 3));
    EXPECT_NE(mended.run(), first);
    EXPECT_EQ(of(ada, {"a", "b", "c", "d"}).run(), mended.run());
}

TEST_F(ImportProgressTest, ChangingAnItemBackIsNewAgain) {
    mark(of(ada, {"a"}), {0});
    mark(of(ada, {"b"}), {0});
    ImportProgress back = of(ada, {"a"});
    EXPECT_EQ(back.done(), 0U);
    add(back, {0});
    back.begin();
    EXPECT_EQ(of(ada, {"a"}).done(), 0U);
}

TEST_F(ImportProgressTest, EqualItemsAreToldApart) {
    mark(of(ada, {"a", "a", "a"}), {0, 1});
    const ImportProgress later = of(ada, {"a", "a", "a"});
    EXPECT_EQ(later.done(), 2U);
    EXPECT_FALSE(is_done(later, 2));
}

TEST_F(ImportProgressTest, ALineThatWasCutOffCountsForNothing) {
    ImportProgress progress = of(ada, {"a", "b", "c"});
    add(progress, {0});
    add(progress, {1, 2});
    // As if the process had ended while it wrote the second batch down: that batch goes again as
    // it was, or its Idempotency-Key would be another.
    fs::resize_file(file(), fs::file_size(file()) - 1);
    ImportProgress later = of(ada, {"a", "b", "c"});
    EXPECT_EQ(later.done(), 1U);
    EXPECT_EQ(later.run(), progress.run());
    add(later, {1, 2});
    EXPECT_EQ(of(ada, {"a", "b", "c"}).done(), 3U);
}

TEST_F(ImportProgressTest, LinksStayDoneWithTheirItems) {
    auto list = items({"a", "b", "c"});
    list.links = {{"f:4", 0, 1, "related"}, {"f:5", 0, 1, "related"}, {"f:6", 1, 2, "causes"}};
    ImportProgress progress(client(ada), {"notes.jsonl"}, list);
    add(progress, {0, 1, 2});
    progress.add_link(0);
    progress.add_link(2);
    const ImportProgress later(client(ada), {"notes.jsonl"}, list);
    EXPECT_TRUE(later.is_linked(0) && !later.is_linked(1) && later.is_linked(2));
    EXPECT_EQ(later.id_of(2), "id2");
    EXPECT_EQ(later.done(), 3U) << "links are no items";
    // An item that changed is another memory: its links are to be made again.
    auto changed = items({"a", "b", "C"});
    changed.links = list.links;
    const ImportProgress again(client(ada), {"notes.jsonl"}, changed);
    EXPECT_TRUE(again.is_linked(0) && !again.is_linked(2));
}

TEST_F(ImportProgressTest, AnUnreadableFileMeansFromTheStart) {
    for (const auto* damage : {"not a number", "7", "7 run", "\n\n", "7 run digest\n"}) {
        mark(of(ada, {"a"}), {0});
        std::ofstream(file()) << damage;
        EXPECT_EQ(of(ada, {"a"}).done(), 0U) << damage;
    }
}

TEST_F(ImportProgressTest, AFolderThatCannotBeWrittenIsSaid) {
    fs::create_directories(folder.parent_path());
    std::ofstream(folder) << "a file where the folder should be";
    EXPECT_ANY_THROW(of(ada, {"a"}));
    fs::remove(folder);
}

}  // namespace
}  // namespace soma::cli
