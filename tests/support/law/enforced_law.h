#pragma once
#include <memory>
#include <string>

#include "services/gate/law_in_force.h"
#include "support/law_forge.h"

namespace soma::testing {

/// A rule as a document has it.
inline json::object rule_json(std::string id, json::object match, json::object effect,
                              std::string article = "isolation") {
    return {{"id", id}, {"article", article}, {"match", match}, {"effect", effect}};
}

inline json::object allow_all_json() {
    return rule_json("all", {}, {{"type", "allow"}});
}

/// A law of these rules, signed by three of five and verified as any other, in the form that
/// requests are judged by. In its term for as long as tests run.
inline std::shared_ptr<const services::EnforcedLaw> enforced(const json::array& rules) {
    json::object law = law_json();
    law["expires_at"] = "2035-12-31T00:00:00Z";
    law["rules"] = rules;
    const domain::Chain chain = first_chain(law);
    return std::make_shared<const services::EnforcedLaw>(services::EnforcedLaw{
        chain.version(), chain.head()->hash, *chain.law(), domain::RuleSet(chain.law()->rules)});
}

/// Puts it in force for longer than tests run.
inline void put_in_force(services::LawInForce& laws,
                         std::shared_ptr<const services::EnforcedLaw> law) {
    laws.put(std::move(law), std::chrono::steady_clock::now() + std::chrono::hours(1));
}

}  // namespace soma::testing
