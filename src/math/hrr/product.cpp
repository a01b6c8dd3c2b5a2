#include "math/hrr/product.h"

#include <cmath>

// See math/scan/dot.cpp for both settings.
#define HWY_DISABLE_PCLMUL_AES
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/hrr/product.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway requires.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace soma::math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// `sign` is 1, or −1 for the conjugate of x. Whether all is finite is known from Σ 0·z, which is
/// NaN as soon as one number is not.
template <typename Scalar>
HWY_ATTR bool product(ComplexParts<const Scalar> x, ComplexParts<const Scalar> y,
                      ComplexParts<Scalar> z, std::size_t n, Scalar sign) {
    const hn::ScalableTag<Scalar> d;
    const auto zero = hn::Zero(d);
    const auto signs = hn::Set(d, sign);
    auto taint = zero;
    std::size_t k = 0;
    for (; k + hn::Lanes(d) <= n; k += hn::Lanes(d)) {
        const auto a = hn::LoadU(d, x.re + k);
        const auto b = hn::Mul(signs, hn::LoadU(d, x.im + k));
        const auto c = hn::LoadU(d, y.re + k);
        const auto e = hn::LoadU(d, y.im + k);
        const auto re = hn::Sub(hn::Mul(a, c), hn::Mul(b, e));
        const auto im = hn::Add(hn::Mul(a, e), hn::Mul(b, c));
        taint = hn::Add(taint, hn::Mul(zero, hn::Add(re, im)));
        hn::StoreU(re, d, z.re + k);
        hn::StoreU(im, d, z.im + k);
    }
    bool finite = hn::GetLane(hn::SumOfLanes(d, taint)) == 0;
    for (; k < n; ++k) {
        const Scalar a = x.re[k];
        const Scalar b = sign * x.im[k];
        const Scalar c = y.re[k];
        const Scalar e = y.im[k];
        z.re[k] = a * c - b * e;
        z.im[k] = a * e + b * c;
        finite = finite && std::isfinite(z.re[k]) && std::isfinite(z.im[k]);
    }
    return finite;
}

HWY_ATTR bool product_double(ComplexParts<const double> x, ComplexParts<const double> y,
                             ComplexParts<double> z, std::size_t n, double sign) {
    return product<double>(x, y, z, n, sign);
}

HWY_ATTR bool product_float(ComplexParts<const float> x, ComplexParts<const float> y,
                            ComplexParts<float> z, std::size_t n, float sign) {
    return product<float>(x, y, z, n, sign);
}

}  // namespace HWY_NAMESPACE
}  // namespace soma::math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace soma::math {

HWY_EXPORT(product_double);
HWY_EXPORT(product_float);

template <>
bool complex_product(ComplexParts<const double> x, ComplexParts<const double> y,
                     ComplexParts<double> z, std::size_t n, bool conjugate_x) {
    return HWY_DYNAMIC_DISPATCH(product_double)(x, y, z, n, conjugate_x ? -1.0 : 1.0);
}

template <>
bool complex_product(ComplexParts<const float> x, ComplexParts<const float> y,
                     ComplexParts<float> z, std::size_t n, bool conjugate_x) {
    return HWY_DYNAMIC_DISPATCH(product_float)(x, y, z, n, conjugate_x ? -1.0F : 1.0F);
}

}  // namespace soma::math
#endif
