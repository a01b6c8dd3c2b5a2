// Updates that must come into force: a law that refuses its own quorum cannot be repaired. And the
// constitutions that are shipped, which the oracle suite verifies with other implementations.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "domain/constitution/chain.h"
#include "domain/constitution/rules/rule_set.h"
#include "domain/constitution/update.h"
#include "source_dir.h"
#include "support/law_forge.h"

namespace soma::domain {
namespace {

namespace json = boost::json;
using testing::document_of;
using testing::first_chain;
using testing::Holder;
using testing::kNow;
using testing::next_json;
using testing::signed_by;
using testing::signers_json;

/// The whole life of an update: proposed, signed by each of `names`, activated, in the chain.
std::string enact(Chain& chain, const json::object& law, std::string_view names) {
    const auto words = [](const LawRefusal& refusal) { return refusal.message; };
    Proposal proposal{document_of(law), {}};
    if (const auto refusal = check_propose(chain, proposal.document, kNow)) {
        return words(*refusal);
    }
    for (const Holder& holder : testing::holders(names)) {
        const Signature signature = holder.sign(proposal.document);
        if (const auto refusal = check_sign(chain, proposal, signature, kNow)) {
            return words(*refusal);
        }
        proposal.signatures.push_back(signature);
    }
    if (const auto refusal = check_activate(chain, proposal, kNow)) {
        return words(*refusal);
    }
    const auto refusal = chain.append({proposal.document.text, proposal.signatures});
    return refusal ? words(*refusal) : "in force";
}

struct Update {
    const char* name;
    std::function<void(json::object&)> bend;
    const char* names = "abc";
};

json::object rule(const std::string& id, json::object match, json::object effect) {
    return {{"id", id}, {"article", "review"}, {"match", match}, {"effect", effect}};
}

void add_rule(json::object& law, json::object rule) {
    law["rules"].as_array().push_back(std::move(rule));
}

std::vector<Update> good_updates() {
    return {
        {"nothing but the number", [](json::object&) {}},
        {"more signatures than needed", [](json::object&) {}, "edcba"},
        {"another three of five", [](json::object&) {}, "bde"},
        {"an article more",
         [](json::object& law) {
             law["articles"].as_array().push_back(json::object{{"id", "more"}, {"text", "More."}});
         }},
        {"articles in any script",
         [](json::object& law) {
             law["articles"].as_array()[0].as_object()["text"] =
                 "\xe6\xb3\x95\xe5\xbe\x8b \xd0\xb7\xd0\xb0\xd0\xba\xd0\xbe\xd0\xbd "
                 "\xf0\x9f\x93\x9c\nsecond line";
         }},
        {"no rule at all", [](json::object& law) { law["rules"] = json::array(); }},
        {"a denial",
         [](json::object& law) {
             add_rule(law, rule("no", {{"roles", json::array{"reader"}}}, {{"type", "deny"}}));
         }},
        {"a redaction",
         [](json::object& law) {
             add_rule(law, rule("blot", {},
                                {{"type", "redact"}, {"classes", json::array{"pii.email"}}}));
         }},
        {"a review",
         [](json::object& law) {
             add_rule(law, rule("ask", {{"endpoints", json::array{"memory.delete"}}},
                                {{"type", "require_review"}}));
         }},
        {"a directive",
         [](json::object& law) {
             add_rule(law, rule("say", {}, {{"type", "directive"}, {"text", "Be brief."}}));
         }},
        {"a penalty",
         [](json::object& law) {
             add_rule(law, rule("cost", {}, {{"type", "penalty"}, {"amount", 0.5}}));
         }},
        {"no limits", [](json::object& law) { law["limits"] = json::object(); }},
        {"a signer more", [](json::object& law) { law["signers"] = signers_json("abcdef"); }},
        {"a signer less", [](json::object& law) { law["signers"] = signers_json("abcd"); }},
        {"a new key under an old name",
         [](json::object& law) {
             law["signers"].as_array()[4].as_object()["public_key"] =
                 to_base64(Holder("z").public_key());
         }},
        {"a rotation signed by both",
         [](json::object& law) { law["signers"] = signers_json("fghij"); }, "abcfgh"},
        {"a rotation that overlaps",
         [](json::object& law) { law["signers"] = signers_json("cdefg"); }, "cde"},
        {"a threshold raised", [](json::object& law) { law["threshold"] = 4; }, "abcd"},
        {"a threshold of all", [](json::object& law) { law["threshold"] = 5; }, "abcde"},
        {"a threshold lowered", [](json::object& law) { law["threshold"] = 1; }},
        {"to a single signer",
         [](json::object& law) {
             law["signers"] = signers_json("z");
             law["threshold"] = 1;
         },
         "abcz"},
        {"issued just now", [](json::object& law) { law["issued_at"] = "2026-06-01T00:04:59Z"; }},
        {"expires soon",
         [](json::object& law) { law["expires_at"] = "2026-06-01T00:00:00.000001Z"; }},
        {"narrow bounds",
         [](json::object& law) {
             law["bounds"].as_object()["lambda"] = {{"min", 1}, {"max", 1}};
         }},
        {"a time with an offset",
         [](json::object& law) { law["issued_at"] = "2026-01-01T02:00:00+02:00"; }},
    };
}

TEST(GoodUpdates, EachComesIntoForce) {
    for (const Update& update : good_updates()) {
        Chain chain = first_chain();
        json::object law = next_json(chain);
        update.bend(law);
        EXPECT_EQ(enact(chain, law, update.names), "in force") << update.name;
        EXPECT_EQ(chain.version(), 2U) << update.name;
    }
    EXPECT_GE(good_updates().size(), 20U);
}

TEST(GoodUpdates, AHundredInARow) {
    Chain chain = first_chain();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(enact(chain, next_json(chain), "ace"), "in force") << i;
    }
    EXPECT_EQ(chain.version(), 101U);
}

TEST(GoodUpdates, ALawThatExpiredCanBeReplaced) {
    // Terms bind requests, not the quorum: only so can an expired law be repaired.
    Chain chain = first_chain();
    ASSERT_TRUE(check_term(*chain.law(), *parse_rfc3339("2027-01-01T00:00:00Z")));
    json::object law = next_json(chain);
    law["issued_at"] = "2027-01-01T00:00:00Z";
    law["expires_at"] = "2028-01-01T00:00:00Z";
    EXPECT_FALSE(chain.append(signed_by(document_of(law), "abc")));
    EXPECT_FALSE(check_term(*chain.law(), *parse_rfc3339("2027-01-01T00:00:00Z")));
}

std::string file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(GoodUpdates, TheShippedConstitutionsVerify) {
    const std::filesystem::path folder = SOMABRAIN_SOURCE_DIR "/deploy/constitution";
    for (const std::string name : {"sandbox", "strict"}) {
        const json::value proof = json::parse(file(folder / (name + ".signatures.json")));
        SignedVersion version{file(folder / (name + ".json")), {}};
        for (const json::value& row : proof.at("signatures").as_array()) {
            version.signatures.push_back(
                {*from_base64(std::string(row.at("public_key").as_string())),
                 *from_base64(std::string(row.at("signature").as_string()))});
        }
        Chain chain(*parse_hash(std::string(proof.at("hash").as_string())));
        const auto refusal = chain.append(version);
        EXPECT_FALSE(refusal) << name << ": " << (refusal ? refusal->message : "");
        ASSERT_NE(chain.law(), nullptr);
        EXPECT_FALSE(check_term(*chain.law(), kNow)) << name;
    }
}

TEST(GoodUpdates, TheSandboxKeepsSecretsOutAndAsksBeforeRemoval) {
    const std::string text = file(SOMABRAIN_SOURCE_DIR "/deploy/constitution/sandbox.json");
    const RuleSet rules(read_canonical_document(text).law.rules);
    RequestFacts facts{.endpoint = Endpoint::remember, .roles = {Role::agent}};
    EXPECT_TRUE(rules.evaluate(facts).allowed);
    facts.classes = {TextClass::pii_email};
    EXPECT_TRUE(rules.evaluate(facts).allowed);
    EXPECT_EQ(rules.evaluate(facts).redact,
              (TextClasses{TextClass::pii_email, TextClass::pii_phone}));
    facts.classes.add(TextClass::secret_token);
    EXPECT_EQ(rules.evaluate(facts).denied_by, (Ground{"no-credentials", "no-secrets-or-pii"}));
    facts = {.endpoint = Endpoint::delete_memory, .roles = {Role::agent}};
    EXPECT_EQ(rules.evaluate(facts).review_by, (Ground{"removal-by-agents", "human-review"}));
    facts = {.endpoint = Endpoint::evaluate, .roles = {Role::agent}};
    EXPECT_EQ(rules.evaluate(facts).directives.size(), 1U);
    // Whoever the matrix lets in may do the rest: the tour, imports, erasure.
    for (const AccessRule& rule : kAccessTable) {
        const Verdict verdict = rules.evaluate({.endpoint = rule.endpoint, .roles = {Role::admin}});
        EXPECT_EQ(verdict.allowed && !verdict.review_by, !is_constitutional(rule.endpoint))
            << rule.name;
    }
}

}  // namespace
}  // namespace soma::domain
