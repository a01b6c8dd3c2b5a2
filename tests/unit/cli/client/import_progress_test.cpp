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
    static std::vector<domain::ImportItem> items(const Texts& texts) {
        std::vector<domain::ImportItem> out;
        for (const auto& text : texts) {
            out.push_back(
                {"notes.jsonl:" + std::to_string(out.size() + 1), R"({"text":")" + text + "\"}"});
        }
        return out;
    }
    static ImportProgress of(const std::string& token, const Texts& texts,
                             const std::string& path = "notes.jsonl") {
        return {client(token), {path}, items(texts)};
    }
    static void mark(ImportProgress progress, std::vector<std::size_t> done) { progress.add(done); }
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
    progress.add(std::vector<std::size_t>{0});
    progress.add(std::vector<std::size_t>{2});
    const ImportProgress later = of(ada, {"a", "b", "c"});
    EXPECT_EQ(later.done(), 2U);
    EXPECT_TRUE(later.is_done(0) && !later.is_done(1) && later.is_done(2));
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
    EXPECT_TRUE(mended.is_done(0) && !mended.is_done(1) && mended.is_done(2) && !mended.is_done(3));
    EXPECT_NE(mended.run(), first);
    EXPECT_EQ(of(ada, {"a", "b", "c", "d"}).run(), mended.run());
}

TEST_F(ImportProgressTest, ChangingAnItemBackIsNewAgain) {
    mark(of(ada, {"a"}), {0});
    mark(of(ada, {"b"}), {0});
    ImportProgress back = of(ada, {"a"});
    EXPECT_EQ(back.done(), 0U);
    back.add(std::vector<std::size_t>{0});
    back.begin();
    EXPECT_EQ(of(ada, {"a"}).done(), 0U);
}

TEST_F(ImportProgressTest, EqualItemsAreToldApart) {
    mark(of(ada, {"a", "a", "a"}), {0, 1});
    const ImportProgress later = of(ada, {"a", "a", "a"});
    EXPECT_EQ(later.done(), 2U);
    EXPECT_FALSE(later.is_done(2));
}

TEST_F(ImportProgressTest, ALineThatWasCutOffCountsForNothing) {
    ImportProgress progress = of(ada, {"a", "b", "c"});
    progress.add(std::vector<std::size_t>{0});
    progress.add(std::vector<std::size_t>{1, 2});
    // As if the process had ended while it wrote the second batch down: that batch goes again as
    // it was, or its Idempotency-Key would be another.
    fs::resize_file(file(), fs::file_size(file()) - 1);
    ImportProgress later = of(ada, {"a", "b", "c"});
    EXPECT_EQ(later.done(), 1U);
    EXPECT_EQ(later.run(), progress.run());
    later.add(std::vector<std::size_t>{1, 2});
    EXPECT_EQ(of(ada, {"a", "b", "c"}).done(), 3U);
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
