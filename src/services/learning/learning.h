#pragma once
#include "backends/postgres/learning/learning_weights.h"
#include "services/adaptation/weights.h"
#include "services/gate/admission.h"
#include "services/write/writer.h"
#include "somabrain/v1/brain.pb.h"

namespace soma::services {

/// A tenant's weights, for people. Thread-safe.
class Learning {
  public:
    Learning(backends::LearningWeights& rows, const Weights& weights, Writer& writer)
        : rows_(rows), weights_(weights), writer_(writer) {}

    /// The weights in force, under the law in force.
    somabrain::v1::GetWeightsResponse get(const RequestContext& context, const Admission& admission,
                                          const somabrain::v1::GetWeightsRequest& request);

    /// A page of what changed them, the newest first.
    somabrain::v1::WeightsHistoryResponse history(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::WeightsHistoryRequest& request);

    /// Returns once the way back is durable: θ as it was, within the bounds of today's law. Throws
    /// Error: invalid_argument (neither or both of to_version and steps), not_found (no such
    /// earlier version), idempotency_reused, unavailable.
    somabrain::v1::RollBackWeightsResponse roll_back(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::RollBackWeightsRequest& request);

  private:
    backends::LearningWeights& rows_;
    const Weights& weights_;
    Writer& writer_;
};

}  // namespace soma::services
