#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "domain/identity/role.h"

namespace soma::domain {

/// Every operation that asks who is calling. The open ones (/health, /openapi.json) are not here.
enum class Endpoint : std::uint8_t {
    remember,
    remember_batch,
    recall,
    get_memory,
    list_memories,
    memory_history,
    delete_memory,
    evaluate,
    feedback,
    end_session,
    link,
    get_links,
    erase_subject,
    get_erasure,
    get_constitution,
    list_constitution_versions,
    get_constitution_version,
    diff_constitution,
    propose,
    list_proposals,
    get_proposal,
    sign_proposal,
    activate_proposal,
    list_audit_events,
    prove_audit_event,
    list_checkpoints,
    replay,
    plan,
    get_weights,
    weights_history,
    roll_back_weights,
};

inline constexpr std::size_t kEndpointCount = 31;

/// Everybody may read the law he is governed by.
inline constexpr RoleSet kEveryRole = {Role::agent,  Role::reader,  Role::operator_,
                                       Role::signer, Role::auditor, Role::admin};

/// True for the law's own endpoints: the quorum governs them, not the rules, and they are the only
/// way to repair a law: they are served without one.
constexpr bool is_constitutional(Endpoint endpoint) {
    return endpoint >= Endpoint::get_constitution && endpoint <= Endpoint::activate_proposal;
}

/// One line of the published matrix: who may call the endpoint, inside the token's own tenant.
struct AccessRule {
    Endpoint endpoint;
    std::string_view name;  ///< as events and the documentation name it, e.g. "memory.remember"
    RoleSet allowed;
};

/// The role × endpoint matrix, in the order of Endpoint. docs/access.md prints the same table and a
/// test holds the two together, cell by cell.
inline constexpr std::array<AccessRule, kEndpointCount> kAccessTable{{
    {Endpoint::remember, "memory.remember", {Role::agent, Role::admin}},
    {Endpoint::remember_batch,
     "memory.remember_batch",
     {Role::agent, Role::operator_, Role::admin}},
    {Endpoint::recall, "memory.recall", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::get_memory, "memory.get", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::list_memories, "memory.list", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::memory_history, "memory.history", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::delete_memory, "memory.delete", {Role::agent, Role::operator_, Role::admin}},
    {Endpoint::evaluate, "brain.evaluate", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::feedback, "brain.feedback", {Role::agent, Role::admin}},
    {Endpoint::end_session, "session.end", {Role::agent, Role::operator_, Role::admin}},
    {Endpoint::link, "memory.link", {Role::agent, Role::admin}},
    {Endpoint::get_links, "memory.links", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::erase_subject, "subject.erase", {Role::operator_, Role::admin}},
    {Endpoint::get_erasure, "subject.erasure", {Role::operator_, Role::admin}},
    {Endpoint::get_constitution, "constitution.get", kEveryRole},
    {Endpoint::list_constitution_versions, "constitution.versions", kEveryRole},
    {Endpoint::get_constitution_version, "constitution.version", kEveryRole},
    {Endpoint::diff_constitution, "constitution.diff", kEveryRole},
    {Endpoint::propose, "constitution.propose", {Role::signer, Role::admin}},
    {Endpoint::list_proposals, "constitution.proposals", kEveryRole},
    {Endpoint::get_proposal, "constitution.proposal", kEveryRole},
    {Endpoint::sign_proposal, "constitution.sign", {Role::signer}},
    {Endpoint::activate_proposal, "constitution.activate", {Role::signer, Role::admin}},
    {Endpoint::list_audit_events, "audit.events", {Role::auditor, Role::admin}},
    {Endpoint::prove_audit_event, "audit.proof", {Role::auditor, Role::admin}},
    {Endpoint::list_checkpoints, "audit.checkpoints", {Role::auditor, Role::admin}},
    {Endpoint::replay, "brain.replay", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::plan, "brain.plan", {Role::agent, Role::reader, Role::admin}},
    {Endpoint::get_weights,
     "brain.weights",
     {Role::agent, Role::reader, Role::operator_, Role::auditor, Role::admin}},
    {Endpoint::weights_history,
     "brain.weights_history",
     {Role::operator_, Role::auditor, Role::admin}},
    {Endpoint::roll_back_weights, "brain.weights_rollback", {Role::operator_, Role::admin}},
}};

/// True when one of the roles opens the endpoint. Pure, total, constant time.
constexpr bool may_call(RoleSet roles, Endpoint endpoint) {
    return kAccessTable[static_cast<std::size_t>(endpoint)].allowed.intersects(roles);
}

/// The endpoint's published name.
constexpr std::string_view endpoint_name(Endpoint endpoint) {
    return kAccessTable[static_cast<std::size_t>(endpoint)].name;
}

}  // namespace soma::domain
