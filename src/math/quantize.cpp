#include "math/quantize.h"

#include <algorithm>
#include <cmath>

namespace soma::math {

QuantizedVector quantize(std::span<const float> vector) {
    float largest = 0;
    for (const float x : vector) {
        largest = std::max(largest, std::fabs(x));
    }
    QuantizedVector result{largest / 127.0f, std::vector<std::int8_t>(vector.size())};
    if (largest > 0) {
        // In double: 127 / max|x| overflows float for subnormal input.
        const double factor = 127.0 / static_cast<double>(largest);
        for (std::size_t i = 0; i < vector.size(); ++i) {
            // nearbyint rounds half to even in the default mode, which we never change.
            result.values[i] =
                static_cast<std::int8_t>(std::nearbyint(static_cast<double>(vector[i]) * factor));
        }
    }
    return result;
}

std::vector<float> dequantize(const QuantizedVector& vector) {
    std::vector<float> result(vector.values.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = vector.scale * static_cast<float>(vector.values[i]);
    }
    return result;
}

bool normalize(std::span<float> vector) {
    double largest = 0;
    for (const float x : vector) {
        if (!std::isfinite(x)) {
            return false;
        }
        largest = std::max(largest, std::fabs(static_cast<double>(x)));
    }
    if (largest == 0) {
        return false;
    }
    double sum = 0;
    for (const float x : vector) {
        sum += static_cast<double>(x) * static_cast<double>(x);
    }
    const double norm = std::sqrt(sum);
    for (float& x : vector) {
        x = static_cast<float>(static_cast<double>(x) / norm);
    }
    return true;
}

}  // namespace soma::math
