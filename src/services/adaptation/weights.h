#pragma once
#include "base/time.h"
#include "domain/adaptation/theta.h"
#include "services/gate/admission.h"

namespace soma::services {

/// The weights that a tenant's requests are served with. Thread-safe.
class Weights {
  public:
    /// θ in force for the admitted tenant, within the bounds of the law it was admitted under.
    domain::Theta of(const Admission& admission, const Deadline& deadline) const;
};

}  // namespace soma::services
