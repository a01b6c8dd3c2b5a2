#include "domain/identity/access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "source_dir.h"

namespace soma::domain {
namespace {

constexpr Role kRoles[] = {Role::agent,  Role::reader,  Role::operator_,
                           Role::signer, Role::auditor, Role::admin};

/// The matrix written a second time, by hand: a flipped cell in either place fails.
constexpr bool kExpected[kEndpointCount][kRoleCount] = {
    // agent reader operator signer auditor admin
    {true, false, false, false, false, true},   // remember
    {true, false, true, false, false, true},    // remember_batch
    {true, true, false, false, false, true},    // recall
    {true, true, false, false, false, true},    // get_memory
    {true, true, false, false, false, true},    // list_memories
    {true, true, false, false, false, true},    // memory_history
    {true, false, true, false, false, true},    // delete_memory
    {true, true, false, false, false, true},    // evaluate
    {true, false, false, false, false, true},   // feedback
    {true, false, true, false, false, true},    // end_session
    {true, false, false, false, false, true},   // link
    {true, true, false, false, false, true},    // get_links
    {false, false, true, false, false, true},   // erase_subject
    {false, false, true, false, false, true},   // get_erasure
    {true, true, true, true, true, true},       // get_constitution
    {true, true, true, true, true, true},       // list_constitution_versions
    {true, true, true, true, true, true},       // get_constitution_version
    {true, true, true, true, true, true},       // diff_constitution
    {false, false, false, true, false, true},   // propose
    {true, true, true, true, true, true},       // list_proposals
    {true, true, true, true, true, true},       // get_proposal
    {false, false, false, true, false, false},  // sign_proposal
    {false, false, false, true, false, true},   // activate_proposal
    {false, false, false, false, true, true},   // list_audit_events
    {false, false, false, false, true, true},   // prove_audit_event
    {false, false, false, false, true, true},   // list_checkpoints
    {true, true, false, false, false, true},    // replay
    {true, true, false, false, false, true},    // plan
    {true, true, true, false, true, true},      // get_weights
    {false, false, true, false, true, true},    // weights_history
    {false, false, true, false, false, true},   // roll_back_weights
};

TEST(Access, EveryCell) {
    for (std::size_t e = 0; e < kEndpointCount; ++e) {
        for (std::size_t r = 0; r < kRoleCount; ++r) {
            EXPECT_EQ(may_call({kRoles[r]}, static_cast<Endpoint>(e)), kExpected[e][r])
                << endpoint_name(static_cast<Endpoint>(e)) << " × " << role_name(kRoles[r]);
        }
    }
}

TEST(Access, TheTableIsInTheOrderOfTheEnumeration) {
    for (std::size_t e = 0; e < kEndpointCount; ++e) {
        EXPECT_EQ(kAccessTable[e].endpoint, static_cast<Endpoint>(e));
    }
}

TEST(Access, RightsAddUpAndNothingComesFromNothing) {
    for (std::size_t e = 0; e < kEndpointCount; ++e) {
        const auto endpoint = static_cast<Endpoint>(e);
        EXPECT_FALSE(may_call({}, endpoint));
        EXPECT_EQ(may_call({Role::reader, Role::operator_}, endpoint),
                  kExpected[e][1] || kExpected[e][2]);
        EXPECT_EQ(may_call({Role::signer, Role::auditor}, endpoint),
                  kExpected[e][3] || kExpected[e][4]);
    }
}

TEST(Access, OnlyTheConstitutionsOwnEndpointsAreExemptFromItsRules) {
    for (const AccessRule& rule : kAccessTable) {
        EXPECT_EQ(is_constitutional(rule.endpoint), rule.name.starts_with("constitution."))
            << rule.name;
    }
    EXPECT_FALSE(is_constitutional(Endpoint::remember));
}

TEST(Access, TheDocumentPrintsTheSameTable) {
    std::ifstream file(std::string(SOMABRAIN_SOURCE_DIR) + "/docs/access.md");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    for (const AccessRule& rule : kAccessTable) {
        std::string expected = "| " + std::string(rule.name) + " |";
        for (const Role role : kRoles) {
            expected += rule.allowed.has(role) ? " yes |" : " no |";
        }
        EXPECT_EQ(std::count(lines.begin(), lines.end(), expected), 1) << expected;
    }
}

}  // namespace
}  // namespace soma::domain
