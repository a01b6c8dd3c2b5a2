#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace soma::domain {

/// The views of a memory that the score adds up. Each has a value φ in [0, 1]. Those of graph,
/// density and bridge are shares of the greatest, the others do not depend on which memories
/// compete.
enum class View : std::uint8_t {
    dense,
    lexical,
    facet,
    previous,
    next,
    session,
    graph,
    recency,
    density,
    bridge
};

inline constexpr std::size_t view_count = 10;

/// The names requests and answers use, in the order of View.
inline constexpr std::array<std::string_view, view_count> view_names = {
    "dense",   "lexical", "facet",   "previous", "next",
    "session", "graph",   "recency", "density",  "bridge"};

/// nullopt for a name that is not a view's.
std::optional<View> view_of(std::string_view name);

/// One number per view: values φ, or weights a.
struct PerView {
    std::array<double, view_count> numbers{};

    double& operator[](View view) { return numbers[static_cast<std::size_t>(view)]; }
    double operator[](View view) const { return numbers[static_cast<std::size_t>(view)]; }
    friend bool operator==(const PerView&, const PerView&) = default;
};

using ViewValues = PerView;

/// Weights a_v ≥ 0 of the score s = Σ a_v φ_v. The score is linear in them, which keeps learning
/// them convex; that is also why the views built on neighbours use a fixed blend (`blend`), never
/// these.
using ViewWeights = PerView;

/// dense .5, lexical .5, facet .3, previous .2, next .1, session .4, all else 0: measured on the
/// LoCoMo developers' half (docs/math.md gives the ablation).
ViewWeights default_weights();

/// The weights with every view not named set to 0; no names: unchanged. A name that is not a view's
/// throws Error invalid_argument at "/views/<i>".
ViewWeights keep_views(ViewWeights weights, std::span<const std::string> names);

/// To 1e-6: what is ordered by, compared and returned.
double rounded(double value);

/// s = Σ a_v φ_v in the order of View, rounded: the number that is ordered by and returned.
/// The explained view values of a hit recompute to its score exactly through this function.
double score_of(const ViewValues& values, const ViewWeights& weights);

/// b = .5 φ_dense + .5 φ_lexical: what previous, next and session take of a memory.
double blend(double dense, double lexical);

/// φ_dense = clip(cosine / 0.6, 0, 1). The constant belongs to the embedder: all-MiniLM-L6-v2
/// rarely gives related texts more.
double dense_value(double cosine);

}  // namespace soma::domain
