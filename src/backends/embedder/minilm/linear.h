#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>

namespace soma::backends {

/// The most rows (tokens of one text, [CLS] and [SEP] included) a product takes.
inline constexpr std::size_t kMaxRows = 256;

/// The number of rows a product over `rows` rows really computes: products are compiled once per
/// such size. Buffers must hold this many rows; the surplus ones are computed and ignored.
std::size_t padded_rows(std::size_t rows);

/// The largest unsigned activation the int8 product may be given. 127 and not 255, because CPUs
/// without VNNI add pairs of products in 16 bits, which 255·127·2 overflows and 127·127·2 does not:
/// with it the integer products are the same on every CPU.
inline constexpr std::int32_t kLargestActivation = 127;

/// out[row][n] = Σ_k x[row][k] · weights[n][k] by oneDNN, in float32, on the calling thread.
/// Weights are packed once. Immutable after construction; `multiply` is safe from any thread that
/// has called `use_one_thread`.
class FloatProduct {
  public:
    /// `weights` holds `outputs` rows of `inputs` and may be dropped afterwards. `memory` keeps the
    /// packed ones and outlives the product.
    FloatProduct(std::span<const float> weights, std::size_t outputs, std::size_t inputs,
                 std::pmr::memory_resource& memory = *std::pmr::get_default_resource());
    ~FloatProduct();
    FloatProduct(FloatProduct&&) noexcept;
    void multiply(const float* x, std::size_t rows, float* out) const;

  private:
    struct Packed;
    std::unique_ptr<Packed> packed_;
};

/// The same with weights as int8, one scale per output: w[n][k] ≈ scales()[n] · q[n][k], and
/// unsigned activations at most kLargestActivation. Sums are exact integers, the same whatever the
/// CPU.
class IntProduct {
  public:
    IntProduct(std::span<const float> weights, std::size_t outputs, std::size_t inputs,
               std::pmr::memory_resource& memory = *std::pmr::get_default_resource());
    ~IntProduct();
    IntProduct(IntProduct&&) noexcept;
    void multiply(const std::uint8_t* x, std::size_t rows, std::int32_t* out) const;

    std::span<const float> scales() const;
    /// Σ_k q[n][k]: what a row's zero point is multiplied with.
    std::span<const std::int32_t> column_sums() const;

  private:
    struct Packed;
    std::unique_ptr<Packed> packed_;
};

/// oneDNN runs on OpenMP: this keeps every product of the calling thread on that thread.
void use_one_thread();

/// The instruction set oneDNN chose, for logs: "avx512_core_vnni", "avx2", …
const char* product_instruction_set();

}  // namespace soma::backends
