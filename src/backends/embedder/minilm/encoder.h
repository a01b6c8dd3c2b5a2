#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/embedder/minilm/word_piece.h"

namespace soma::backends {

/// How the matrix products are computed. `int8` is what serves; `float32` is the reference it is
/// checked against and is some five times slower.
enum class Precision : std::uint8_t { int8, float32 };

/// all-MiniLM-L6-v2: BERT with 6 layers of 384, 12 heads, a feed-forward width of 1,536, erf-GELU;
/// the sentence vector is the mean over all tokens at unit length.
///
/// Immutable after loading: one map of the weights and one packed copy serve all threads. A text's
/// vector depends on nothing but the text: every text is computed by itself, row by row, and in
/// int8 with exact integer products and our own arithmetic between them, so it is the same bits on
/// every CPU the binary runs on.
class MiniLm {
  public:
    static constexpr std::size_t kDimension = 384;
    /// Stored beside every vector: int8 and float vectors are close, but not comparable bit by bit.
    static constexpr std::string_view kInt8Name = "all-MiniLM-L6-v2-int8";
    static constexpr std::string_view kFloatName = "all-MiniLM-L6-v2-f32";
    static constexpr std::size_t kMaxTokens = 256;  ///< [CLS] and [SEP] included

    /// Space one text is computed in; some 6 MB, of which only what a text needs is ever touched.
    struct Workspace;
    struct DeleteWorkspace {
        void operator()(Workspace* workspace) const;
    };
    using WorkspacePointer = std::unique_ptr<Workspace, DeleteWorkspace>;

    /// Reads model.safetensors and vocab.txt in `directory`. Throws Error (unavailable) with one
    /// line of reason when a file is missing, is not the published one (SHA-256) or cannot be used.
    static std::unique_ptr<MiniLm> load(const std::filesystem::path& directory,
                                        Precision precision);
    ~MiniLm();

    const WordPiece& tokenizer() const;
    /// The name that travels with every vector; one per precision, for generations never mix.
    std::string_view name() const;

    WorkspacePointer make_workspace() const;
    /// The unit vector of 1 to 256 token ids of the vocabulary. Safe from any thread that has the
    /// workspace to itself; what oneDNN keeps a thread stays with each that computed.
    std::vector<float> forward(std::span<const WordPiece::Id> ids, Workspace& workspace) const;

  private:
    struct Impl;
    explicit MiniLm(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace soma::backends
