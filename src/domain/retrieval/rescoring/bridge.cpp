#include "domain/retrieval/rescoring/bridge.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "math/bridge/bridge.h"
#include "math/numerics/vector.h"
#include "math/scan/dot.h"
#include "math/weights.h"

namespace soma::domain {
namespace {

constexpr double kTemperature = 0.1;
constexpr double kBeta = 1;
constexpr double kHalfWay = 0.5;
constexpr std::size_t kNeighbours = 5;
/// The way to the better memory that each hangs on.
constexpr double kHold = 0.5;
/// Of ways between what has nothing in common.
constexpr double kLeastConductance = 1e-6;
/// At most 2·10⁷ multiplications for a hundred memories: no request waits for more.
constexpr std::size_t kMostIterations = 2'000;

/// Of memories two by two; 0 for zero vectors.
class Cosines {
  public:
    explicit Cosines(std::span<const math::QuantizedVector> vectors)
        : count_(vectors.size()), cosines_(count_ * count_) {
        std::vector<double> squares;
        for (const auto& vector : vectors) {
            squares.push_back(math::dot_product(vector.values, vector.values));
        }
        for (std::size_t i = 0; i < count_; ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const double product = squares[i] * squares[j];
                const double dot = math::dot_product(vectors[i].values, vectors[j].values);
                cosines_[i * count_ + j] = cosines_[j * count_ + i] =
                    product > 0 ? dot / std::sqrt(product) : 0;
            }
        }
    }
    double operator()(std::size_t i, std::size_t j) const { return cosines_[i * count_ + j]; }

  private:
    std::size_t count_;
    std::vector<double> cosines_;
};

struct Ways {
    std::vector<math::Edge> edges;
    std::vector<double> conductance;

    void add(std::size_t from, std::size_t to, double weight) {
        edges.push_back({static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)});
        conductance.push_back(std::max(weight, kLeastConductance));
    }
};

Ways ways_between(const Cosines& cosine, std::size_t count) {
    Ways ways;
    for (std::size_t i = 1; i < count; ++i) {
        std::size_t best = 0;
        for (std::size_t j = 1; j < i; ++j) {
            best = cosine(i, j) > cosine(i, best) ? j : best;
        }
        ways.add(best, i, kHold);
    }
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::pair<double, std::size_t>> near;
        for (std::size_t j = 0; j < count; ++j) {
            if (j != i) {
                near.emplace_back(cosine(i, j), j);
            }
        }
        const auto last =
            near.begin() + static_cast<std::ptrdiff_t>(std::min(kNeighbours, near.size()));
        std::partial_sort(near.begin(), last, near.end(), std::greater<>());
        for (auto at = near.begin(); at != last; ++at) {
            ways.add(i, at->second, at->first);
        }
    }
    return ways;
}

}  // namespace

std::vector<double> bridge_masses(std::span<const math::QuantizedVector> vectors,
                                  std::span<const double> words, std::span<const double> meaning,
                                  ModuleFigures& figures) {
    const std::size_t count = vectors.size();
    if (count < 2) {
        return std::vector<double>(count, 1.0);
    }
    auto ways = ways_between(Cosines(vectors), count);
    const auto graph = math::Graph::make(count, std::move(ways.edges)).value();
    const auto bridge = math::Bridge::make(
        graph, ways.conductance, kBeta, math::softmax(words, kTemperature).value(),
        math::softmax(meaning, kTemperature).value(), {.most_iterations = kMostIterations});
    const auto mass =
        bridge ? bridge->at(kHalfWay) : math::Result<std::vector<double>>(bridge.error());
    if (!mass) {
        figures.bridge_margin = std::numeric_limits<double>::infinity();
        return std::vector<double>(count, 0.0);
    }
    figures.bridge_margin = std::max({bridge->coupling().row_error, bridge->coupling().column_error,
                                      std::fabs(math::sum_compensated(*mass) - 1)});
    return *mass;
}

}  // namespace soma::domain
