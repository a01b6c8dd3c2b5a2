#include "services/constitution/snapshots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "domain/constitution/envelope.h"
#include "support/law_forge.h"
#include "support/stores/object_store_server.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Deadline soon() {
    return Deadline(60s);
}

/// The law of that number, signed by a, b and c. Nothing here asks whether it follows another.
domain::SignedVersion law(std::uint64_t version, const std::string& expires = "2026-12-01") {
    auto json = testing::law_json(version, version == 1 ? "" : std::string(64, 'p'));
    json["expires_at"] = expires + "T00:00:00Z";
    return testing::signed_by(testing::document_of(json), "abc");
}

std::string name_of(std::uint64_t version, const std::string& text) {
    const std::string digits = std::to_string(version);
    return "constitution/" + std::string(20 - digits.size(), '0') + digits + "-" +
           to_hex(sha3_512(text)).substr(0, 32) + ".json";
}

/// Each test has a bucket of its own on one server.
class LawSnapshotsTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() { server_ = std::make_unique<test::ObjectStoreServer>(); }
    static void TearDownTestSuite() { server_.reset(); }

    LawSnapshotsTest() : store_(bucket()), snapshots_(store_, days(100)) {}

    backends::ObjectStoreConfig bucket() {
        const auto made = server_->as_root(
            {"PUT", "/" + bucket_, "", {{"x-amz-bucket-object-lock-enabled", "true"}}});
        EXPECT_EQ(made.status, 200) << made.body;
        auto config = server_->root();
        config.bucket = bucket_;
        return config;
    }

    void save(std::uint64_t version, const domain::SignedVersion& content) {
        snapshots_.save(version, sha3_512(content.text), content, soon());
    }
    /// What somebody else with the right to write can do.
    void plant(const std::string& name, const std::string& bytes) {
        EXPECT_EQ(server_->as_root({"PUT", "/" + bucket_ + "/" + name, bytes, {}}).status, 200);
    }
    void hide(const std::string& name) {
        EXPECT_EQ(server_->as_root({"DELETE", "/" + bucket_ + "/" + name, "", {}}).status, 204);
    }
    std::size_t stored_versions() {
        const auto answer = server_->as_root(
            {"GET", "/" + bucket_ + backends::s3_query({{"versions", ""}}), "", {}});
        return backends::read_version_page(answer.body).value().versions.size();
    }
    days locked_for(std::uint64_t version, const std::string& text) {
        const auto found = store_.first_versions(name_of(version, text), soon()).at(0);
        const auto lock = store_.lock(found, soon());
        if (!lock || !lock->compliance) return days(0);
        return std::chrono::round<days>(lock->until - wall_clock_now());
    }

    static std::unique_ptr<test::ObjectStoreServer> server_;
    std::string bucket_ = "law-" + to_hex(random_bytes(6));
    backends::ObjectStore store_;
    LawSnapshots snapshots_;
};

std::unique_ptr<test::ObjectStoreServer> LawSnapshotsTest::server_;

std::string refusal(ErrorKind expected, const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), expected) << error.public_message();
        return error.public_message();
    }
    return "nothing was thrown";
}

std::string conflict(const std::function<void()>& call) {
    return refusal(ErrorKind::conflict, call);
}

TEST_F(LawSnapshotsTest, NothingWasSavedYet) {
    EXPECT_FALSE(snapshots_.newest(soon()));
    EXPECT_FALSE(snapshots_.read(1, soon()));
}

TEST_F(LawSnapshotsTest, WhatIsSavedIsFoundByItsNumberAndLocked) {
    const auto first = law(1);
    const auto second = law(2);
    save(1, first);
    save(2, second);
    const auto newest = snapshots_.newest(soon());
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->version, 2u);
    EXPECT_EQ(newest->hash, sha3_512(second.text));
    EXPECT_EQ(newest->content.text, second.text);
    const auto read = snapshots_.read(1, soon());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->version, 1u);
    EXPECT_EQ(domain::encode_signed(read->content), domain::encode_signed(first));
    EXPECT_FALSE(snapshots_.read(3, soon()));
    EXPECT_EQ(locked_for(1, first.text), days(100));
    // The name is a promise to whoever restores by hand.
    EXPECT_EQ(store_.first_versions("", soon()).at(1).name, name_of(2, second.text));
}

TEST_F(LawSnapshotsTest, SavingAgainChangesNothing) {
    auto version = law(1);
    save(1, version);
    save(1, version);
    std::reverse(version.signatures.begin(), version.signatures.end());
    save(1, version);
    EXPECT_EQ(stored_versions(), 1u);
}

TEST_F(LawSnapshotsTest, ManyWhoSaveAtOnceSaveOne) {
    const auto version = law(1);
    std::vector<std::thread> savers;
    std::atomic<int> saved{0};
    for (int i = 0; i < 8; ++i) {
        savers.emplace_back([&] {
            save(1, version);
            ++saved;
        });
    }
    for (auto& saver : savers) saver.join();
    EXPECT_EQ(saved, 8);
    EXPECT_EQ(stored_versions(), 1u);
}

TEST_F(LawSnapshotsTest, OtherBytesUnderTheNameAreAnError) {
    auto version = law(1);
    save(1, version);
    version.signatures.pop_back();
    EXPECT_EQ(conflict([&] { save(1, version); }),
              "object storage holds other bytes under the name of constitution version 1");
    EXPECT_EQ(snapshots_.read(1, soon())->content.signatures.size(), 3u);
}

TEST_F(LawSnapshotsTest, AnotherTextOfTheVersionIsAnError) {
    save(1, law(1));
    EXPECT_EQ(conflict([&] { save(1, law(1, "2026-11-30")); }),
              "object storage holds another text of constitution version 1");
    EXPECT_EQ(stored_versions(), 1u);
    const auto other = law(1, "2026-11-30");
    plant(name_of(1, other.text), domain::encode_signed(other));
    const std::string two = "object storage holds two texts of constitution version 1";
    EXPECT_EQ(conflict([&] { snapshots_.read(1, soon()); }), two);
    EXPECT_EQ(conflict([&] { snapshots_.newest(soon()); }), two);
    EXPECT_EQ(conflict([&] { save(1, law(1)); }),
              "object storage holds another text of constitution version 1");
}

TEST_F(LawSnapshotsTest, ANameThatItsBytesDoNotBearOutIsAnError) {
    const auto first = law(1);
    save(1, first);
    plant(name_of(2, law(2).text), "garbage");
    plant(name_of(3, law(3).text), domain::encode_signed(first));
    const std::string other =
        "object storage holds other bytes under the name of constitution version ";
    EXPECT_EQ(conflict([&] { snapshots_.read(2, soon()); }), other + "2");
    EXPECT_EQ(conflict([&] { snapshots_.read(3, soon()); }), other + "3");
    EXPECT_EQ(conflict([&] { snapshots_.newest(soon()); }), other + "3");
    EXPECT_EQ(conflict([&] { save(2, law(2)); }), other + "2");
    EXPECT_EQ(snapshots_.read(1, soon())->content.text, first.text);
}

TEST_F(LawSnapshotsTest, NewerVersionsAndDeleteMarkersHideNothing) {
    const auto first = law(1);
    save(1, first);
    plant(name_of(1, first.text), "garbage");
    EXPECT_EQ(snapshots_.read(1, soon())->content.text, first.text);
    hide(name_of(1, first.text));
    EXPECT_EQ(snapshots_.newest(soon())->hash, sha3_512(first.text));
    save(1, first);
    EXPECT_EQ(stored_versions(), 2u);
}

TEST_F(LawSnapshotsTest, NamesThatAreNotOursSayNothing) {
    const auto first = law(1);
    save(1, first);
    const std::string hash = to_hex(sha3_512("x")).substr(0, 32);
    const std::vector<std::string> names{
        "constitution/9",
        "constitution/00000000000000000009-x.json",
        "constitution/00000000000000000009.json",
        "constitution/%2B0000000000000000009-" + hash + ".json",
        "constitution/99999999999999999999-" + hash + ".json",
        "constitution/00000000000000000000-" + hash + ".json",
        "constitution/00000000000000000009-" + hash + ".txt_",
        "constitution/00000000000000000009-" + hash + ".json2",
        "constitution/00000000000000000009-A" + hash.substr(1) + ".json",
        "constitution/00000000000000000001-readme",
        "somewhere/else"};
    for (const std::string& name : names) {
        plant(name, "x");
    }
    EXPECT_EQ(snapshots_.newest(soon())->version, 1u);
    EXPECT_EQ(snapshots_.read(1, soon())->content.text, first.text);
    EXPECT_FALSE(snapshots_.read(9, soon()));
    save(1, first);
}

TEST_F(LawSnapshotsTest, ALockIsRenewedWhenHalfOfItIsOver) {
    const auto first = law(1);
    const std::string hash = sha3_512(first.text);
    save(1, first);
    LawSnapshots(store_, days(198)).save(1, hash, first, soon());
    EXPECT_EQ(locked_for(1, first.text), days(100)) << "half of 198 is still there";
    LawSnapshots(store_, days(202)).save(1, hash, first, soon());
    EXPECT_EQ(locked_for(1, first.text), days(202));
    save(1, first);
    EXPECT_EQ(locked_for(1, first.text), days(202)) << "never shortened";
    // Put there by somebody else, without a lock.
    const auto second = law(2);
    plant(name_of(2, second.text), domain::encode_signed(second));
    EXPECT_EQ(locked_for(2, second.text), days(0));
    save(2, second);
    EXPECT_EQ(locked_for(2, second.text), days(100));
    EXPECT_EQ(stored_versions(), 2u);
}

TEST_F(LawSnapshotsTest, TheNewestOfMoreThanAThousandIsFound) {
    std::vector<std::thread> writers;
    for (std::uint64_t t = 0; t < 6; ++t) {
        writers.emplace_back([&, t] {
            for (std::uint64_t version = 1 + t; version <= 1'100; version += 6) {
                const domain::SignedVersion content{"law " + std::to_string(version), {}};
                store_.put_locked(name_of(version, content.text), domain::encode_signed(content),
                                  wall_clock_now() + days(2), soon());
            }
        });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(snapshots_.newest(soon())->version, 1'100u);
    EXPECT_EQ(snapshots_.newest(soon())->content.text, "law 1100");
    EXPECT_EQ(snapshots_.read(999, soon())->content.text, "law 999");
    // The largest number sorts last, too.
    const std::uint64_t most = domain::kMaxVersion;
    const domain::SignedVersion last{"last", {}};
    save(most, last);
    EXPECT_EQ(snapshots_.newest(soon())->version, most);
}

TEST_F(LawSnapshotsTest, TheServicesOwnAccountIsEnough) {
    backends::ObjectStore store(server_->service());
    LawSnapshots snapshots(store, days(10));
    const auto first = law(1);
    snapshots.save(1, sha3_512(first.text), first, soon());
    LawSnapshots(store, days(100)).save(1, sha3_512(first.text), first, soon());
    EXPECT_EQ(snapshots.newest(soon())->content.text, first.text);
}

TEST_F(LawSnapshotsTest, AStoreThatIsDownOwesWhatItDidNotSave) {
    test::ObjectStoreServer server;
    backends::ObjectStore store(server.service());
    LawSnapshots snapshots(store, days(10));
    const auto first = law(1);
    const auto save_it = [&] { snapshots.save(1, sha3_512(first.text), first, Deadline(5s)); };
    server.kill_now();
    refusal(ErrorKind::unavailable, save_it);
    refusal(ErrorKind::unavailable, [&] { snapshots.newest(Deadline(5s)); });
    refusal(ErrorKind::unavailable, [&] { snapshots.read(1, Deadline(5s)); });
    server.start();
    server.freeze();
    refusal(ErrorKind::unavailable,
            [&] { snapshots.save(1, sha3_512(first.text), first, Deadline(200ms)); });
    server.thaw();
    save_it();
    EXPECT_EQ(snapshots.newest(soon())->content.text, first.text);
}

TEST(LawSnapshotsDeath, AHashThatIsNotTheTextsIsOurOwnMistake) {
    backends::ObjectStore store({});
    LawSnapshots snapshots(store, days(10));
    EXPECT_DEATH(snapshots.save(1, std::string(64, 'x'), law(1), soon()),
                 "saved under its own hash");
}

}  // namespace
}  // namespace soma::services
