#include "backends/object_store/object_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/stack.h"
#include "support/stores/object_store_server.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Deadline soon() {
    return Deadline(60s);
}

Time later(days from_now) {
    return wall_clock_now() + from_now;
}

/// A server for all tests of this file; each test has a folder of its own in the service's bucket.
class ObjectStoreTest : public testing::Test {
  protected:
    static void SetUpTestSuite() { server_ = std::make_unique<test::ObjectStoreServer>(); }
    static void TearDownTestSuite() { server_.reset(); }

    ObjectStoreTest() : store_(server_->service()) {}

    /// The one version of a name that was just written.
    ObjectVersion written(const std::string& name, const std::string& bytes) {
        EXPECT_TRUE(store_.put_locked(name, bytes, later(days(2)), soon()));
        const auto found = store_.first_versions(name, soon());
        EXPECT_EQ(found.size(), 1u);
        return found.empty() ? ObjectVersion{} : found.front();
    }

    static std::unique_ptr<test::ObjectStoreServer> server_;
    std::string folder_ = "constitution/" + to_hex(random_bytes(8)) + "/";
    ObjectStore store_;
};

std::unique_ptr<test::ObjectStoreServer> ObjectStoreTest::server_;

/// The error a call throws, which must be `unavailable`, as "public message | detail".
std::string refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.retry_after_seconds(), 2);
        return error.public_message() + " | " + error.detail();
    }
    return "nothing was thrown";
}

TEST_F(ObjectStoreTest, WhatIsWrittenIsReadAndLocked) {
    const std::string bytes("\x00\xff{}\r\n", 6);
    const Time until = later(days(2));
    ASSERT_TRUE(store_.put_locked(folder_ + "a.json", bytes, until, soon()));
    const auto found = store_.first_versions(folder_, soon());
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name, folder_ + "a.json");
    EXPECT_EQ(store_.read(found[0], soon()), bytes);
    const auto lock = store_.lock(found[0], soon());
    ASSERT_TRUE(lock);
    EXPECT_TRUE(lock->compliance);
    EXPECT_EQ(lock->until, std::chrono::floor<std::chrono::seconds>(until));
}

TEST_F(ObjectStoreTest, ANameIsWrittenOnce) {
    const auto first = written(folder_ + "a", "first");
    EXPECT_FALSE(store_.put_locked(folder_ + "a", "second", later(days(9)), soon()));
    EXPECT_EQ(store_.first_versions(folder_, soon()), std::vector{first});
    EXPECT_EQ(store_.read(first, soon()), "first");
}

TEST_F(ObjectStoreTest, OneOfManyWritersWins) {
    std::atomic<int> winners{0};
    std::vector<std::thread> writers;
    for (int i = 0; i < 8; ++i) {
        writers.emplace_back([&, i] {
            if (store_.put_locked(folder_ + "a", std::to_string(i), later(days(2)), soon())) {
                ++winners;
            }
        });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(store_.first_versions(folder_, soon()).size(), 1u);
}

TEST_F(ObjectStoreTest, NamesCarryAnyText) {
    const std::string name = folder_ + "\xc3\xa9 ?#%&<+=~";
    const auto version = written(name, "x");
    EXPECT_EQ(version.name, name);
    EXPECT_EQ(store_.read(version, soon()), "x");
    EXPECT_TRUE(store_.first_versions(folder_ + "e", soon()).empty());
}

TEST_F(ObjectStoreTest, TheLargestObjectComesBackWhole) {
    const std::string bytes = random_bytes(kMaxObjectBytes);
    EXPECT_EQ(store_.read(written(folder_ + "a", bytes), soon()), bytes);
    // A longer one, which only somebody else can have written, is refused and not cut.
    server_->as_root({"PUT", "/somabrain/" + folder_ + "b", bytes + "x", {}});
    const auto longer = store_.first_versions(folder_ + "b", soon());
    ASSERT_EQ(longer.size(), 1u);
    EXPECT_NE(refusal([&] { store_.read(longer[0], soon()); }).find("over its limit"),
              std::string::npos);
}

TEST_F(ObjectStoreTest, WhatIsNotThereIsNone) {
    EXPECT_TRUE(store_.first_versions(folder_, soon()).empty());
    auto version = written(folder_ + "a", "x");
    version.name += "b";
    EXPECT_FALSE(store_.read(version, soon()));
}

TEST_F(ObjectStoreTest, ALockOnlyGrows) {
    const auto version = written(folder_ + "a", "x");
    const Time longer = later(days(30));
    store_.extend(version, longer, soon());
    EXPECT_EQ(store_.lock(version, soon())->until,
              std::chrono::floor<std::chrono::seconds>(longer));
    EXPECT_NE(refusal([&] { store_.extend(version, later(days(1)), soon()); }).find("AccessDenied"),
              std::string::npos);
    EXPECT_EQ(store_.lock(version, soon())->until,
              std::chrono::floor<std::chrono::seconds>(longer));
    // Without a lock: none, until it is given one.
    server_->as_root({"PUT", "/somabrain/" + folder_ + "b", "y", {}});
    const auto open = store_.first_versions(folder_ + "b", soon()).front();
    EXPECT_FALSE(store_.lock(open, soon()));
    store_.extend(open, longer, soon());
    EXPECT_TRUE(store_.lock(open, soon())->compliance);
}

TEST_F(ObjectStoreTest, MoreThanAPageIsListedWhole) {
    constexpr std::size_t kNames = 1'050;
    std::vector<std::thread> writers;
    for (std::size_t t = 0; t < 6; ++t) {
        writers.emplace_back([&, t] {
            for (std::size_t i = t; i < kNames; i += 6) {
                store_.put_locked(folder_ + std::to_string(10'000 + i), "x", later(days(2)),
                                  soon());
            }
        });
    }
    for (auto& writer : writers) writer.join();
    const auto found = store_.first_versions(folder_, soon());
    ASSERT_EQ(found.size(), kNames);
    for (std::size_t i = 0; i < kNames; ++i) {
        EXPECT_EQ(found[i].name, folder_ + std::to_string(10'000 + i));
    }
}

TEST_F(ObjectStoreTest, TheFirstVersionIsFoundUnderAThousandNewerOnes) {
    written(folder_ + "a", "a");
    const auto first = written(folder_ + "b", "first");
    written(folder_ + "c", "c");
    std::vector<std::thread> writers;
    for (int t = 0; t < 6; ++t) {
        writers.emplace_back([&] {
            for (int i = 0; i < 175; ++i) {
                server_->as_root({"PUT", "/somabrain/" + folder_ + "b", "newer", {}});
            }
        });
    }
    for (auto& writer : writers) writer.join();
    server_->as_root({"DELETE", "/somabrain/" + folder_ + "b", "", {}});
    const auto found = store_.first_versions(folder_, soon());
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[1], first);
    EXPECT_EQ(store_.read(found[1], soon()), "first");
}

TEST_F(ObjectStoreTest, RefusedCredentialsAreSaidInSoManyWords) {
    const std::string words =
        "object storage refuses this service's credentials or what they ask | listing objects: "
        "status 403 ";
    const auto listing = [&](ObjectStoreConfig config) {
        ObjectStore store(std::move(config));
        return refusal([&] { store.first_versions(folder_, soon()); });
    };
    auto config = server_->service();
    config.credentials.secret_key += "x";
    EXPECT_EQ(listing(config), words + "SignatureDoesNotMatch");
    config = server_->service();
    config.credentials.access_key = "nobody";
    EXPECT_EQ(listing(config), words + "InvalidAccessKeyId");
    config = server_->service();
    config.credentials.region = "elsewhere";
    EXPECT_EQ(listing(config).substr(0, 30), "object storage is unavailable ");
    config = server_->service();
    config.bucket = "another-bucket";
    EXPECT_NE(listing(config).find("NoSuchBucket"), std::string::npos);
    EXPECT_NE(ObjectStore(config).trouble(soon()), "");
    EXPECT_NE(refusal([&] {
                  ObjectStore(config).read({"a", "b"}, soon());
              }).find("NoSuchBucket"),
              std::string::npos);
}

TEST_F(ObjectStoreTest, TheServiceMayDoNoMoreThanItNeeds) {
    const auto version = written(folder_ + "a", "x");
    const std::string object = "/somabrain/" + folder_ + "a";
    const std::string id = s3_query({{"versionId", version.id}});
    for (const test::S3Call& call :
         {test::S3Call{"DELETE", object, "", {}}, test::S3Call{"DELETE", object + id, "", {}},
          test::S3Call{"PUT", "/somabrain/elsewhere", "x", {}},
          test::S3Call{"DELETE", "/somabrain", "", {}}, test::S3Call{"PUT", "/of-its-own", "", {}},
          test::S3Call{"DELETE", "/somabrain?policy=", "", {}},
          test::S3Call{"PUT", "/somabrain?policy=", "{}", {}}}) {
        EXPECT_EQ(server_->as_service(call).status, 403) << call.method << " " << call.path;
    }
    EXPECT_EQ(store_.read(version, soon()), "x");
}

TEST_F(ObjectStoreTest, ABucketWithoutLocksIsTrouble) {
    EXPECT_EQ(store_.trouble(soon()), "");
    const std::string bucket = "open-" + to_hex(random_bytes(4));
    ASSERT_EQ(server_->as_root({"PUT", "/" + bucket, "", {}}).status, 200);
    auto config = server_->root();
    config.bucket = bucket;
    ObjectStore open(config);
    EXPECT_NE(open.trouble(soon()), "");
    EXPECT_NE(refusal([&] {
                  open.put_locked("a", "x", later(days(2)), soon());
              }).find("writing an object: status 400"),
              std::string::npos);
}

TEST_F(ObjectStoreTest, SettingUpAgainChangesNothing) {
    const auto version = written(folder_ + "a", "x");
    server_->set_up();
    EXPECT_EQ(store_.read(version, soon()), "x");
    EXPECT_EQ(store_.trouble(soon()), "");
}

TEST(ObjectStoreOfTheStack, IsReadyForTheService) {
    const auto& stack = test::stack();
    ObjectStoreConfig config;
    config.address = stack.s3_address();
    config.bucket = stack.s3_bucket;
    config.credentials = {stack.s3_access_key, stack.s3_secret_key, stack.s3_region};
    EXPECT_EQ(ObjectStore(config).trouble(soon()), "");
}

}  // namespace
}  // namespace soma::backends
