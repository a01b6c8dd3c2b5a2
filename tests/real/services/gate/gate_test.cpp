#include "services/gate/gate.h"

#include <google/protobuf/descriptor.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/constitution.pb.h"
#include "somabrain/v1/subject.pb.h"
#include "support/living_core.h"
#include "support/token_forge.h"

namespace soma::services {
namespace {

using domain::Endpoint;
using domain::TokenRefusal;
using test::LivingCore;

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
        directory.emplace(core.tenants);
        gate.emplace(*verifier, *directory, core.committer, core.ids);
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
    const std::string key_file = testing::TempDir() + "jwks-" + tenant.id.to_string() + ".json";
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

TEST(Endpoints, EveryMethodOfTheContractHasOne) {
    std::set<Endpoint> seen;
    for (const auto* file : {somabrain::v1::RememberRequest::descriptor()->file(),
                             somabrain::v1::EraseSubjectRequest::descriptor()->file(),
                             somabrain::v1::ProposeRequest::descriptor()->file(),
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
