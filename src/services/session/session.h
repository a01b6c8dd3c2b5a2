#pragma once
#include "services/evaluate/working_memory.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "services/write/writer.h"
#include "somabrain/v1/brain.pb.h"

namespace soma::services {

/// Sessions as callers manage them. Thread-safe.
class Session {
  public:
    Session(Keyring& keyring, Writer& writer, WorkingMemoryStore& working_memory)
        : keyring_(keyring), writer_(writer), working_memory_(working_memory) {}

    /// Empties the session's working memory, durably; also where there was none. What was committed
    /// before does not come back, however late its response. Throws Error: idempotency_reused,
    /// unavailable.
    somabrain::v1::EndSessionResponse end(const RequestContext& context, const Admission& admission,
                                          const somabrain::v1::EndSessionRequest& request);

  private:
    Keyring& keyring_;
    Writer& writer_;
    WorkingMemoryStore& working_memory_;
};

}  // namespace soma::services
