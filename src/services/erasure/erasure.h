#pragma once
#include "services/erasure/eraser.h"
#include "services/gate/admission.h"
#include "services/write/writer.h"
#include "somabrain/v1/subject.pb.h"

namespace soma::services {

/// Subjects' right to be forgotten. Thread-safe.
class Erasure {
  public:
    Erasure(Eraser& eraser, backends::Erasures& erasures, Keyring& keyring, Committer& committer,
            Writer& writer, UuidGenerator& ids)
        : eraser_(eraser),
          erasures_(erasures),
          keyring_(keyring),
          committer_(committer),
          writer_(writer),
          ids_(ids) {}

    /// Returns when every tier has forgotten the subject, with the receipt. Again: the same
    /// receipt, unless the subject was used since: then it is erased anew. Throws Error: not_found
    /// (never seen), idempotency_reused, unavailable (what has begun goes on by itself).
    somabrain::v1::Erasure erase(const RequestContext& context, const Admission& admission,
                                 const somabrain::v1::EraseSubjectRequest& request);
    /// Throws Error: not_found, unavailable.
    somabrain::v1::Erasure get(const RequestContext& context, const Admission& admission,
                               const somabrain::v1::GetErasureRequest& request);

  private:
    /// An erasure that has begun, and whether this request began it.
    struct Begun {
        Uuid id;
        bool now = false;
    };

    Begun begin(const RequestContext& context, const Admission& admission,
                const somabrain::v1::EraseSubjectRequest& request);
    Begun commit(const RequestContext& context, const Admission& admission,
                 const std::string& subject_hmac, const std::string& key_id);

    Eraser& eraser_;
    backends::Erasures& erasures_;
    Keyring& keyring_;
    Committer& committer_;
    Writer& writer_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
