#include "services/adaptation/weights.h"

namespace soma::services {

domain::Theta Weights::of(const Admission& admission, const Deadline& /*deadline*/) const {
    return domain::starting_theta(admission.law->law);
}

}  // namespace soma::services
