#include "math/bridge/scaling_pass.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

// See math/scan/dot.cpp for both settings.
#define HWY_DISABLE_PCLMUL_AES
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/bridge/scaling_pass.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway requires.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace soma::math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<double>;

/// sums[r] = row r · v for four rows of `size` numbers, `stride` apart.
HWY_ATTR void dot_four(const double* HWY_RESTRICT rows, std::size_t stride,
                       const double* HWY_RESTRICT v, std::size_t size, double* sums) {
    const Lanes d;
    auto s0 = hn::Zero(d);
    auto s1 = hn::Zero(d);
    auto s2 = hn::Zero(d);
    auto s3 = hn::Zero(d);
    std::size_t j = 0;
    for (; j + hn::Lanes(d) <= size; j += hn::Lanes(d)) {
        const auto x = hn::LoadU(d, v + j);
        s0 = hn::MulAdd(hn::LoadU(d, rows + j), x, s0);
        s1 = hn::MulAdd(hn::LoadU(d, rows + stride + j), x, s1);
        s2 = hn::MulAdd(hn::LoadU(d, rows + 2 * stride + j), x, s2);
        s3 = hn::MulAdd(hn::LoadU(d, rows + 3 * stride + j), x, s3);
    }
    sums[0] = hn::GetLane(hn::SumOfLanes(d, s0));
    sums[1] = hn::GetLane(hn::SumOfLanes(d, s1));
    sums[2] = hn::GetLane(hn::SumOfLanes(d, s2));
    sums[3] = hn::GetLane(hn::SumOfLanes(d, s3));
    for (; j < size; ++j) {
        for (std::size_t r = 0; r < 4; ++r) {
            sums[r] += rows[r * stride + j] * v[j];
        }
    }
}

/// columns += Σ_r scale[r] · row r.
HWY_ATTR void add_four(const double* HWY_RESTRICT rows, std::size_t stride, const double* scale,
                       std::size_t size, double* HWY_RESTRICT columns) {
    const Lanes d;
    const auto a0 = hn::Set(d, scale[0]);
    const auto a1 = hn::Set(d, scale[1]);
    const auto a2 = hn::Set(d, scale[2]);
    const auto a3 = hn::Set(d, scale[3]);
    std::size_t j = 0;
    for (; j + hn::Lanes(d) <= size; j += hn::Lanes(d)) {
        const auto low =
            hn::MulAdd(a1, hn::LoadU(d, rows + stride + j),
                       hn::MulAdd(a0, hn::LoadU(d, rows + j), hn::LoadU(d, columns + j)));
        const auto high = hn::MulAdd(a3, hn::LoadU(d, rows + 3 * stride + j),
                                     hn::Mul(a2, hn::LoadU(d, rows + 2 * stride + j)));
        hn::StoreU(hn::Add(low, high), d, columns + j);
    }
    for (; j < size; ++j) {
        for (std::size_t r = 0; r < 4; ++r) {
            columns[j] += scale[r] * rows[r * stride + j];
        }
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace soma::math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace soma::math {

HWY_EXPORT(dot_four);
HWY_EXPORT(add_four);

namespace {

/// The new scaling of one row, or −1 when its sum is out of range.
double next_scaling(double sum, double mu) {
    if (mu == 0) {
        return 0;
    }
    return sum > 1e-250 && sum < 1e250 ? mu / sum : -1;
}

}  // namespace

ScalingPass scaling_pass(std::span<const double> kernel, std::span<const double> mu,
                         std::span<const double> u, std::span<const double> v,
                         std::span<double> next_u, std::span<double> columns) {
    const std::size_t n = mu.size();
    const std::size_t m = v.size();
    SOMA_ASSERT(kernel.size() == n * m && u.size() == n && next_u.size() == n, "K is n × m");
    SOMA_ASSERT(columns.size() == m, "one sum a column");
    std::fill(columns.begin(), columns.end(), 0.0);
    ScalingPass pass;
    for (std::size_t i = 0; i < n; i += 4) {
        const std::size_t count = std::min<std::size_t>(4, n - i);
        // The last rows stand in for those behind the end, with scaling 0 (stride 0 for fewer).
        const std::size_t stride = count == 4 ? m : 0;
        for (std::size_t r = 0; r < count; r += stride == 0 ? 1 : 4) {
            const double* rows = kernel.data() + (i + r) * m;
            double sums[4];
            double scale[4] = {0, 0, 0, 0};
            HWY_DYNAMIC_DISPATCH(dot_four)(rows, stride, v.data(), m, sums);
            for (std::size_t s = 0; s < (stride == 0 ? 1 : 4); ++s) {
                const std::size_t row = i + r + s;
                pass.error += std::fabs(u[row] * sums[s] - mu[row]);
                scale[s] = next_scaling(sums[s], mu[row]);
                if (scale[s] < 0) {
                    return {pass.error, false};
                }
                next_u[row] = scale[s];
            }
            HWY_DYNAMIC_DISPATCH(add_four)(rows, stride, scale, m, columns.data());
        }
    }
    return pass;
}

}  // namespace soma::math
#endif
