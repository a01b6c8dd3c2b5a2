#include "services/gate/gate.h"

#include <google/protobuf/descriptor.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/encoding.h"
#include "domain/planner/utility_refusal.h"
#include "somabrain/v1/audit.pb.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/constitution.pb.h"
#include "somabrain/v1/subject.pb.h"
#include "support/law/enforced_law.h"
#include "support/law/filled_request.h"
#include "support/living_core.h"
#include "support/token_forge.h"

namespace soma::services {
namespace {

using domain::Endpoint;
using domain::TokenRefusal;
using somabrain::v1::AuditEvent;
using somabrain::v1::EraseSubjectRequest;
using somabrain::v1::EvaluateRequest;
using somabrain::v1::ProposeRequest;
using somabrain::v1::RememberRequest;
using test::LivingCore;
namespace json = boost::json;

/// "Memory.Remember" of Endpoint::remember.
std::string method_of(Endpoint endpoint) {
    for (const auto* method : testing::methods_of(
             {RememberRequest::descriptor()->file(), EvaluateRequest::descriptor()->file(),
              EraseSubjectRequest::descriptor()->file(), ProposeRequest::descriptor()->file(),
              AuditEvent::descriptor()->file()})) {
        if (endpoint_of(method->full_name()) == endpoint) {
            return method->full_name().substr(std::string_view("somabrain.v1.").size());
        }
    }
    return "no method";
}

/// A gate that trusts one issuer of the test's own.
class GateTest : public ::testing::Test {
  protected:
    GateTest() {
        std::ofstream(key_file) << test::key_set_text(key.jwk("k"));
        backends::IssuerConfig issuer;
        issuer.rules.issuer = "issuer";
        issuer.rules.audience = "somabrain";
        issuer.jwks_file = key_file;
        verifier.emplace(std::vector{issuer});
        directory.emplace(core.tenants, core.committer.outage());
        gate.emplace(*verifier, *directory, core.laws, core.committer, core.ids);
    }
    ~GateTest() override { std::filesystem::remove(key_file); }

    RequestContext request(const std::string& method, const Uuid& of, const std::string& role) {
        auto context = LivingCore::request(method);
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(context.now.time_since_epoch());
        const boost::json::object claims{
            {"iss", "issuer"}, {"aud", "somabrain"},       {"sub", "agent-1"},
            {"roles", {role}}, {"tenant", of.to_string()}, {"exp", seconds.count() + 600}};
        context.bearer_token =
            key.token(R"({"alg":"ES256","kid":"k"})", boost::json::serialize(claims));
        return context;
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(8);
    const test::ForgeKey key = test::ForgeKey::ec();
    const std::string key_file = ::testing::TempDir() + "jwks-" + tenant.id.to_string() + ".json";
    std::optional<backends::TokenVerifier> verifier;
    std::optional<TenantDirectory> directory;
    std::optional<Gate> gate;
};

TEST_F(GateTest, AGoodTokenIsAdmittedAndLeavesNoEvent) {
    const auto admission = gate->admit(request("Memory.Recall", tenant.id, "reader"));
    EXPECT_EQ(admission->tenant.id, tenant.id);
    EXPECT_EQ(admission->tenant.epoch, tenant.epoch);
    EXPECT_EQ(admission->principal.actor, "agent-1");
    EXPECT_EQ(admission->endpoint, Endpoint::recall);
    EXPECT_TRUE(core.events(tenant.id).empty()) << "the story itself owes the event";
}

TEST_F(GateTest, NoTokenForgeriesAndUnknownTenantsLookAlike) {
    auto forged = request("Memory.Recall", tenant.id, "reader");
    forged.bearer_token.back() = forged.bearer_token.back() == 'A' ? 'Q' : 'A';
    const Uuid nobody = core.ids.next(wall_clock_now());
    std::set<std::string> messages;
    for (const auto& context : {LivingCore::request("Memory.Recall"), forged,
                                request("Memory.Recall", nobody, "reader")}) {
        const auto error = test::error_of([&] { gate->admit(context); });
        ASSERT_TRUE(error.has_value());
        EXPECT_EQ(error->kind(), ErrorKind::unauthenticated);
        messages.insert(error->public_message());
    }
    EXPECT_EQ(messages.size(), 1U) << "a caller learns nothing of the reason";
    EXPECT_EQ(gate->refused_tokens(TokenRefusal::malformed), 1U);
    EXPECT_EQ(gate->refused_tokens(TokenRefusal::bad_signature), 1U);
}

TEST_F(GateTest, ARoleThatMayNotIsRefusedAndThatIsOnRecord) {
    test::expect_error(ErrorKind::permission_denied, "",
                       [&] { gate->admit(request("Memory.Remember", tenant.id, "reader")); });
    const auto events = core.events(tenant.id);
    ASSERT_EQ(events.size(), 1U);
    const auto& event = events.front();
    EXPECT_EQ(event.at("stream"), "access");
    EXPECT_EQ(event.at("decision"), "refused");
    EXPECT_EQ(event.at("status"), 403);
    EXPECT_EQ(event.at("action"), "memory.remember");
    EXPECT_EQ(event.at("actor"), "agent-1");
    EXPECT_EQ(event.at("telemetry_ref"), "run-7");
}

TEST_F(GateTest, ARefusalIsDurableEvenWhenTheRequestRanOutOfTime) {
    auto context = LivingCore::request("Memory.Recall");
    const auto admission = LivingCore::admitted(tenant, context);
    context.deadline = Deadline(std::chrono::milliseconds(0));
    gate->record_refusal(context, admission, Error(ErrorKind::invalid_argument, "no"), 400);
    gate->record_refusal(context, admission, Error(ErrorKind::unavailable, "later"), 503);
    const auto events = core.events(tenant.id);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].at("decision"), "refused");
    EXPECT_EQ(events[0].at("status"), 400);
    EXPECT_EQ(events[1].at("decision"), "error");
    EXPECT_EQ(events[1].at("status"), 503);
}

TEST_F(GateTest, WithoutALedgerNotEvenARefusalIsGiven) {
    core.committer.stop();
    test::expect_error(ErrorKind::unavailable, "",
                       [&] { gate->admit(request("Memory.Remember", tenant.id, "reader")); });
}

TEST_F(GateTest, WithoutALawNothingIsServedAndThatIsOnRecord) {
    core.laws.withdraw("postgresql holds another version 7");
    for (const auto& [endpoint, name, allowed] : domain::kAccessTable) {
        const bool is_governed = !domain::is_constitutional(endpoint);
        const char* role = allowed.has(domain::Role::admin) ? "admin" : "signer";
        const auto context = request(method_of(endpoint), tenant.id, role);
        const auto error = test::error_of([&] { gate->admit(context); });
        ASSERT_EQ(error.has_value(), is_governed) << name;
        if (error) {
            EXPECT_EQ(error->kind(), ErrorKind::unavailable);
            EXPECT_GT(error->retry_after_seconds(), 1);
            EXPECT_NE(error->public_message().find("another version 7"), std::string::npos);
            const auto event = core.events(tenant.id).back();
            EXPECT_EQ(event.at("action").as_string(), name);
            EXPECT_EQ(event.at("decision"), "error");
            EXPECT_EQ(event.at("status"), 503);
            EXPECT_FALSE(event.contains("constitution_version"));
        }
    }
    EXPECT_GT(gate->outcomes(LawOutcome::no_law), 0U);
}

TEST_F(GateTest, ARequestKeepsTheLawItBeganWith) {
    const auto admission = gate->admit(request("Memory.Recall", tenant.id, "agent"));
    EXPECT_EQ(admission->law, core.laws.find(wall_clock_now()));
    core.laws.withdraw("gone");
    somabrain::v1::RecallRequest asked;
    asked.set_query("tea");
    EXPECT_EQ(gate->judge(admission, asked), admission) << "the law has nothing to add";
    EXPECT_EQ(gate->outcomes(LawOutcome::allowed), 1U);
}

// With a law that is signed and verified as any other.
TEST_F(GateTest, WhatTheLawDeniesIsRefusedAndOnRecordWithItsArticle) {
    const auto law = testing::enforced(
        {testing::allow_all_json(),
         testing::rule_json("no-cards", {{"classes", {"pii.card"}}}, {{"type", "deny"}})});
    testing::put_in_force(core.laws, law);
    const auto context = request("Memory.Remember", tenant.id, "agent");
    const auto admission = gate->admit(context);
    somabrain::v1::RememberRequest item;
    item.set_text("pay with 4111 1111 1111 1111");
    const auto error = test::error_of([&] { gate->judge(admission, item); });
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::permission_denied);
    gate->record_refusal(context, *admission, *error, 403);
    const auto events = core.events(tenant.id);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].at("decision"), "refused");
    EXPECT_EQ(events[0].at("article"), "isolation");
    EXPECT_EQ(events[0].at("constitution_version"), 1);
    EXPECT_EQ(events[0].at("constitution_hash").as_string(), to_hex(law->hash));
    EXPECT_EQ(gate->outcomes(LawOutcome::denied), 1U);
    item.set_text("pay in coins");
    EXPECT_EQ(gate->judge(admission, item), admission);
}

TEST_F(GateTest, ALowUtilityIsOnRecordWithItsFigures) {
    const auto context = request("Brain.Evaluate", tenant.id, "agent");
    const auto admission = gate->admit(context);
    domain::UtilityFigures figures;
    figures.utility = -0.5;
    figures.probability = 0.25;
    gate->record_refusal(context, *admission,
                         domain::UtilityRefusal(admission->law->law, figures, ""), 403);
    const auto events = core.events(tenant.id);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].at("decision"), "refused");
    EXPECT_EQ(events[0].at("article"), "utility");
    const auto& said = events[0].at("details").at("utility");
    EXPECT_EQ(said.at("utility").to_number<double>(), -0.5);
    EXPECT_EQ(said.at("probability").to_number<double>(), 0.25);
}

TEST_F(GateTest, PenaltiesReachTheUtility) {
    testing::put_in_force(
        core.laws,
        testing::enforced(
            {testing::allow_all_json(),
             testing::rule_json("dear", {{"amounts", json::array{{{"name", "cost"}, {"min", 10}}}}},
                                {{"type", "penalty"}, {"amount", 0.5}}, "review")}));
    const auto context = request("Brain.Evaluate", tenant.id, "agent");
    const auto admission = gate->admit(context);
    somabrain::v1::EvaluateRequest question;
    question.set_query("May I?");
    EXPECT_EQ(gate->judge(admission, question), admission);
    question.set_cost_tokens(10);
    question.set_price(1);
    const auto judged = gate->judge(admission, question);
    EXPECT_EQ(judged->penalty, 0.5);
    EXPECT_EQ(judged->penalised_by, "review");
}

TEST_F(GateTest, WhatWasBlottedOutIsNeitherKeptNorFoundNorInTheSession) {
    const json::object redact{{"type", "redact"}, {"classes", {"pii.email"}}};
    testing::put_in_force(
        core.laws,
        testing::enforced({testing::allow_all_json(), testing::rule_json("no-mail", {}, redact)}));
    const auto own = core.tenant();
    const auto context = request("Memory.Remember", own.id, "agent");
    somabrain::v1::RememberRequest item;
    item.set_text("Write to ann@example.com about tea.");
    item.set_session_id("s");
    item.add_tags("ann@example.com");
    item.set_metadata(R"({"from":"ann@example.com"})");
    const auto admission = gate->judge(gate->admit(context), item);
    const auto id = core.stories.one(context, *admission, item).id();
    const auto kept = core.get(own, id);
    EXPECT_EQ(kept.text(), "Write to [pii.email] about tea.");
    EXPECT_EQ(kept.tags(0), "[pii.email]");
    EXPECT_EQ(kept.metadata(), R"({"from":"[pii.email]"})");
    EXPECT_EQ(core.events(own.id).front().at("details").at("redacted"), "pii.email");
    const auto asking = request("Brain.Evaluate", own.id, "agent");
    somabrain::v1::EvaluateRequest question;
    question.set_query("Is ann@example.com about tea?");
    question.set_session_id("s");
    const auto judged = gate->judge(gate->admit(asking), question);
    for (int turn = 0; turn < 2; ++turn) {  // the second finds the first in its working memory
        const auto answer = core.judging.evaluate(asking, *judged, question);
        EXPECT_EQ(answer.SerializeAsString().find("example.com"), std::string::npos);
        EXPECT_EQ(answer.working_memory_size(), 1 + turn);
        EXPECT_NE(answer.prompt().find("[pii.email]"), std::string::npos);
    }
}

TEST_F(GateTest, DirectivesReachTheBundle) {
    const json::object say{{"type", "directive"}, {"text", "Ask a person."}};
    testing::put_in_force(
        core.laws,
        testing::enforced({testing::allow_all_json(),
                           testing::rule_json("ask", {{"roles", {"agent"}}}, say, "review")}));
    const auto own = core.tenant();
    somabrain::v1::EvaluateRequest question;
    question.set_query("May I?");
    const auto answer_to = [&](const char* role) {
        const auto context = request("Brain.Evaluate", own.id, role);
        return core.judging.evaluate(context, *gate->judge(gate->admit(context), question),
                                     question);
    };
    const auto agents = answer_to("agent");
    EXPECT_EQ(agents.constitution_version(), 1U);
    ASSERT_EQ(agents.policy_size(), 1);
    EXPECT_EQ(agents.policy(0).article(), "review");
    EXPECT_EQ(agents.policy(0).text(), "Ask a person.");
    EXPECT_TRUE(
        agents.prompt().starts_with("What the law says, by article:\n"
                                    "review: Ask a person.\n"));
    const auto readers = answer_to("reader");
    EXPECT_EQ(readers.policy_size(), 0);
    EXPECT_EQ(readers.prompt().find("What the law says"), std::string::npos);
    EXPECT_NE(agents.digest(), readers.digest()) << "the law's words are part of the bundle";
    EXPECT_EQ(answer_to("agent").digest(), agents.digest());
}

TEST(Endpoints, EveryMethodOfTheContractHasOne) {
    std::set<Endpoint> seen;
    for (const auto* file : {somabrain::v1::RememberRequest::descriptor()->file(),
                             somabrain::v1::EraseSubjectRequest::descriptor()->file(),
                             somabrain::v1::ProposeRequest::descriptor()->file(),
                             somabrain::v1::AuditEvent::descriptor()->file(),
                             somabrain::v1::EvaluateRequest::descriptor()->file()}) {
        for (int s = 0; s < file->service_count(); ++s) {
            for (int m = 0; m < file->service(s)->method_count(); ++m) {
                const auto& name = file->service(s)->method(m)->full_name();
                EXPECT_TRUE(seen.insert(endpoint_of(name)).second) << name;
            }
        }
    }
    EXPECT_EQ(seen.size(), domain::kEndpointCount);
    EXPECT_THROW(endpoint_of("somabrain.v1.Memory.Unheard"), Error);
}

}  // namespace
}  // namespace soma::services
