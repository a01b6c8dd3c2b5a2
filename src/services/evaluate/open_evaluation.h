#pragma once
#include <memory>
#include <string>

#include "backends/postgres/memory/evaluations.h"
#include "domain/context/evaluation_record.h"
#include "services/gate/request_context.h"
#include "services/keyring/keyring.h"

namespace soma::services {

/// An evaluation as it was kept, opened.
struct OpenedEvaluation {
    domain::StoredEvaluation row;
    domain::EvaluationRecord record;
    std::shared_ptr<const SubjectKey> key;
};

/// `rows` is how long PostgreSQL may take. Throws Error: not_found at `field` (unknown, another
/// tenant's, expired or erased), internal (storage is damaged), unavailable.
OpenedEvaluation open_evaluation(backends::Evaluations& evaluations, Keyring& keyring,
                                 const RequestContext& context, const Uuid& tenant, const Uuid& id,
                                 const Deadline& rows, const char* field);

}  // namespace soma::services
