#include "server/grpc/grpc_status.h"

#include <gtest/gtest.h>

#include <map>

#include "domain/planner/utility_refusal.h"

namespace soma::server {
namespace {

using grpc::StatusCode;

somabrain::v1::Problem problem_in(const grpc::Status& status) {
    somabrain::v1::StatusDetails details;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
    EXPECT_EQ(details.message(), status.error_message());
    somabrain::v1::Problem problem;
    EXPECT_EQ(details.details_size(), 1);
    EXPECT_TRUE(details.details(0).UnpackTo(&problem));
    return problem;
}

TEST(GrpcStatus, EveryKindHasItsCode) {
    const std::map<ErrorKind, StatusCode> codes = {
        {ErrorKind::invalid_argument, StatusCode::INVALID_ARGUMENT},
        {ErrorKind::payload_too_large, StatusCode::RESOURCE_EXHAUSTED},
        {ErrorKind::unsupported_media_type, StatusCode::INVALID_ARGUMENT},
        {ErrorKind::unauthenticated, StatusCode::UNAUTHENTICATED},
        {ErrorKind::permission_denied, StatusCode::PERMISSION_DENIED},
        {ErrorKind::not_found, StatusCode::NOT_FOUND},
        {ErrorKind::already_exists, StatusCode::ALREADY_EXISTS},
        {ErrorKind::conflict, StatusCode::FAILED_PRECONDITION},
        {ErrorKind::idempotency_reused, StatusCode::FAILED_PRECONDITION},
        {ErrorKind::resource_exhausted, StatusCode::RESOURCE_EXHAUSTED},
        {ErrorKind::unavailable, StatusCode::UNAVAILABLE},
        {ErrorKind::deadline_exceeded, StatusCode::DEADLINE_EXCEEDED},
        {ErrorKind::internal, StatusCode::INTERNAL}};
    for (const auto& [kind, code] : codes) {
        const auto status = to_status(refusal_of(Error(kind, "x"), "rid"));
        EXPECT_EQ(status.error_code(), code);
        EXPECT_EQ(grpc_code(kind), code);
        EXPECT_NE(grpc_code_name(code), "UNKNOWN");
        EXPECT_EQ(problem_in(status).status(), http_status(kind));
    }
    EXPECT_EQ(grpc_code_name(StatusCode::OK), "OK");
    EXPECT_EQ(grpc_code_name(StatusCode::CANCELLED), "CANCELLED");
    EXPECT_EQ(grpc_code_name(StatusCode::UNIMPLEMENTED), "UNIMPLEMENTED");
}

TEST(GrpcStatus, CarriesTheProblem) {
    const auto status = to_status(refusal_of(invalid("/text", "must not be empty"), "rid"));
    EXPECT_EQ(status.error_message(), "/text: must not be empty");
    const auto problem = problem_in(status);
    EXPECT_EQ(problem.type(), "urn:somabrain:problem:invalid_argument");
    EXPECT_EQ(problem.field(), "/text");
    EXPECT_EQ(problem.request_id(), "rid");
    EXPECT_FALSE(problem.has_article());
    EXPECT_FALSE(problem.has_utility());
}

TEST(GrpcStatus, ARefusalByTheUtilityGateKeepsItsFigures) {
    domain::UtilityFigures figures;
    figures.utility = -0.25;
    const domain::UtilityRefusal refusal(domain::Constitution{}, figures, "");
    const Error& as_caught = refusal;
    const auto problem = problem_in(to_status(refusal_of(as_caught, "rid")));
    EXPECT_EQ(problem.article(), "utility");
    EXPECT_NE(problem.utility().find("\"utility\":-0.25"), std::string::npos) << problem.utility();
}

TEST(GrpcStatus, InternalMistakesSayNothing) {
    const auto status =
        to_status(refusal_of(Error(ErrorKind::internal, "table x", "SQL secret"), "rid"));
    EXPECT_EQ(status.error_message().find("table"), std::string::npos);
    EXPECT_EQ(status.error_details().find("secret"), std::string::npos);
    EXPECT_EQ(problem_in(status).request_id(), "rid");
}

}  // namespace
}  // namespace soma::server
