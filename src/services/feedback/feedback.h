#pragma once
#include "backends/postgres/memory/feedback.h"
#include "domain/context/feedback_record.h"
#include "services/evaluate/open_evaluation.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "services/write/writer.h"
#include "somabrain/v1/brain.pb.h"

namespace soma::services {

/// What became of an evaluation. Thread-safe.
class Feedback {
  public:
    Feedback(backends::Evaluations& evaluations, backends::FeedbackEvents& events, Keyring& keyring,
             Writer& writer, UuidGenerator& ids)
        : evaluations_(evaluations),
          events_(events),
          keyring_(keyring),
          writer_(writer),
          ids_(ids) {}

    /// Returns once the feedback is durable and its response joined the session. Throws Error:
    /// not_found (an unknown, foreign, expired or erased evaluation), invalid_argument (another
    /// session, a memory it did not return), conflict (it has other feedback), unavailable.
    somabrain::v1::FeedbackResponse add(const RequestContext& context, const Admission& admission,
                                        const somabrain::v1::FeedbackRequest& request);

  private:
    struct Evaluated;
    Evaluated load(const RequestContext& context, const Admission& admission,
                   const somabrain::v1::FeedbackRequest& request);
    somabrain::v1::FeedbackResponse commit(const RequestContext& context,
                                           const Admission& admission,
                                           const somabrain::v1::FeedbackRequest& request,
                                           const Evaluated& evaluated);

    backends::Evaluations& evaluations_;
    backends::FeedbackEvents& events_;
    Keyring& keyring_;
    Writer& writer_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
