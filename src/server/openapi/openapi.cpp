#include "server/openapi/openapi.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <string_view>

#include "base/canonical_json.h"
#include "server/openapi/schema.h"
#include "somabrain/v1/limits.pb.h"

namespace soma::server {
namespace {

namespace json = boost::json;
using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr std::string_view kProblemType = "application/problem+json";

json::object reference(std::string_view section, std::string_view name) {
    return {{"$ref", "#/components/" + std::string(section) + "/" + std::string(name)}};
}

json::object problem_response(std::string_view description) {
    return {{"description", description},
            {"headers", {{"Request-Id", reference("headers", "RequestId")}}},
            {"content", {{kProblemType, {{"schema", reference("schemas", "Problem")}}}}}};
}

json::object text_header(std::string_view description, int max_length) {
    return {{"description", description},
            {"schema",
             {{"type", "string"},
              {"minLength", 1},
              {"maxLength", max_length},
              {"pattern", "^[ -~]+$"}}}};
}

json::object header_parameter(std::string_view name, std::string_view description, int max_length) {
    json::object parameter = text_header(description, max_length);
    parameter["name"] = name;
    parameter["in"] = "header";
    parameter["required"] = false;
    return parameter;
}

bool is_in_path(const somabrain::v1::Route& route, std::string_view name) {
    return route.path().find("{" + std::string(name) + "}") != std::string::npos;
}

/// Fields of the path always; the others too when the method has no body.
json::array parameters_of(const MethodDescriptor* method, const somabrain::v1::Route& route,
                          std::set<const Descriptor*>& referenced) {
    json::array parameters;
    for (const FieldPlan& field : plan_of(method->input_type()).fields) {
        const bool in_path = is_in_path(route, field.name);
        if (!in_path && route.max_body_bytes() > 0) {
            continue;
        }
        json::object parameter{{"name", field.name},
                               {"in", in_path ? "path" : "query"},
                               {"required", in_path || field.limits->required()}};
        json::object schema{{"schema", field_schema(field, referenced)}};
        if (field.shape == JsonShape::free_object) {  // its JSON text, percent-encoded
            parameter["content"] = {{"application/json", std::move(schema)}};
        } else {
            parameter["schema"] = std::move(schema["schema"]);
        }
        parameters.push_back(std::move(parameter));
    }
    parameters.push_back(reference("parameters", "TelemetryRef"));
    if (route.idempotent_write()) {
        parameters.push_back(reference("parameters", "IdempotencyKey"));
    }
    return parameters;
}

json::object responses_of(const MethodDescriptor* method, const somabrain::v1::Route& route) {
    json::object responses{
        {std::to_string(route.success()),
         {{"description", route.summary()},
          {"headers", {{"Request-Id", reference("headers", "RequestId")}}},
          {"content",
           {{"application/json",
             {{"schema", reference("schemas", method->output_type()->name())}}}}}}}};
    for (const char* status :
         {"400", "401", "403", "404", "408", "409", "417", "422", "429", "431", "503", "504"}) {
        responses[status] = reference("responses", "Problem");
    }
    if (route.max_body_bytes() > 0) {
        responses["413"] = reference("responses", "Problem");
        responses["415"] = reference("responses", "Problem");
    }
    return responses;
}

json::object operation(const MethodDescriptor* method, std::set<const Descriptor*>& requests,
                       std::set<const Descriptor*>& answers) {
    const auto& route = method->options().GetExtension(somabrain::v1::route);
    json::object out{{"operationId", method->name()},
                     {"summary", route.summary()},
                     {"tags", json::array{method->service()->name()}},
                     {"parameters", parameters_of(method, route, requests)},
                     {"responses", responses_of(method, route)}};
    if (route.max_body_bytes() > 0) {
        requests.insert(method->input_type());
        out["requestBody"] = {
            {"required", true},
            {"description", "At most " + std::to_string(route.max_body_bytes()) + " bytes."},
            {"content",
             {{"application/json",
               {{"schema", reference("schemas", method->input_type()->name())}}}}}};
    }
    answers.insert(method->output_type());
    return out;
}

/// Adds the schemas of `types` and of all they refer to.
void add_schemas(json::object& schemas, std::set<const Descriptor*> types, SchemaSide side) {
    while (!types.empty()) {
        std::set<const Descriptor*> referenced;
        for (const Descriptor* type : types) {
            schemas[type->name()] = message_schema(plan_of(type), side, referenced);
        }
        types.clear();
        for (const Descriptor* type : referenced) {
            if (!schemas.contains(type->name())) {
                types.insert(type);
            }
        }
    }
}

json::object problem_schema() {
    const json::object text{{"type", "string"}};
    return {{"type", "object"},
            {"description",
             "RFC 9457. `field` is a JSON pointer or a header's name; `article` is that of the "
             "constitution which a refusal rests on; `utility` has the figures of one that was too "
             "low."},
            {"properties",
             {{"type", text},
              {"title", text},
              {"status", {{"type", "integer"}}},
              {"detail", text},
              {"field", text},
              {"article", text},
              {"article_text", text},
              {"utility", {{"type", "object"}}},
              {"request_id", text}}},
            {"required", json::array{"type", "title", "status", "request_id"}}};
}

json::object open_operation(std::string_view id, std::string_view summary) {
    return {{"operationId", id},
            {"summary", summary},
            {"tags", json::array{"Open"}},
            {"security", json::array()},
            {"responses",
             {{"200",
               {{"description", summary},
                {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}}},
              {"400", reference("responses", "Problem")},
              {"431", reference("responses", "Problem")},
              {"503", reference("responses", "Problem")}}}};
}

json::object components(json::object schemas) {
    schemas["Problem"] = problem_schema();
    return {
        {"schemas", std::move(schemas)},
        {"responses", {{"Problem", problem_response("What went wrong, naming field and limit.")}}},
        {"headers",
         {{"RequestId",
           {{"description", "Names this request in logs and events."},
            {"schema", {{"type", "string"}, {"format", "uuid"}}}}}}},
        {"parameters",
         {{"IdempotencyKey",
           header_parameter("Idempotency-Key",
                            "Repeating a write with the same key and body gives the first "
                            "answer again and writes nothing.",
                            128)},
          {"TelemetryRef",
           header_parameter("Soma-Telemetry-Ref", "Your own trace or run id; goes into the event.",
                            256)}}},
        {"securitySchemes",
         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}}};
}

}  // namespace

std::string openapi_document(const std::vector<const ServiceDescriptor*>& services) {
    json::object paths{{"/health", {{"get", open_operation("health", "The process lives")}}},
                       {"/openapi.json", {{"get", open_operation("openapi", "This document")}}}};
    std::set<const Descriptor*> requests;
    std::set<const Descriptor*> answers;
    for (const ServiceDescriptor* service : services) {
        for (int i = 0; i < service->method_count(); ++i) {
            const auto* method = service->method(i);
            const auto& route = method->options().GetExtension(somabrain::v1::route);
            std::string verb = route.verb();
            for (char& c : verb) {
                c = static_cast<char>(c - 'A' + 'a');
            }
            auto& path = paths[route.path()];
            if (!path.is_object()) {
                path = json::object();
            }
            path.get_object()[verb] = operation(method, requests, answers);
        }
    }
    json::object schemas;
    add_schemas(schemas, std::move(requests), SchemaSide::request);
    add_schemas(schemas, std::move(answers), SchemaSide::answer);
    return to_canonical_json(json::object{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "SomaBrain"},
          {"version", "1"},
          {"description", "A memory core for AI agents. Errors are RFC 9457 problem+json."},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
        {"servers", json::array{{{"url", "/"}}}},
        {"security", json::array{{{"bearer", json::array()}}}},
        {"paths", std::move(paths)},
        {"components", components(std::move(schemas))}});
}

}  // namespace soma::server
