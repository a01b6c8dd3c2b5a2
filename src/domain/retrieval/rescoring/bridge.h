#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "domain/retrieval/rescoring/figures.h"
#include "math/quantize.h"

namespace soma::domain {

/// Memories that the bridge is built among.
inline constexpr std::size_t kBridgeHits = 100;

/// Mass half-way (t = ½, β = 1) on the likely ways from the memories that share the query's words,
/// μ0 = softmax(words/0.1), to those that share its meaning, μ1 = softmax(meaning/0.1). Ways lead
/// from each memory to the five nearest in meaning, by their cosine, and to the better one that it
/// is nearest to, by ½, so that none is cut off. Vectors, of one dimension, with the memories' φ of
/// words and meaning, best memory first, at most kBridgeHits. Of each its mass: sum 1, or all 0
/// where the coupling was not found. Fills `figures`.
///
/// Cosines are made of integers, so for stored vectors every CPU takes the same ways.
std::vector<double> bridge_masses(std::span<const math::QuantizedVector> vectors,
                                  std::span<const double> words, std::span<const double> meaning,
                                  ModuleFigures& figures);

}  // namespace soma::domain
