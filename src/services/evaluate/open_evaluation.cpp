#include "services/evaluate/open_evaluation.h"

#include <utility>

#include "base/error.h"

namespace soma::services {

OpenedEvaluation open_evaluation(backends::Evaluations& evaluations, Keyring& keyring,
                                 const RequestContext& context, const Uuid& tenant, const Uuid& id,
                                 const Deadline& rows, const char* field) {
    auto row = evaluations.get(tenant, id, context.now, rows);
    auto key = row ? keyring.subject_by_hmac(tenant, row->subject_hmac, context.deadline) : nullptr;
    if (!key) {
        throw Error(ErrorKind::not_found, "no such evaluation").at(field);
    }
    auto record = domain::open_record(key->data_key, tenant, id, row->sealed);
    if (!record) {
        throw Error(ErrorKind::internal, "internal error",
                    "an evaluation does not open: " + id.to_string());
    }
    return {std::move(*row), std::move(*record), std::move(key)};
}

}  // namespace soma::services
