#include "services/constitution/restore_law.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backends/postgres/constitution/laws.h"
#include "backends/postgres/schema/migrations.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "support/law_forge.h"
#include "support/postgres/postgres_cluster.h"
#include "support/stores/object_store_server.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;

Deadline soon() {
    return Deadline(60s);
}

/// Versions 1 to n, whose signers change with each: a-e, b-f, c-g and so on.
std::vector<domain::SignedVersion> history(std::size_t n) {
    std::vector<domain::SignedVersion> out;
    std::string previous;
    for (std::size_t version = 1; version <= n; ++version) {
        std::string signers;
        for (std::size_t i = 0; i < 5; ++i) {
            signers += static_cast<char>('a' + (version - 1 + i) % 20);
        }
        auto law = testing::law_json(version, previous);
        law["signers"] = testing::signers_json(signers);
        const auto document = testing::document_of(law);
        // Three that are in both sets.
        out.push_back(testing::signed_by(document, signers.substr(0, 3)));
        previous = document.hash;
    }
    return out;
}

std::string root_of(const std::vector<domain::SignedVersion>& laws) {
    return sha3_512(laws.front().text);
}

/// An error's kind and words.
std::string refusal(const std::function<void()>& call, ErrorKind expected) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), expected) << error.public_message();
        return error.public_message();
    }
    return "none";
}

/// An empty, migrated database and an empty bucket for each test.
class RestoreLawTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        server_ = std::make_unique<test::ObjectStoreServer>();
        cluster_ = std::make_unique<test::PostgresCluster>();
    }
    static void TearDownTestSuite() {
        server_.reset();
        cluster_.reset();
    }

    RestoreLawTest() : store_(bucket()), snapshots_(store_, std::chrono::days(100)) {
        cluster_->create_database(name_);
        backends::migrate(cluster_->owner(name_), 65'536, soon());
    }

    backends::ObjectStoreConfig bucket() {
        const auto made = server_->as_root(
            {"PUT", "/" + name_, "", {{"x-amz-bucket-object-lock-enabled", "true"}}});
        EXPECT_EQ(made.status, 200) << made.body;
        auto config = server_->root();
        config.bucket = name_;
        return config;
    }

    void save(std::uint64_t version, const domain::SignedVersion& law) {
        snapshots_.save(version, sha3_512(law.text), law, soon());
    }
    void save(const std::vector<domain::SignedVersion>& laws) {
        for (std::size_t i = 0; i < laws.size(); ++i) save(i + 1, laws[i]);
    }

    RestoredLaw restore(const std::string& root) {
        return restore_law(cluster_->owner(name_), snapshots_, root, testing::kNow, soon());
    }
    std::vector<backends::LawRow> stored() {
        backends::ConnectionPool pool(cluster_->app(name_), 1);
        return backends::Laws(pool).read(1, soon()).rows;
    }

    static std::unique_ptr<test::ObjectStoreServer> server_;
    static std::unique_ptr<test::PostgresCluster> cluster_;
    const std::string name_ = "law" + to_hex(random_bytes(6));
    backends::ObjectStore store_;
    LawSnapshots snapshots_;
};
std::unique_ptr<test::ObjectStoreServer> RestoreLawTest::server_;
std::unique_ptr<test::PostgresCluster> RestoreLawTest::cluster_;

TEST_F(RestoreLawTest, EveryVersionWithItsSignaturesAndThePointer) {
    const auto laws = history(6);
    save(laws);
    const auto restored = restore(root_of(laws));
    EXPECT_EQ(restored.version, 6U);
    EXPECT_EQ(restored.hash, sha3_512(laws.back().text));
    const auto rows = stored();
    ASSERT_EQ(rows.size(), 6U);
    domain::Chain chain(root_of(laws));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].version, i + 1);
        EXPECT_EQ(rows[i].hash, sha3_512(laws[i].text));
        EXPECT_EQ(rows[i].activated_at, testing::kNow);
        EXPECT_EQ(chain.append(rows[i].signed_version), std::nullopt);
    }
    backends::ConnectionPool pool(cluster_->app(name_), 1);
    backends::Laws table(pool);
    const auto page = table.read(7, soon());
    EXPECT_EQ(page.version, 6U);
    EXPECT_EQ(page.hash, restored.hash);
    EXPECT_TRUE(table.unlocked(10, soon()).empty());  // they lie under lock: nothing is owed
}

TEST_F(RestoreLawTest, ADatabaseWithALawIsLeftAlone) {
    const auto laws = history(2);
    save(laws);
    restore(root_of(laws));
    EXPECT_NE(refusal([&] { restore(root_of(laws)); }, ErrorKind::conflict).find("empty"),
              std::string::npos);
    EXPECT_EQ(stored().size(), 2U);
}

TEST_F(RestoreLawTest, OfTwoAtOnceOneWins) {
    const auto laws = history(3);
    save(laws);
    std::atomic<int> won{0};
    std::atomic<int> told{0};
    std::vector<std::thread> restorers;
    for (int i = 0; i < 2; ++i) {
        restorers.emplace_back([&] {
            try {
                restore(root_of(laws));
                ++won;
            } catch (const Error& error) {
                told += error.kind() == ErrorKind::conflict ? 1 : 0;
            }
        });
    }
    for (auto& restorer : restorers) restorer.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(stored().size(), 3U);
}

TEST_F(RestoreLawTest, WhatDoesNotVerifyRestoresNothing) {
    const auto laws = history(4);
    EXPECT_NE(refusal([&] { restore(root_of(laws)); }, ErrorKind::not_found), "none");
    save(1, laws[0]);
    save(2, laws[1]);
    save(4, laws[3]);  // 3 is missing
    EXPECT_NE(refusal([&] { restore(root_of(laws)); }, ErrorKind::invalid_argument)
                  .find("version 3 is refused: it is missing"),
              std::string::npos);
    auto forged = laws[2];
    forged.signatures.pop_back();  // by too few
    save(3, forged);
    EXPECT_NE(
        refusal([&] { restore(root_of(laws)); }, ErrorKind::invalid_argument).find("old_threshold"),
        std::string::npos);
    EXPECT_NE(refusal([&] { restore(std::string(64, 'r')); }, ErrorKind::invalid_argument)
                  .find("trust_root"),
              std::string::npos);
    EXPECT_TRUE(stored().empty());
}

}  // namespace
}  // namespace soma::services
