#include "server/api_site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "unit/server/support.h"

namespace soma::server {
namespace {

using services::Admission;
using services::RequestContext;
using somabrain::v1::RememberRequest;
using somabrain::v1::RememberResponse;

const Header kJson{"content-type", "application/json"};
const Header kToken{"authorization", "Bearer good"};

/// A value that the field's limits accept, as a parameter spells it.
std::string least(const google::protobuf::FieldDescriptor* field) {
    const auto& limits = field->options().GetExtension(somabrain::v1::limits);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
        return "1";
    }
    if (limits.one_of_size() > 0) {
        return limits.one_of(0);
    }
    return limits.format() == somabrain::v1::FORMAT_UUID
               ? "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
               : std::string(std::max(1U, limits.min_bytes()), '1');
}

bool is_required(const google::protobuf::FieldDescriptor* field) {
    return field->options().GetExtension(somabrain::v1::limits).required();
}

/// A body with what the type requires beyond `path`, and no more.
std::string minimal(const google::protobuf::Descriptor* type, const std::string& path = "") {
    std::string body;
    for (int i = 0; i < type->field_count(); ++i) {
        const auto* field = type->field(i);
        if (!is_required(field) || path.find("{" + field->name() + "}") != std::string::npos) {
            continue;
        }
        std::string value = least(field);
        if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
            value = minimal(field->message_type());
        } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
            value = '"' + value + '"';
        }
        body += (body.empty() ? "\"" : ",\"") + field->name() +
                "\":" + (field->is_repeated() ? "[" + value + "]" : value);
    }
    return "{" + body + "}";
}

/// The path of a route, its parameters given, and what else a request without a body requires.
std::string target_of(const Route& route) {
    const auto* type = route.method->input_type();
    const std::string& pattern = route.options->path();
    std::string target = pattern;
    char before = '?';
    for (int i = 0; i < type->field_count(); ++i) {
        const auto* field = type->field(i);
        const auto at = target.find("{" + field->name() + "}");
        if (at != std::string::npos) {
            target.replace(at, field->name().size() + 2, least(field));
        } else if (is_required(field) && route.options->max_body_bytes() == 0) {
            target += before + field->name() + "=" + least(field);
            before = '&';
        }
    }
    return target;
}

/// The corridor with a gate that lets "good" in and writes down what it is told.
class ApiSite : public testing::Test {
  protected:
    ApiSite() : routes_(contract_services()) {
        routes_.bind("somabrain.v1.Memory.Remember", *this, &ApiSite::remember);
        routes_.bind("somabrain.v1.Memory.GetMemory", *this, &ApiSite::get);
        test::bind_rest(routes_);
        corridor_.emplace(routes_, pipeline(), std::chrono::milliseconds(60'000));
        site_ = make_api_site(*corridor_);
    }

    RememberResponse remember(const RequestContext& context, const Admission& admission,
                              const RememberRequest& request) {
        steps_ += " handle(" + admission.principal.actor + "," + request.text() + "," +
                  context.idempotency_key + ")";
        if (request.text() == "not found") {
            throw Error(ErrorKind::not_found, "no such thing");
        }
        if (request.text() == "mistake") {
            throw std::runtime_error("secret reason");
        }
        RememberResponse answer;
        answer.set_sequence(7);
        return answer;
    }
    somabrain::v1::MemoryRecord get(const RequestContext&, const Admission&,
                                    const somabrain::v1::GetMemoryRequest& request) {
        somabrain::v1::MemoryRecord record;
        record.set_id(request.id());
        return record;
    }

    Pipeline pipeline() {
        return {.admit = [this](const RequestContext& context) -> std::shared_ptr<const Admission> {
                    steps_ += " admit";
                    if (context.bearer_token != "good") {
                        throw Error(ErrorKind::unauthenticated, "who are you?");
                    }
                    auto admission = std::make_shared<Admission>();
                    admission->principal.actor = "ann";
                    return admission;
                },
                .judge =
                    [this](const std::shared_ptr<const Admission>& admission,
                           google::protobuf::Message& message) {
                        steps_ += " judge";
                        auto* request = dynamic_cast<RememberRequest*>(&message);
                        if (request == nullptr) {
                            return admission;
                        }
                        if (request->text() == "forbidden") {
                            throw Error(ErrorKind::permission_denied, "no").by_article("a1", "No.");
                        }
                        if (request->text() == "mail") {
                            request->set_text("[blotted out]");
                        }
                        auto judged = std::make_shared<Admission>(*admission);
                        judged->principal.actor += "*";
                        return std::shared_ptr<const Admission>(judged);
                    },
                .refused =
                    [this](const RequestContext&, const Admission& admission, const Error& error,
                           int status) {
                        steps_ += " refused(" + admission.principal.actor + "," +
                                  std::to_string(status) + ")";
                        if (is_ledger_down_) {
                            throw Error(ErrorKind::unavailable, "the ledger", error.what());
                        }
                    },
                .answered =
                    [this](const Answered& answered) {
                        log_ = std::string(answered.method) + " " +
                               std::to_string(answered.status) + " " + std::string(answered.detail);
                    }};
    }

    HttpReply call(const std::string& verb, const std::string& target, std::vector<Header> headers,
                   std::string body = "") {
        steps_.clear();
        const RequestHead head = test::make_head(verb, target, std::move(headers));
        Disposition disposition = site_(head);
        return disposition.refusal ? *disposition.refusal : disposition.run(head, std::move(body));
    }

    Routes routes_;
    std::optional<Corridor> corridor_;
    Site site_;
    std::string steps_;
    std::string log_;
    bool is_ledger_down_ = false;
};

TEST_F(ApiSite, TheWholeWay) {
    const auto reply = call("POST", "/v1/memories", {kJson, kToken, {"idempotency-key", "k1"}},
                            R"({"text":"tea"})");
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.body, R"({"sequence":7,"state_token":""})");
    EXPECT_EQ(steps_, " admit judge handle(ann*,tea,k1)");
    EXPECT_EQ(log_, "somabrain.v1.Memory.Remember 201 ");
}

TEST_F(ApiSite, TheLawIsAskedBeforeTheHandler) {
    const auto forbidden = call("POST", "/v1/memories", {kJson, kToken}, R"({"text":"forbidden"})");
    EXPECT_EQ(forbidden.status, 403);
    EXPECT_EQ(boost::json::parse(forbidden.body).at("article"), "a1");
    EXPECT_EQ(steps_, " admit judge refused(ann,403)");
    call("POST", "/v1/memories", {kJson, kToken}, R"({"text":"mail"})");
    EXPECT_EQ(steps_, " admit judge handle(ann*,[blotted out],)");
}

// Every method of the contract, so that none has a way around.
TEST_F(ApiSite, EveryMethodPassesTheLaw) {
    for (const Route& route : routes_.all()) {
        const bool has_body = route.options->max_body_bytes() > 0;
        call(route.options->verb(), target_of(route),
             has_body ? std::vector{kJson, kToken} : std::vector{kToken},
             has_body ? minimal(route.method->input_type(), route.options->path()) : "");
        EXPECT_TRUE(steps_.starts_with(" admit judge")) << route.options->path() << steps_;
    }
}

TEST_F(ApiSite, NoBodyIsDecodedForStrangers) {
    const auto reply = call("POST", "/v1/memories", {kJson}, "not json at all");
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(steps_, " admit");
}

TEST_F(ApiSite, RefusalsAfterAdmissionAreToldToTheGate) {
    EXPECT_EQ(call("POST", "/v1/memories", {kJson, kToken}, R"({"text":""})").status, 400);
    EXPECT_EQ(steps_, " admit refused(ann,400)");
    EXPECT_EQ(
        call("POST", "/v1/memories", {kJson, kToken, {"idempotency-key", "é"}}, R"({"text":"x"})")
            .status,
        400);
    EXPECT_EQ(steps_, " admit refused(ann,400)");
    EXPECT_EQ(call("POST", "/v1/memories", {kJson, kToken}, R"({"text":"not found"})").status, 404);
    EXPECT_EQ(steps_, " admit judge handle(ann*,not found,) refused(ann,404)");
    const auto mistake = call("POST", "/v1/memories", {kJson, kToken}, R"({"text":"mistake"})");
    EXPECT_EQ(mistake.status, 500);
    EXPECT_EQ(mistake.body.find("secret"), std::string::npos);
    EXPECT_EQ(steps_, " admit judge handle(ann*,mistake,) refused(ann,500)");
    EXPECT_NE(log_.find("secret reason"), std::string::npos);
}

TEST_F(ApiSite, ARefusalThatCannotBeRecordedIsUnavailable) {
    is_ledger_down_ = true;
    EXPECT_EQ(call("POST", "/v1/memories", {kJson, kToken}, R"({"text":""})").status, 503);
}

TEST_F(ApiSite, WhatFailsBeforeIdentityTouchesNoGate) {
    EXPECT_EQ(call("POST", "/v1/nothing", {kJson, kToken}).status, 404);
    EXPECT_EQ(steps_, "");
    const auto wrong_verb = call("PUT", "/v1/memories/x", {kJson, kToken});
    EXPECT_EQ(wrong_verb.status, 405);
    EXPECT_EQ(wrong_verb.headers, (std::vector<Header>{{"Allow", "GET, DELETE"}}));
    EXPECT_EQ(steps_, "");
}

TEST_F(ApiSite, TheMediaTypeIsJudgedAfterIdentity) {
    EXPECT_EQ(call("POST", "/v1/memories", {}, "{}").status, 401);
    EXPECT_EQ(steps_, " admit");
    for (const auto& headers :
         std::vector<std::vector<Header>>{{kToken},
                                          {kToken, {"content-type", "text/plain"}},
                                          {kToken, kJson, kJson},
                                          {kToken, kJson, {"content-encoding", "gzip"}}}) {
        EXPECT_EQ(call("POST", "/v1/memories", headers, R"({"text":"x"})").status, 415);
        EXPECT_EQ(steps_, " admit refused(ann,415)");
    }
}

TEST_F(ApiSite, PathParametersAreChecked) {
    const std::string id = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
    EXPECT_EQ(call("GET", "/v1/memories/" + id, {kToken}).status, 200);
    const auto bad = call("GET", "/v1/memories/17", {kToken});
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(boost::json::parse(bad.body).at("field"), "/id");
    EXPECT_EQ(call("GET", "/v1/memories/" + id + "?verbose=1", {kToken}).status, 400);
    EXPECT_EQ(call("POST", "/v1/recall?top_k=3", {kToken, kJson}, R"({"query":"x"})").status, 400);
}

TEST_F(ApiSite, LimitsOfBodies) {
    const auto limit = [this](const char* verb, const char* target) {
        return site_(test::make_head(verb, target, {kJson})).max_body_bytes;
    };
    EXPECT_EQ(limit("POST", "/v1/memories"), 1U << 20);
    EXPECT_EQ(limit("POST", "/v1/memories:batch"), 16U << 20);
    EXPECT_EQ(limit("GET", "/v1/memories/x"), 0U);
}

TEST_F(ApiSite, AnExpiredRequestNeverStarts) {
    RequestHead head = test::make_head("POST", "/v1/memories", {kJson, kToken});
    head.received -= std::chrono::hours(1);
    EXPECT_EQ(site_(head).run(head, R"({"text":"x"})").status, 504);
    EXPECT_EQ(steps_, "");
}

TEST_F(ApiSite, OpenDocuments) {
    EXPECT_EQ(call("GET", "/health", {}).body, R"({"status":"ok"})");
    EXPECT_EQ(call("HEAD", "/health", {}).status, 200);
    EXPECT_EQ(call("POST", "/health", {}).status, 405);
    EXPECT_EQ(boost::json::parse(call("GET", "/openapi.json", {}).body).at("openapi"), "3.1.0");
}

TEST_F(ApiSite, NeedsEveryHandler) {
    const Routes empty(contract_services());
    EXPECT_THROW(Corridor(empty, pipeline(), std::chrono::milliseconds(1)), Error);
}

}  // namespace
}  // namespace soma::server
