#pragma once
#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "domain/constitution/rules/rule_set.h"
#include "services/gate/law_in_force.h"
#include "services/gate/request_reader.h"

namespace soma::services {

/// What the law made of a request, for metrics.
enum class LawOutcome : std::uint8_t {
    allowed,
    redacted,  ///< allowed, once something was blotted out
    denied,    ///< a rule denies it, or none allows it
    review,    ///< a person must do it
    no_law,    ///< none is in force: 503
};
inline constexpr std::size_t kLawOutcomeCount = 5;
/// "allowed", …: the metric's label.
std::string_view outcome_name(LawOutcome outcome);

/// A request judged. Views into the law.
struct Judgement {
    LawOutcome outcome = LawOutcome::allowed;
    std::optional<Error> refusal;        ///< permission_denied, with its article and field
    std::vector<domain::Advice> policy;  ///< directives, by the rules' ids
    double penalty = 0;                  ///< taken off the utility
    std::string_view penalised_by;       ///< the first such rule's article; empty without one
    TextClasses redacted;                ///< what was blotted out
};

/// permission_denied in the name of the article that `ground` rests on, at `pointer`.
Error refusal(const EnforcedLaw& law, const domain::Ground& ground, std::string message,
              std::string pointer);

/// Asks the law of the whole request: each of its items, or itself when it can have none. `about`
/// says who asks for what. Blots out of `request` what the law has blotted out; where that cannot
/// be, in a name, the request is refused. A request that is refused may be half changed. Throws
/// Error invalid_argument when a text, once blotted out, is over its limit. Pure.
Judgement judge(const EnforcedLaw& law, const RequestReader& reader, domain::RequestFacts about,
                google::protobuf::Message& request);

}  // namespace soma::services
