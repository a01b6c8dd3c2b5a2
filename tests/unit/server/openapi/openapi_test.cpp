#include "server/openapi/openapi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "domain/retrieval/score.h"
#include "server/codec/plan.h"
#include "server/routes.h"

namespace soma::server {
namespace {

namespace json = boost::json;

json::value document() {
    return json::parse(openapi_document(contract_services()));
}

TEST(OpenApi, EveryRouteIsThere) {
    const auto doc = document();
    for (const auto* service : contract_services()) {
        for (int i = 0; i < service->method_count(); ++i) {
            const auto& route = service->method(i)->options().GetExtension(somabrain::v1::route);
            std::string verb = route.verb();
            for (char& c : verb) {
                c = static_cast<char>(std::tolower(c));
            }
            const auto& operation = doc.at("paths").at(route.path()).at(verb);
            EXPECT_EQ(std::string_view(operation.at("operationId").as_string()),
                      service->method(i)->name());
            EXPECT_TRUE(
                operation.at("responses").as_object().contains(std::to_string(route.success())));
            EXPECT_EQ(operation.as_object().contains("requestBody"), route.max_body_bytes() > 0);
        }
    }
    EXPECT_EQ(doc.at("paths").at("/health").at("get").at("security").as_array().size(), 0U);
}

TEST(OpenApi, SaysTheLimitsTheCodecChecks) {
    const auto schemas = document().at("components").at("schemas");
    const auto& remember = schemas.at("RememberRequest");
    EXPECT_EQ(remember.at("additionalProperties"), false);
    EXPECT_EQ(remember.at("required"), json::array{"text"});
    const auto& text = remember.at("properties").at("text");
    EXPECT_EQ(text.at("minLength"), 1);
    EXPECT_EQ(text.at("maxLength"), 32768);
    EXPECT_EQ(remember.at("properties").at("tags").at("maxItems"), 32);
    EXPECT_EQ(remember.at("properties").at("importance").at("maximum"), 1);
    EXPECT_EQ(remember.at("properties").at("occurred_at").at("format"), "date-time");
    EXPECT_EQ(schemas.at("RecallRequest")
                  .at("properties")
                  .at("views")
                  .at("items")
                  .at("enum")
                  .as_array()
                  .size(),
              soma::domain::view_count);
    // The codec takes null for "absent" of what may be absent.
    EXPECT_EQ(text.at("type"), "string");
    EXPECT_EQ(remember.at("properties").at("tags").at("type"), (json::array{"array", "null"}));
    const auto& evaluate = schemas.at("EvaluateResponse");
    EXPECT_EQ(evaluate.at("properties").at("constitution_version").at("type"), "integer");
    EXPECT_FALSE(evaluate.as_object().contains("additionalProperties"));
}

TEST(OpenApi, AnObjectAsParameterIsJsonText) {
    const auto doc = document();
    const auto& list = doc.at("paths").at("/v1/memories").at("get").at("parameters").as_array();
    const auto filter = std::find_if(list.begin(), list.end(), [](const json::value& parameter) {
        return parameter.as_object().contains("name") && parameter.at("name") == "filter";
    });
    ASSERT_NE(filter, list.end());
    EXPECT_EQ(filter->at("in"), "query");
    EXPECT_FALSE(filter->as_object().contains("schema"));
    EXPECT_EQ(filter->at("content").at("application/json").at("schema").at("type"), "object");
}

void expect_references_resolve(const json::value& value, const json::value& root) {
    if (const auto* list = value.if_array()) {
        for (const auto& item : *list) {
            expect_references_resolve(item, root);
        }
    } else if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object) {
            if (key == "$ref") {
                const std::string pointer(std::string_view(member.as_string()).substr(1));
                json::error_code error;
                EXPECT_NE(root.find_pointer(pointer, error), nullptr) << pointer;
            } else {
                expect_references_resolve(member, root);
            }
        }
    }
}

TEST(OpenApi, EveryReferenceResolves) {
    const auto doc = document();
    expect_references_resolve(doc, doc);
}

/// Everything a caller can send has a written limit: a new field without one fails here.
void expect_limits(const MessagePlan& plan) {
    for (const FieldPlan& field : plan.fields) {
        const std::string name = plan.type->name() + "." + std::string(field.name);
        const auto& limits = *field.limits;
        const bool has_form = limits.format() == somabrain::v1::FORMAT_UUID ||
                              limits.format() == somabrain::v1::FORMAT_TIME ||
                              limits.one_of_size() > 0;
        if (field.is_list || field.is_map) {
            EXPECT_TRUE(limits.has_max_items()) << name;
        }
        if (field.shape == JsonShape::text || field.shape == JsonShape::free_object) {
            EXPECT_TRUE(has_form || limits.has_max_bytes() || limits.has_max_characters()) << name;
        }
        if (field.shape == JsonShape::integer) {
            EXPECT_TRUE(limits.has_min() && limits.has_max()) << name;
        }
        if (field.message != nullptr && field.message != &plan) {
            expect_limits(*field.message);
        }
    }
}

TEST(Contract, EveryRequestFieldHasALimit) {
    for (const auto* service : contract_services()) {
        for (int i = 0; i < service->method_count(); ++i) {
            expect_limits(plan_of(service->method(i)->input_type()));
        }
    }
}

}  // namespace
}  // namespace soma::server
