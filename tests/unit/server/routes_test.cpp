#include "server/routes.h"

#include <gtest/gtest.h>

#include "unit/server/support.h"

namespace soma::server {
namespace {

std::string method_of(const Routes& routes, std::string_view verb, std::string_view target) {
    const auto found = routes.find(verb, target);
    if (const auto* match = std::get_if<Routes::Match>(&found)) {
        return match->route->method->name();
    }
    if (const auto* wrong = std::get_if<Routes::WrongVerb>(&found)) {
        return "allow " + wrong->allow;
    }
    return "none";
}

TEST(Routes, FindTheMethod) {
    const Routes routes(contract_services());
    EXPECT_EQ(method_of(routes, "POST", "/v1/memories"), "Remember");
    EXPECT_EQ(method_of(routes, "POST", "/v1/memories:batch"), "RememberBatch");
    EXPECT_EQ(method_of(routes, "POST", "/v1/memories%3Abatch"), "RememberBatch");
    EXPECT_EQ(method_of(routes, "GET", "/v1/memories/abc"), "GetMemory");
    EXPECT_EQ(method_of(routes, "DELETE", "/v1/memories/abc"), "DeleteMemory");
    EXPECT_EQ(method_of(routes, "POST", "/v1/brain/evaluate"), "Evaluate");
}

TEST(Routes, KnowWrongVerbsAndPaths) {
    const Routes routes(contract_services());
    EXPECT_EQ(method_of(routes, "PUT", "/v1/memories"), "allow POST, GET");
    EXPECT_EQ(method_of(routes, "POST", "/v1/memories/abc"), "allow GET, DELETE");
    EXPECT_EQ(method_of(routes, "get", "/v1/memories/abc"), "allow GET, DELETE");
    for (const char* target :
         {"/", "", "/v1", "/v1/memories/", "/v1/memories/a/b", "//v1/memories", "/v1//memories",
          "/V1/memories", "/v1/memories/../recall", "http://host/v1/memories", "*", "v1/memories",
          "/v1/memories\x01", "/v1/memories%", "/v1/memories%zz", "/v1/m\xc3\xa4mories"}) {
        EXPECT_EQ(method_of(routes, "POST", target), "none") << target;
    }
}

TEST(Routes, DecodeParametersOfPathAndQuery) {
    const Routes routes(contract_services());
    const auto found = routes.find("GET", "/v1/memories/a%2Fb%20c?x=1&y=%26&z");
    const auto& match = std::get<Routes::Match>(found);
    ASSERT_EQ(match.parameters.size(), 4U);
    EXPECT_EQ(match.parameters[0].name, "id");
    EXPECT_EQ(match.parameters[0].value, "a/b c");
    EXPECT_EQ(match.parameters[2].value, "&");
    EXPECT_EQ(match.parameters[3].name, "z");
}

TEST(Routes, NameAMethodWithoutHandler) {
    Routes routes(contract_services());
    try {
        routes.check_complete();
        FAIL() << "an empty table is not complete";
    } catch (const Error& error) {
        EXPECT_NE(error.public_message().find("somabrain.v1."), std::string::npos);
    }
    test::bind_rest(routes);
    routes.check_complete();
}

/// A story of one answer.
struct Story {
    somabrain::v1::RecallResponse recall(const services::RequestContext&,
                                         const services::Admission&,
                                         const somabrain::v1::RecallRequest&) {
        return {};
    }
};

TEST(RoutesDeathTest, WrongBindingsAreOurMistake) {
    Routes routes(contract_services());
    Story story;
    EXPECT_DEATH(routes.bind("somabrain.v1.Memory.Find", story, &Story::recall), "does not have");
    EXPECT_DEATH(routes.bind("somabrain.v1.Memory.Remember", story, &Story::recall),
                 "message types");
    routes.bind("somabrain.v1.Memory.Recall", story, &Story::recall);
    EXPECT_DEATH(routes.bind("somabrain.v1.Memory.Recall", story, &Story::recall),
                 "second handler");
}

}  // namespace
}  // namespace soma::server
