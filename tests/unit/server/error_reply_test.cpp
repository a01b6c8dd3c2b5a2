#include "server/error_reply.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>

#include "domain/planner/utility_refusal.h"

namespace soma::server {
namespace {

std::string header(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (key == name) {
            return value;
        }
    }
    return "";
}

TEST(ErrorReply, EveryKindHasItsNumber) {
    const std::map<ErrorKind, int> numbers = {{ErrorKind::invalid_argument, 400},
                                              {ErrorKind::payload_too_large, 413},
                                              {ErrorKind::unauthenticated, 401},
                                              {ErrorKind::permission_denied, 403},
                                              {ErrorKind::not_found, 404},
                                              {ErrorKind::already_exists, 409},
                                              {ErrorKind::conflict, 409},
                                              {ErrorKind::idempotency_reused, 422},
                                              {ErrorKind::resource_exhausted, 429},
                                              {ErrorKind::unavailable, 503},
                                              {ErrorKind::deadline_exceeded, 504},
                                              {ErrorKind::internal, 500},
                                              {ErrorKind::unsupported_media_type, 415}};
    for (const auto& [kind, number] : numbers) {
        EXPECT_EQ(http_status(kind), number);
        EXPECT_EQ(error_reply(Error(kind, "x"), "id").status, number);
    }
}

TEST(ErrorReply, IsAProblemNamingFieldAndLimit) {
    const auto reply =
        error_reply(invalid("/items/3/\"text\"", "must have at most 32768 bytes"), "rid");
    EXPECT_EQ(reply.content_type, "application/problem+json");
    const auto problem = boost::json::parse(reply.body);
    EXPECT_EQ(problem.at("type"), "urn:somabrain:problem:invalid_argument");
    EXPECT_EQ(problem.at("status"), 400);
    EXPECT_EQ(problem.at("detail"), "/items/3/\"text\": must have at most 32768 bytes");
    EXPECT_EQ(problem.at("field"), "/items/3/\"text\"");
    EXPECT_EQ(problem.at("request_id"), "rid");
    EXPECT_TRUE(problem.as_object().contains("title"));
}

TEST(ErrorReply, QuotesNothingSensitive) {
    const Error error = Error(ErrorKind::invalid_argument, "unknown field of ann@example.org")
                            .at("/ann@example.org");
    const auto body = error_reply(error, "id").body;
    EXPECT_EQ(body.find("example.org"), std::string::npos) << body;
    EXPECT_NE(body.find("unknown field of [pii.email]"), std::string::npos) << body;
}

TEST(ErrorReply, ARefusalByTheLawNamesItsArticle) {
    const Error error = Error(ErrorKind::permission_denied, "the constitution forbids this")
                            .by_article("a1", "No.");
    const auto problem = boost::json::parse(error_reply(error, "rid").body);
    EXPECT_EQ(problem.at("article"), "a1");
    EXPECT_EQ(problem.at("article_text"), "No.");
    const auto other = boost::json::parse(
        error_reply(Error(ErrorKind::permission_denied, "the role"), "rid").body);
    EXPECT_FALSE(other.as_object().contains("article"));
    EXPECT_FALSE(other.as_object().contains("article_text"));
}

TEST(ErrorReply, ALowUtilityHasItsFigures) {
    domain::UtilityFigures figures;
    figures.utility = -0.25;
    figures.probability = 0.5;
    const domain::UtilityRefusal refusal(domain::Constitution{}, figures, "");
    const auto problem = boost::json::parse(error_reply(refusal, "rid").body);
    EXPECT_EQ(problem.at("status"), 403);
    EXPECT_EQ(problem.at("article"), "utility");
    EXPECT_EQ(problem.at("utility").at("utility").to_number<double>(), -0.25);
    EXPECT_EQ(problem.at("utility").at("probability").to_number<double>(), 0.5);
    EXPECT_EQ(problem.at("utility").as_object().size(), 11U);
}

TEST(ErrorReply, OfALongArticleTheBeginningIsEnough) {
    const auto text_of = [](const std::string& words) {
        const Error error = Error(ErrorKind::permission_denied, "no").by_article("a1", words);
        return std::string(
            boost::json::parse(error_reply(error, "rid").body).at("article_text").as_string());
    };
    EXPECT_EQ(text_of(std::string(1024, 'x')), std::string(1024, 'x'));
    EXPECT_EQ(text_of(std::string(1025, 'x')), std::string(1024, 'x') + "…");
    EXPECT_EQ(text_of(std::string(1023, 'x') + "ä"), std::string(1023, 'x') + "…");
}

TEST(ErrorReply, InternalMistakesSayNothing) {
    const auto reply = error_reply(
        Error(ErrorKind::internal, "table memories", "SQL secret").at("/secret"), "rid");
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
    EXPECT_EQ(reply.body.find("memories"), std::string::npos);
    EXPECT_NE(reply.body.find("rid"), std::string::npos);
}

TEST(ErrorReply, DetailNeverReachesTheCaller) {
    const auto reply = error_reply(Error(ErrorKind::unavailable, "storage", "host db7"), "rid");
    EXPECT_EQ(reply.body.find("db7"), std::string::npos);
}

TEST(ErrorReply, SaysWhenToComeBackAndHowToIdentify) {
    EXPECT_EQ(header(error_reply(Error(ErrorKind::unavailable, "x"), ""), "Retry-After"), "1");
    EXPECT_EQ(header(error_reply(Error(ErrorKind::resource_exhausted, "x").retry_after(17), ""),
                     "Retry-After"),
              "17");
    EXPECT_EQ(header(error_reply(Error(ErrorKind::not_found, "x"), ""), "Retry-After"), "");
    EXPECT_EQ(header(error_reply(Error(ErrorKind::unauthenticated, "x"), ""), "WWW-Authenticate"),
              "Bearer realm=\"somabrain\"");
}

TEST(ErrorReply, TroublesOfHttpItself) {
    const std::map<HttpTrouble, int> numbers = {
        {HttpTrouble::malformed, 400},          {HttpTrouble::no_such_path, 404},
        {HttpTrouble::method_not_allowed, 405}, {HttpTrouble::request_timeout, 408},
        {HttpTrouble::expectation_failed, 417}, {HttpTrouble::headers_too_large, 431}};
    for (const auto& [trouble, number] : numbers) {
        const auto reply = trouble_reply(trouble, "why", "rid");
        EXPECT_EQ(reply.status, number);
        EXPECT_EQ(boost::json::parse(reply.body).at("status"), number);
        EXPECT_EQ(boost::json::parse(reply.body).at("detail"), "why");
    }
    EXPECT_FALSE(boost::json::parse(trouble_reply(HttpTrouble::malformed, "", "rid").body)
                     .as_object()
                     .contains("detail"));
}

}  // namespace
}  // namespace soma::server
