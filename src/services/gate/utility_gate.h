#pragma once
#include "base/error.h"
#include "domain/adaptation/theta.h"
#include "domain/planner/utility.h"
#include "services/gate/admission.h"

namespace soma::services {

/// What a request says of the action it plans: any whose type has `confidence`, `cost_tokens`,
/// `price` and `predicted_latency_seconds`. Throws Error invalid_argument for a confidence of 0 and
/// for tokens without a price or the reverse: a cost of 0 would be a made-up figure.
template <class Request>
domain::PlannedAction planned_action(const Request& request) {
    domain::PlannedAction action;
    if (request.has_confidence()) {
        if (request.confidence() == 0) {
            throw invalid("/confidence", "must be above 0 and at most 1");
        }
        action.confidence = request.confidence();
    }
    if (request.has_cost_tokens() != request.has_price()) {
        throw request.has_price() ? invalid("/cost_tokens", "is needed beside price")
                                  : invalid("/price", "is needed beside cost_tokens");
    }
    action.cost = static_cast<double>(request.cost_tokens()) * request.price();
    action.latency_seconds = request.predicted_latency_seconds();
    return action;
}

/// Something is taken off a utility, in the name of an article; empty: nothing is.
struct Deduction {
    double amount = 0;
    std::string_view article = {};  ///< a view into the law
};

/// The utility gate, under the tenant's λ, μ, ν. `more` comes on top of what the law takes off for
/// the request itself. Throws domain::UtilityRefusal for everything below the law's minimum. Pure.
domain::UtilityFigures admitted_utility(const Admission& admission, const domain::Theta& theta,
                                        const domain::PlannedAction& action,
                                        const Deduction& more = {});

}  // namespace soma::services
