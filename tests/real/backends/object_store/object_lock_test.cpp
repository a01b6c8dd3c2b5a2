// What the store itself refuses, whoever asks: the requests here are root's, past our own client.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/object_store/object_store.h"
#include "support/stores/object_store_server.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Deadline soon() {
    return Deadline(60s);
}

std::string retention(const std::string& mode, days from_now) {
    const auto until = std::chrono::floor<std::chrono::seconds>(wall_clock_now() + from_now);
    return "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" +
           format_rfc3339(until).substr(0, 19) + "Z</RetainUntilDate></Retention>";
}

class ObjectLock : public testing::Test {
  protected:
    static void SetUpTestSuite() { server_ = std::make_unique<test::ObjectStoreServer>(); }
    static void TearDownTestSuite() { server_.reset(); }

    ObjectLock() : store_(server_->service()) {
        EXPECT_TRUE(store_.put_locked(name_, "the law", wall_clock_now() + days(10), soon()));
        version_ = store_.first_versions(name_, soon()).at(0);
        lock_ = store_.lock(version_, soon()).value();
    }

    /// Of AWS and versitygw 403, of MinIO 400: both are "no".
    void expect_refused(const test::S3Call& call) {
        const auto answer = server_->as_root(call);
        EXPECT_TRUE(answer.status == 403 || answer.status == 400)
            << call.method << " " << call.path << ": " << answer.status << " " << answer.body;
        expect_unharmed();
    }

    void expect_unharmed() {
        EXPECT_EQ(store_.first_versions(name_, soon()), std::vector{version_});
        EXPECT_EQ(store_.read(version_, soon()), "the law");
        const auto lock = store_.lock(version_, soon());
        ASSERT_TRUE(lock);
        EXPECT_TRUE(lock->compliance);
        EXPECT_GE(lock->until, lock_.until);
    }

    std::string path(std::vector<std::pair<std::string, std::string>> parameters = {}) const {
        return "/somabrain/" + name_ + s3_query(std::move(parameters));
    }
    std::string of_version(const std::string& what = {}) const {
        std::vector<std::pair<std::string, std::string>> parameters{{"versionId", version_.id}};
        if (!what.empty()) parameters.emplace_back(what, "");
        return path(parameters);
    }

    static std::unique_ptr<test::ObjectStoreServer> server_;
    std::string name_ = "constitution/" + to_hex(random_bytes(8)) + ".json";
    ObjectStore store_;
    ObjectVersion version_;
    backends::ObjectLock lock_;
};

std::unique_ptr<test::ObjectStoreServer> ObjectLock::server_;

TEST_F(ObjectLock, ALockedVersionIsNotDeleted) {
    expect_refused({"DELETE", of_version(), "", {}});
    expect_refused({"DELETE", of_version(), "", {{"x-amz-bypass-governance-retention", "true"}}});
    const auto many = server_->as_root({"POST",
                                        "/somabrain" + s3_query({{"delete", ""}}),
                                        "<Delete><Object><Key>" + name_ + "</Key><VersionId>" +
                                            version_.id + "</VersionId></Object></Delete>",
                                        {}});
    EXPECT_NE(many.body.find("<Code>AccessDenied</Code>"), std::string::npos) << many.body;
    expect_unharmed();
}

TEST_F(ObjectLock, ALockIsNotShortened) {
    expect_refused({"PUT", of_version("retention"), retention("COMPLIANCE", days(9)), {}});
    expect_refused({"PUT", of_version("retention"), retention("COMPLIANCE", days(-1)), {}});
    expect_refused({"PUT", of_version("retention"), "<Retention></Retention>", {}});
    const auto longer =
        server_->as_root({"PUT", of_version("retention"), retention("COMPLIANCE", days(11)), {}});
    EXPECT_EQ(longer.status, 200) << longer.body;
    expect_unharmed();
}

TEST_F(ObjectLock, ALocksModeIsNotChanged) {
    expect_refused({"PUT", of_version("retention"), retention("GOVERNANCE", days(20)), {}});
    expect_refused({"PUT",
                    of_version("retention"),
                    retention("GOVERNANCE", days(20)),
                    {{"x-amz-bypass-governance-retention", "true"}}});
}

TEST_F(ObjectLock, AnOverwriteAddsAVersionThatHidesNothingFromUs) {
    // The store takes both: a lock keeps a version, not a name.
    EXPECT_EQ(server_->as_root({"PUT", path(), "another law", {}}).status, 200);
    EXPECT_EQ(server_->as_root({"GET", path(), "", {}}).body, "another law");
    expect_unharmed();
    EXPECT_EQ(server_->as_root({"DELETE", path(), "", {}}).status, 204);
    EXPECT_EQ(server_->as_root({"GET", path(), "", {}}).status, 404);
    expect_unharmed();
}

TEST_F(ObjectLock, TheBucketStaysWhatItIs) {
    const auto gone = server_->as_root({"DELETE", "/somabrain", "", {}});
    EXPECT_EQ(gone.status, 409) << gone.body;
    const auto suspended = server_->as_root(
        {"PUT",
         "/somabrain" + s3_query({{"versioning", ""}}),
         "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
         {}});
    EXPECT_GE(suspended.status, 400) << suspended.body;
    expect_unharmed();
    EXPECT_EQ(store_.trouble(soon()), "");
}

TEST_F(ObjectLock, ALockOutlivesTheServer) {
    server_->kill_now();
    server_->start();
    expect_refused({"DELETE", of_version(), "", {}});
}

}  // namespace
}  // namespace soma::backends
