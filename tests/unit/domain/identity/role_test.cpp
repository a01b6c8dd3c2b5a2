#include "domain/identity/role.h"

#include <gtest/gtest.h>

#include <string>

namespace soma::domain {
namespace {

constexpr Role kAll[] = {Role::agent,  Role::reader,  Role::operator_,
                         Role::signer, Role::auditor, Role::admin};

TEST(Role, NamesReadBack) {
    for (const Role role : kAll) {
        EXPECT_EQ(parse_role(role_name(role)), role);
    }
    EXPECT_EQ(role_name(Role::operator_), "operator");
}

TEST(Role, TheListNamesAll) {
    EXPECT_EQ(role_list(), "agent, reader, operator, signer, auditor, admin");
}

TEST(Role, OnlyExactNamesCount) {
    for (const std::string name : {"", "Agent", "agent ", "agents", "operator_", "root", "*"}) {
        EXPECT_FALSE(parse_role(name)) << name;
    }
    EXPECT_FALSE(parse_role(std::string("agent\0", 6)));
}

TEST(Role, SetsHoldWhatWasAdded) {
    RoleSet set;
    EXPECT_TRUE(set.empty());
    set.add(Role::auditor);
    set.add(Role::auditor);
    EXPECT_EQ(set, RoleSet{Role::auditor});
    for (const Role role : kAll) {
        EXPECT_EQ(set.has(role), role == Role::auditor);
    }
    EXPECT_TRUE(set.intersects({Role::agent, Role::auditor}));
    EXPECT_FALSE(set.intersects({Role::agent, Role::admin}));
    EXPECT_FALSE(RoleSet().intersects(RoleSet()));
}

}  // namespace
}  // namespace soma::domain
