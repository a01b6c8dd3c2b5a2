#include "backends/embedder/minilm/linear.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <dnnl.hpp>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"

namespace soma::backends {
namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

/// Fine steps where a text is short and every row counts, coarse ones above.
constexpr std::array<std::size_t, 16> kRowSteps{8,  16, 24,  32,  40,  48,  56,  64,
                                                80, 96, 112, 128, 160, 192, 224, 256};
static_assert(kRowSteps.back() == kMaxRows);

std::size_t step_index(std::size_t rows) {
    SOMA_ASSERT(rows >= 1 && rows <= kMaxRows, "a text has 1 to 256 tokens");
    const auto* found = std::lower_bound(kRowSteps.begin(), kRowSteps.end(), rows);
    return static_cast<std::size_t>(found - kRowSteps.begin());
}

const dnnl::engine& cpu() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

/// A stream is cheap but not shareable: one per thread.
dnnl::stream& thread_stream() {
    thread_local dnnl::stream stream(cpu());
    return stream;
}

/// Working space of a product, grown to the largest ever asked for on this thread.
void* thread_scratchpad(std::size_t bytes) {
    thread_local std::vector<std::uint64_t> space;
    const std::size_t words = (bytes + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
    if (space.size() < words) space.resize(words);
    return space.data();
}

struct Types {
    Type x;
    Type weights;
    Type out;
};

/// What a thread hands over for products of one shape. Making these objects anew for each product
/// took a tenth of a short text's time.
struct Arguments {
    dnnl::memory source;
    dnnl::memory target;
    dnnl::memory working;
};

using Shape = std::tuple<Type, dnnl::memory::dim, dnnl::memory::dim, dnnl::memory::dim>;

Arguments& thread_arguments(const Types& types, dnnl::memory::dim rows, dnnl::memory::dim inputs,
                            dnnl::memory::dim outputs, const dnnl::memory::desc& scratchpad) {
    thread_local std::map<Shape, Arguments> made;  // bounded by the shapes a model has
    const auto [at, fresh] = made.try_emplace({types.x, rows, inputs, outputs});
    if (fresh) {
        at->second = {dnnl::memory({{rows, inputs}, types.x, Tag::ab}, cpu(), nullptr),
                      dnnl::memory({{rows, outputs}, types.out, Tag::ab}, cpu(), nullptr),
                      dnnl::memory(scratchpad, cpu(), nullptr)};
    }
    return at->second;
}

/// One weight matrix in oneDNN's preferred layout and its product compiled for each step of rows.
/// All is made at construction, so that no request pays for a compilation and no lock is needed.
class Compiled {
  public:
    Compiled(const Types& types, const void* weights, std::size_t outputs, std::size_t inputs,
             std::pmr::memory_resource& memory)
        : types_(types),
          lines_(&memory),
          outputs_(static_cast<dnnl::memory::dim>(outputs)),
          inputs_(static_cast<dnnl::memory::dim>(inputs)) {
        // The layout is chosen for a middle size; every other size is compiled for that one copy.
        const auto any = dnnl::memory::desc({inputs_, outputs_}, types_.weights, Tag::any);
        const auto layout = describe(kRowSteps[kRowSteps.size() / 2], any).weights_desc();
        lines_.resize((layout.get_size() + sizeof(CacheLine) - 1) / sizeof(CacheLine));
        packed_ = dnnl::memory(layout, cpu(), lines_.data());
        // Given as outputs × inputs, read as inputs × outputs: "ba" is the transposition.
        dnnl::memory given({{inputs_, outputs_}, types_.weights, Tag::ba}, cpu(),
                           const_cast<void*>(weights));
        dnnl::stream stream(cpu());
        dnnl::reorder(given, packed_).execute(stream, given, packed_);
        stream.wait();
        for (std::size_t i = 0; i < kRowSteps.size(); ++i) {
            const auto description = describe(kRowSteps[i], layout);
            products_[i] = dnnl::matmul(description);
            scratchpads_[i] = description.scratchpad_desc();
        }
    }

    void multiply(const void* x, std::size_t rows, void* out) const {
        const std::size_t step = step_index(rows);
        const auto padded = static_cast<dnnl::memory::dim>(kRowSteps[step]);
        const auto& scratch = scratchpads_[step];
        Arguments& with = thread_arguments(types_, padded, inputs_, outputs_, scratch);
        with.source.set_data_handle(const_cast<void*>(x));
        with.target.set_data_handle(out);
        with.working.set_data_handle(thread_scratchpad(scratch.get_size()));
        // The C interface: the C++ one builds a hash map of the arguments.
        const std::array<dnnl_exec_arg_t, 4> arguments{{{DNNL_ARG_SRC, with.source.get()},
                                                        {DNNL_ARG_WEIGHTS, packed_.get()},
                                                        {DNNL_ARG_DST, with.target.get()},
                                                        {DNNL_ARG_SCRATCHPAD, with.working.get()}}};
        dnnl::error::wrap_c_api(
            dnnl_primitive_execute(products_[step].get(), thread_stream().get(),
                                   static_cast<int>(arguments.size()), arguments.data()),
            "the product failed");
        thread_stream().wait();
    }

  private:
    dnnl::matmul::primitive_desc describe(std::size_t rows,
                                          const dnnl::memory::desc& weights) const {
        const auto padded = static_cast<dnnl::memory::dim>(rows);
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        const dnnl::matmul::desc product({{padded, inputs_}, types_.x, Tag::ab}, weights,
                                         {{padded, outputs_}, types_.out, Tag::ab});
        return {product, attributes, cpu()};
    }

    struct alignas(64) CacheLine {
        std::array<std::byte, 64> bytes;
    };

    Types types_;
    std::pmr::vector<CacheLine> lines_;  ///< the packed weights
    dnnl::memory::dim outputs_;
    dnnl::memory::dim inputs_;
    dnnl::memory packed_;
    std::array<dnnl::matmul, kRowSteps.size()> products_;
    std::array<dnnl::memory::desc, kRowSteps.size()> scratchpads_;
};

/// Symmetric, one scale a row: scale = max|w| / 127, half to even.
struct QuantizedRows {
    std::vector<std::int8_t> values;
    std::vector<float> scales;
    std::vector<std::int32_t> sums;

    QuantizedRows(std::span<const float> weights, std::size_t outputs, std::size_t inputs)
        : values(weights.size()), scales(outputs), sums(outputs) {
        for (std::size_t n = 0; n < outputs; ++n) {
            const auto row = weights.subspan(n * inputs, inputs);
            float largest = 0;
            for (const float w : row) largest = std::max(largest, std::abs(w));
            scales[n] = largest / 127.0F;
            const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
            for (std::size_t k = 0; k < inputs; ++k) {
                const auto q = static_cast<std::int32_t>(std::nearbyint(row[k] * inverse));
                values[n * inputs + k] = static_cast<std::int8_t>(q);
                sums[n] += q;
            }
        }
    }
};

}  // namespace

std::size_t padded_rows(std::size_t rows) {
    return kRowSteps[step_index(rows)];
}

struct FloatProduct::Packed {
    Compiled compiled;
};

FloatProduct::FloatProduct(std::span<const float> weights, std::size_t outputs, std::size_t inputs,
                           std::pmr::memory_resource& memory)
    : packed_(new Packed{
          Compiled({Type::f32, Type::f32, Type::f32}, weights.data(), outputs, inputs, memory)}) {}
FloatProduct::~FloatProduct() = default;
FloatProduct::FloatProduct(FloatProduct&&) noexcept = default;

void FloatProduct::multiply(const float* x, std::size_t rows, float* out) const {
    packed_->compiled.multiply(x, rows, out);
}

struct IntProduct::Packed {
    Compiled compiled;
    std::vector<float> scales;
    std::vector<std::int32_t> sums;
};

IntProduct::IntProduct(std::span<const float> weights, std::size_t outputs, std::size_t inputs,
                       std::pmr::memory_resource& memory) {
    QuantizedRows rows(weights, outputs, inputs);
    packed_.reset(new Packed{
        Compiled({Type::u8, Type::s8, Type::s32}, rows.values.data(), outputs, inputs, memory),
        std::move(rows.scales), std::move(rows.sums)});
}
IntProduct::~IntProduct() = default;
IntProduct::IntProduct(IntProduct&&) noexcept = default;

void IntProduct::multiply(const std::uint8_t* x, std::size_t rows, std::int32_t* out) const {
    packed_->compiled.multiply(x, rows, out);
}

std::span<const float> IntProduct::scales() const {
    return packed_->scales;
}
std::span<const std::int32_t> IntProduct::column_sums() const {
    return packed_->sums;
}

void use_one_thread() {
    omp_set_num_threads(1);
}

const char* product_instruction_set() {
    switch (dnnl::get_effective_cpu_isa()) {
        case dnnl::cpu_isa::sse41:
            return "sse4.1";
        case dnnl::cpu_isa::avx2:
            return "avx2";
        case dnnl::cpu_isa::avx512_core:
            return "avx512_core";
        case dnnl::cpu_isa::avx512_core_vnni:
            return "avx512_core_vnni";
        case dnnl::cpu_isa::avx512_core_bf16:
            return "avx512_core_bf16";
        default:
            return "other";
    }
}

}  // namespace soma::backends
