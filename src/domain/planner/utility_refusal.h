#pragma once
#include <string_view>

#include "base/error.h"
#include "domain/constitution/document/constitution.h"
#include "domain/planner/utility.h"

namespace soma::domain {

/// The article in whose name a low utility is refused when no rule's penalty made it low: the law's
/// own part `utility`. A law may have an article of this id, whose words are then given.
inline constexpr std::string_view kUtilityArticle = "utility";

/// permission_denied because U is below the law's minimum, with the figures. A value.
class UtilityRefusal : public Error {
  public:
    /// `penalised_by`: the article of the first rule that took something off; empty when none did.
    /// It is named when without penalties the action would have passed.
    UtilityRefusal(const Constitution& law, const UtilityFigures& figures,
                   std::string_view penalised_by);

    const UtilityFigures& figures() const { return figures_; }

  private:
    UtilityFigures figures_;
};

}  // namespace soma::domain
