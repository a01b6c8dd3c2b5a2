#include "services/gate/utility_gate.h"

#include "domain/planner/utility_refusal.h"

namespace soma::services {
domain::UtilityFigures admitted_utility(const Admission& admission, const domain::Theta& theta,
                                        const domain::PlannedAction& action,
                                        const Deduction& more) {
    auto weights = admission.law->law.utility;  // b and U_min are the law's
    weights.confidence = theta.lambda;
    weights.cost = theta.mu;
    weights.latency = theta.nu;
    const auto figures = domain::judge_utility(weights, action, admission.penalty + more.amount);
    if (!figures.admitted()) {
        throw domain::UtilityRefusal(
            admission.law->law, figures,
            admission.penalised_by.empty() ? more.article : admission.penalised_by);
    }
    return figures;
}

}  // namespace soma::services
