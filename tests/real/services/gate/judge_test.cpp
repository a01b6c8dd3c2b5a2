#include "services/gate/judge.h"

#include <gtest/gtest.h>

#include "services/gate/gate.h"
#include "somabrain/v1/audit.pb.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"
#include "somabrain/v1/subject.pb.h"
#include "support/law/enforced_law.h"
#include "support/law/filled_request.h"

namespace soma::services {
namespace {

using domain::Endpoint;
using domain::Role;
using testing::enforced;
using testing::json::array;
using testing::json::object;
using namespace somabrain::v1;

const object kAllow{{"type", "allow"}};
const object kDeny{{"type", "deny"}};
const object kReview{{"type", "require_review"}};
const object kRedactMail{{"type", "redact"}, {"classes", {"pii.email"}}};
constexpr const char* kMail = "to a@example.com";

/// A law that allows everything, but for `effect` where `match` holds.
std::shared_ptr<const EnforcedLaw> law_with(object match, object effect) {
    return enforced({testing::allow_all_json(),
                     testing::rule_json("it", std::move(match), std::move(effect), "review")});
}

Judgement asked(const EnforcedLaw& law, Endpoint endpoint, google::protobuf::Message& request,
                domain::RoleSet roles = {Role::agent}) {
    return judge(law, RequestReader(request.GetDescriptor()),
                 {.endpoint = endpoint, .roles = roles, .tenant = Uuid{}}, request);
}

struct Method {
    Endpoint endpoint;
    const google::protobuf::Descriptor* request;
};
std::vector<Method> governed() {
    std::vector<Method> out;
    for (const auto* method : testing::methods_of(
             {RememberRequest::descriptor()->file(), EvaluateRequest::descriptor()->file(),
              EraseSubjectRequest::descriptor()->file(), AuditEvent::descriptor()->file()})) {
        const Endpoint endpoint = endpoint_of(method->full_name());
        if (!domain::is_constitutional(endpoint)) {
            out.push_back({endpoint, method->input_type()});
        }
    }
    return out;
}

/// A law with `effect` for one endpoint, asked of every endpoint.
void for_each_pair(const object& effect,
                   const std::function<void(const EnforcedLaw&, const Method&, bool)>& check) {
    for (const Method& named : governed()) {
        const auto law = law_with(
            {{"endpoints", array{std::string(domain::endpoint_name(named.endpoint))}}}, effect);
        for (const Method& method : governed()) {
            SCOPED_TRACE(std::string(domain::endpoint_name(named.endpoint)) + " asked of " +
                         std::string(domain::endpoint_name(method.endpoint)));
            check(*law, method, method.endpoint == named.endpoint);
        }
    }
}

TEST(Judge, DenyHoldsForItsEndpointAndNoOther) {
    for_each_pair(kDeny, [](const EnforcedLaw& law, const Method& method, bool is_meant) {
        const auto request = testing::filled_request(method.request, "tea");
        const auto judgement = asked(law, method.endpoint, *request);
        ASSERT_EQ(judgement.refusal.has_value(), is_meant);
        EXPECT_EQ(judgement.outcome, is_meant ? LawOutcome::denied : LawOutcome::allowed);
        if (is_meant) {
            EXPECT_EQ(judgement.refusal->kind(), ErrorKind::permission_denied);
            EXPECT_EQ(judgement.refusal->article(), "review");
            EXPECT_EQ(judgement.refusal->article_text(), "A person confirms the final.");
            EXPECT_NE(judgement.refusal->public_message().find("article review, rule it"),
                      std::string::npos);
        }
    });
}

TEST(Judge, ReviewHoldsForItsEndpointAndNoOther) {
    for_each_pair(kReview, [](const EnforcedLaw& law, const Method& method, bool is_meant) {
        const auto request = testing::filled_request(method.request, "tea");
        const auto judgement = asked(law, method.endpoint, *request);
        ASSERT_EQ(judgement.refusal.has_value(), is_meant);
        if (is_meant) {
            EXPECT_EQ(judgement.outcome, LawOutcome::review);
            EXPECT_EQ(judgement.refusal->kind(), ErrorKind::permission_denied);
            EXPECT_EQ(judgement.refusal->article(), "review");
            EXPECT_NE(judgement.refusal->public_message().find("a person"), std::string::npos);
        }
    });
}

// Every field of words of every endpoint: none keeps what the law has blotted out.
TEST(Judge, RedactionReachesEveryFieldOfItsEndpoint) {
    for_each_pair(kRedactMail, [](const EnforcedLaw& law, const Method& method, bool is_meant) {
        const auto request = testing::filled_request(method.request, kMail);
        const auto untouched = request->SerializeAsString();
        const bool has_words = untouched.find("a@example.com") != std::string::npos;
        const auto judgement = asked(law, method.endpoint, *request);
        ASSERT_FALSE(judgement.refusal) << judgement.refusal->public_message();
        const std::string after = request->SerializeAsString();
        if (is_meant && has_words) {
            EXPECT_EQ(judgement.outcome, LawOutcome::redacted);
            EXPECT_EQ(judgement.redacted, TextClasses{TextClass::pii_email});
            EXPECT_EQ(after.find("a@example.com"), std::string::npos) << after;
            EXPECT_NE(after.find("to [pii.email]"), std::string::npos);
        } else {
            EXPECT_EQ(judgement.outcome, LawOutcome::allowed);
            EXPECT_EQ(after, untouched);
        }
    });
}

TEST(Judge, WhatCannotBeBlottedOutOfANameIsRefused) {
    for_each_pair(kRedactMail, [](const EnforcedLaw& law, const Method& method, bool is_meant) {
        const auto request = testing::filled_request(method.request, "tea", "a@example.com");
        const bool has_names =
            request->SerializeAsString().find("a@example.com") != std::string::npos;
        const auto judgement = asked(law, method.endpoint, *request);
        ASSERT_EQ(judgement.refusal.has_value(), is_meant && has_names);
        if (judgement.refusal) {
            EXPECT_EQ(judgement.outcome, LawOutcome::denied);
            EXPECT_EQ(judgement.refusal->article(), "review");
            EXPECT_NE(judgement.refusal->field(), "");
            EXPECT_EQ(judgement.refusal->public_message().find("example.com"), std::string::npos)
                << "no content in a message";
        }
    });
}

TEST(Judge, DirectivesGoToTheirEndpoint) {
    const object say{{"type", "directive"}, {"text", "Be brief."}};
    for_each_pair(say, [](const EnforcedLaw& law, const Method& method, bool is_meant) {
        const auto request = testing::filled_request(method.request, "tea");
        const auto judgement = asked(law, method.endpoint, *request);
        ASSERT_FALSE(judgement.refusal);
        EXPECT_EQ(judgement.policy, is_meant
                                        ? (std::vector<domain::Advice>{{"review", "Be brief."}})
                                        : std::vector<domain::Advice>{});
    });
}

TEST(Judge, PenaltiesGoToTheirEndpointWithTheirArticle) {
    const object penalty{{"type", "penalty"}, {"amount", 0.5}};
    for_each_pair(penalty, [](const EnforcedLaw& law, const Method& method, bool is_meant) {
        const auto request = testing::filled_request(method.request, "tea");
        const auto judgement = asked(law, method.endpoint, *request);
        ASSERT_FALSE(judgement.refusal);
        EXPECT_EQ(judgement.penalty, is_meant ? 0.5 : 0);
        EXPECT_EQ(judgement.penalised_by, is_meant ? "review" : "");
    });
}

TEST(Judge, WhatNoRuleAllowsIsDeniedAndNoArticleIsMadeUp) {
    const auto law = enforced({});
    for (const Method& method : governed()) {
        const auto request = testing::filled_request(method.request, "tea");
        const auto judgement = asked(*law, method.endpoint, *request);
        ASSERT_TRUE(judgement.refusal);
        EXPECT_EQ(judgement.outcome, LawOutcome::denied);
        EXPECT_EQ(judgement.refusal->article(), "");
    }
}

TEST(Judge, ConditionsAreAskedOfWhoAndWhat) {
    RecallRequest request;
    request.set_query("tea");
    const auto by_role = law_with({{"roles", array{"reader"}}}, kDeny);
    EXPECT_TRUE(asked(*by_role, Endpoint::recall, request, {Role::reader}).refusal);
    EXPECT_FALSE(asked(*by_role, Endpoint::recall, request, {Role::agent}).refusal);
    const auto by_tenant = law_with({{"tenants", array{Uuid{}.to_string()}}}, kDeny);
    EXPECT_TRUE(asked(*by_tenant, Endpoint::recall, request).refusal);
    const object many{{"name", "results"}, {"min", 11}};
    const auto by_amount = law_with({{"amounts", array{many}}}, kDeny);
    EXPECT_FALSE(asked(*by_amount, Endpoint::recall, request).refusal) << "10 by default";
    request.set_top_k(11);
    EXPECT_TRUE(asked(*by_amount, Endpoint::recall, request).refusal);
}

TEST(Judge, TagsAndClassesAreThoseOfTheMemory) {
    RememberRequest request;
    request.set_text("tea");
    request.add_tags("calm");
    const auto by_tag = law_with({{"tags", array{"confidential"}}}, kDeny);
    EXPECT_FALSE(asked(*by_tag, Endpoint::remember, request).refusal);
    request.add_tags("confidential");
    EXPECT_TRUE(asked(*by_tag, Endpoint::remember, request).refusal);
    const auto by_class = law_with({{"classes", array{"pii.email"}}}, kDeny);
    EXPECT_FALSE(asked(*by_class, Endpoint::remember, request).refusal);
    request.set_metadata(R"({"from":"a@example.com"})");
    EXPECT_TRUE(asked(*by_class, Endpoint::remember, request).refusal);
}

TEST(Judge, EveryItemOfABatchIsJudged) {
    const auto law = law_with({{"classes", array{"pii.card"}}}, kDeny);
    for (int bad = 0; bad < 3; ++bad) {
        RememberBatchRequest batch;
        for (int i = 0; i < 3; ++i) {
            batch.add_items()->set_text(i == bad ? "4111 1111 1111 1111" : "tea");
        }
        const auto judgement = asked(*law, Endpoint::remember_batch, batch);
        ASSERT_TRUE(judgement.refusal) << bad;
        EXPECT_EQ(judgement.refusal->field(), "/items/" + std::to_string(bad));
    }
}

TEST(Judge, AnItemIsJudgedByItsOwnFactsAndTheBatchsSize) {
    RememberBatchRequest batch;
    batch.add_items()->set_text(kMail);
    batch.mutable_items(0)->add_tags("public");
    batch.add_items()->set_text(kMail);
    // The tag of one item does not speak for another.
    const auto law = law_with({{"tags", array{"public"}}}, kRedactMail);
    const auto judgement = asked(*law, Endpoint::remember_batch, batch);
    ASSERT_FALSE(judgement.refusal);
    EXPECT_EQ(batch.items(0).text(), "to [pii.email]");
    EXPECT_EQ(batch.items(1).text(), kMail);
    EXPECT_EQ(judgement.outcome, LawOutcome::redacted);
    const object two{{"name", "items"}, {"min", 2}};
    EXPECT_TRUE(asked(*law_with({{"amounts", array{two}}}, kDeny), Endpoint::remember_batch, batch)
                    .refusal);
    batch.mutable_items()->RemoveLast();
    EXPECT_FALSE(asked(*law_with({{"amounts", array{two}}}, kDeny), Endpoint::remember_batch, batch)
                     .refusal);
    const object one{{"name", "items"}, {"min", 1}, {"max", 1}};
    RememberRequest single;
    single.set_text("tea");
    EXPECT_TRUE(
        asked(*law_with({{"amounts", array{one}}}, kDeny), Endpoint::remember, single).refusal);
}

TEST(Judge, BlottedOutTextKeepsItsFieldsLimit) {
    RememberRequest request;
    std::string text;
    while (text.size() + 7 <= 32'768) {
        text += "a@b.cd ";  // shorter than "[pii.email]"
    }
    request.set_text(text);
    const auto law = law_with({}, kRedactMail);
    try {
        asked(*law, Endpoint::remember, request);
        ADD_FAILURE() << "the text grew over its limit";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        EXPECT_EQ(error.field(), "/text");
    }
}

TEST(Judge, OutcomesHaveNames) {
    EXPECT_EQ(outcome_name(LawOutcome::allowed), "allowed");
    EXPECT_EQ(outcome_name(LawOutcome::no_law), "no_law");
}

}  // namespace
}  // namespace soma::services
