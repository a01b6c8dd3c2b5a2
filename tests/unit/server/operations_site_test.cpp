#include "server/operations_site.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "unit/server/support.h"

namespace soma::server {
namespace {

HttpReply call(const Site& site, const std::string& verb, const std::string& target) {
    const RequestHead head = test::make_head(verb, target);
    const Disposition disposition = site(head);
    return disposition.refusal ? *disposition.refusal : disposition.run(head, "");
}

Site with_parts(std::vector<Part> parts) {
    return make_operations_site([parts] { return ReadyReport{parts}; },
                                [] { return std::string("up 1\n"); });
}

TEST(OperationsSite, ReadyIsAsBadAsItsWorstPart) {
    const Part good{"postgres", PartState::ok, ""};
    const Part slow{"redis", PartState::degraded, "no \"answer\""};
    const Part dead{"vault", PartState::down, "sealed"};
    EXPECT_EQ(call(with_parts({good}), "GET", "/ready").body,
              R"({"status":"ok","parts":{"postgres":{"status":"ok"}}})");
    const auto degraded = call(with_parts({slow, good}), "GET", "/ready");
    EXPECT_EQ(degraded.status, 200);
    EXPECT_EQ(degraded.body, R"({"status":"degraded","parts":{"redis":{"status":"degraded",)"
                             R"("reason":"no \"answer\""},"postgres":{"status":"ok"}}})");
    EXPECT_EQ(call(with_parts({good, dead, slow}), "GET", "/ready").status, 503);
}

TEST(OperationsSite, MetricsArePlainText) {
    const auto reply = call(with_parts({}), "GET", "/metrics");
    EXPECT_EQ(reply.body, "up 1\n");
    EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST(OperationsSite, NothingElse) {
    const Site site = with_parts({});
    EXPECT_EQ(call(site, "GET", "/health").status, 200);
    EXPECT_EQ(call(site, "GET", "/v1/memories").status, 404);
    EXPECT_EQ(call(site, "POST", "/ready").status, 405);
}

TEST(OperationsSite, AThrowingReportIsAnswered) {
    const Site site =
        make_operations_site([]() -> ReadyReport { throw Error(ErrorKind::unavailable, "no"); },
                             []() -> std::string { throw std::runtime_error("secret"); });
    EXPECT_EQ(call(site, "GET", "/ready").status, 503);
    EXPECT_EQ(call(site, "GET", "/metrics").status, 500);
}

}  // namespace
}  // namespace soma::server
