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
    static std::vector<domain::ImportItem> items(const std::string& text) {
        return {{"notes.jsonl:1", {{"text", text}}}};
    }
    static ImportProgress of(const std::string& token, const std::string& text,
                             const std::string& path = "notes.jsonl") {
        return {client(token), {path}, items(text)};
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
    ImportProgress progress = of(ada, "a");
    EXPECT_EQ(progress.done(), 0U);
    progress.save(200);
    progress.save(400);
    EXPECT_EQ(of(ada, "a").done(), 400U);
    EXPECT_EQ(of(ada, "a").run(), progress.run());
    EXPECT_EQ(files(), 1U) << "no draft stays behind";
}

TEST_F(ImportProgressTest, AFreshTokenOfTheSameCallerIsTheSameImport) {
    of(ada, "a").save(7);
    const auto renewed = token(R"({"sub":"ada","tenant":"t","exp":9,"iat":8,"jti":"y"})");
    EXPECT_EQ(of(renewed, "a").done(), 7U);
}

TEST_F(ImportProgressTest, OtherCallersAndPlacesAreOtherImports) {
    of(ada, "a").save(7);
    EXPECT_EQ(of(ada, "a", "other.jsonl").done(), 0U);
    EXPECT_EQ(ImportProgress(client(ada, "http://b"), {"notes.jsonl"}, items("a")).done(), 0U);
    const auto elsewhere = token(R"({"sub":"ada","tenant":"u","exp":1,"iat":1,"jti":"x"})");
    EXPECT_EQ(of(elsewhere, "a").done(), 0U);
    EXPECT_EQ(of("no jwt", "a").done(), 0U);
    EXPECT_EQ(of(ada, "a").done(), 7U);
}

TEST_F(ImportProgressTest, ItemsThatChangedAreANewRunAndSoIsChangingThemBack) {
    of(ada, "a").save(7);
    const std::string first = of(ada, "a").run();
    EXPECT_EQ(of(ada, "b").done(), 0U);
    ImportProgress back = of(ada, "a");
    EXPECT_EQ(back.done(), 0U);
    EXPECT_NE(back.run(), first);
    back.save(7);
    back.begin();
    EXPECT_EQ(of(ada, "a").done(), 0U);
}

TEST_F(ImportProgressTest, AnUnreadableFileMeansFromTheStart) {
    for (const auto* damage : {"not a number", "7", "7 run", "7 run digest"}) {
        of(ada, "a").save(7);
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file()) {
                std::ofstream(entry.path()) << damage;
            }
        }
        EXPECT_EQ(of(ada, "a").done(), 0U) << damage;
    }
}

TEST_F(ImportProgressTest, AFolderThatCannotBeWrittenIsSaid) {
    fs::create_directories(folder.parent_path());
    std::ofstream(folder) << "a file where the folder should be";
    EXPECT_ANY_THROW(of(ada, "a"));
    fs::remove(folder);
}

}  // namespace
}  // namespace soma::cli
