#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace soma::backends {

/// Eight floats side by side: AVX2 where the build has it, plain arrays elsewhere. Fused
/// multiply-add happens exactly where `fma` is written, so a binary gives the same bits on every
/// CPU that runs it.
struct Float8 {
    static constexpr std::size_t kLanes = 8;
#ifdef __AVX2__
    __m256 v;

    static Float8 load(const float* from) {
        return {_mm256_loadu_ps(from)};
    }
    static Float8 all(float value) {
        return {_mm256_set1_ps(value)};
    }
    void store(float* to) const {
        _mm256_storeu_ps(to, v);
    }

    friend Float8 operator+(Float8 a, Float8 b) {
        return {_mm256_add_ps(a.v, b.v)};
    }
    friend Float8 operator-(Float8 a, Float8 b) {
        return {_mm256_sub_ps(a.v, b.v)};
    }
    friend Float8 operator*(Float8 a, Float8 b) {
        return {_mm256_mul_ps(a.v, b.v)};
    }
    friend Float8 operator/(Float8 a, Float8 b) {
        return {_mm256_div_ps(a.v, b.v)};
    }
    static Float8 fma(Float8 a, Float8 b, Float8 c) {
        return {_mm256_fmadd_ps(a.v, b.v, c.v)};
    }
    static Float8 min(Float8 a, Float8 b) {
        return {_mm256_min_ps(a.v, b.v)};
    }
    static Float8 max(Float8 a, Float8 b) {
        return {_mm256_max_ps(a.v, b.v)};
    }
    /// Half to even.
    static Float8 round(Float8 a) {
        return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
    }
    /// |a| with the sign of `sign`.
    static Float8 copy_sign(Float8 a, Float8 sign) {
        const __m256 bit = _mm256_set1_ps(-0.0F);
        return {_mm256_or_ps(_mm256_andnot_ps(bit, a.v), _mm256_and_ps(bit, sign.v))};
    }
    /// 2^a for integral a in [-126, 127].
    static Float8 exponent(Float8 a) {
        const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(a.v), _mm256_set1_epi32(127));
        return {_mm256_castsi256_ps(_mm256_slli_epi32(biased, 23))};
    }
    /// The lanes, integral and in [0, 255], as bytes.
    void store_bytes(std::uint8_t* to) const {
        const __m256i wide = _mm256_cvtps_epi32(v);
        const __m128i words =
            _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
    }
    /// (float)(a[i] - shift · b[i]), exact integers first.
    static Float8 from_int(const std::int32_t* a, std::int32_t shift, const std::int32_t* b) {
        const auto read = [](const std::int32_t* from) {
            return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
        };
        const __m256i product = _mm256_mullo_epi32(_mm256_set1_epi32(shift), read(b));
        return {_mm256_cvtepi32_ps(_mm256_sub_epi32(read(a), product))};
    }
#else
    float v[kLanes];

    template <typename Lane>
    static Float8 each(const Lane& lane) {
        Float8 out;
        for (std::size_t i = 0; i < kLanes; ++i) out.v[i] = lane(i);
        return out;
    }
    static Float8 load(const float* from) {
        return each([&](std::size_t i) { return from[i]; });
    }
    static Float8 all(float value) {
        return each([&](std::size_t) { return value; });
    }
    void store(float* to) const {
        std::memcpy(to, v, sizeof v);
    }

    friend Float8 operator+(Float8 a, Float8 b) {
        return each([&](std::size_t i) { return a.v[i] + b.v[i]; });
    }
    friend Float8 operator-(Float8 a, Float8 b) {
        return each([&](std::size_t i) { return a.v[i] - b.v[i]; });
    }
    friend Float8 operator*(Float8 a, Float8 b) {
        return each([&](std::size_t i) { return a.v[i] * b.v[i]; });
    }
    friend Float8 operator/(Float8 a, Float8 b) {
        return each([&](std::size_t i) { return a.v[i] / b.v[i]; });
    }
    static Float8 fma(Float8 a, Float8 b, Float8 c) {
        return each([&](std::size_t i) { return std::fma(a.v[i], b.v[i], c.v[i]); });
    }
    static Float8 min(Float8 a, Float8 b) {
        return each([&](std::size_t i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
    }
    static Float8 max(Float8 a, Float8 b) {
        return each([&](std::size_t i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
    }
    static Float8 round(Float8 a) {
        return each([&](std::size_t i) { return std::nearbyint(a.v[i]); });
    }
    static Float8 copy_sign(Float8 a, Float8 sign) {
        return each([&](std::size_t i) { return std::copysign(a.v[i], sign.v[i]); });
    }
    static Float8 exponent(Float8 a) {
        return each([&](std::size_t i) { return std::ldexp(1.0F, static_cast<int>(a.v[i])); });
    }
    void store_bytes(std::uint8_t* to) const {
        for (std::size_t i = 0; i < kLanes; ++i) to[i] = static_cast<std::uint8_t>(v[i]);
    }
    static Float8 from_int(const std::int32_t* a, std::int32_t shift, const std::int32_t* b) {
        return each([&](std::size_t i) { return static_cast<float>(a[i] - shift * b[i]); });
    }
#endif

    /// Sum, largest and smallest of the lanes, always in the same order.
    float sum() const {
        float lane[kLanes];
        store(lane);
        return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
               ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    }
    float largest() const {
        float lane[kLanes];
        store(lane);
        float out = lane[0];
        for (const float value : lane) out = value > out ? value : out;
        return out;
    }
    float smallest() const {
        return -(all(0) - *this).largest();
    }
};

}  // namespace soma::backends
