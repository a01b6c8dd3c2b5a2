#include "domain/memory/embedding.h"

#include <vector>

#include "base/error.h"

namespace soma::domain {

math::QuantizedVector stored_form(std::span<const float> vector, std::size_t dimension,
                                  const std::string& field) {
    if (vector.size() != dimension) {
        throw invalid(field, "must have " + std::to_string(dimension) + " numbers, has " +
                                 std::to_string(vector.size()));
    }
    std::vector<float> unit(vector.begin(), vector.end());
    if (!math::normalize(unit)) {
        throw invalid(field, "must be finite and not all zero");
    }
    return math::quantize(unit);
}

}  // namespace soma::domain
