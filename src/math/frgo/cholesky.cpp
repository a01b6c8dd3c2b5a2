#include <cholmod.h>

#include <algorithm>

#include "math/frgo/laplacian_method.h"

namespace soma::math {
namespace {

/// Owns CHOLMOD's workspace, the factor and the numbering without the grounded vertices.
class Cholesky final : public LaplacianMethod {
  public:
    explicit Cholesky(const Graph& graph) : graph_(graph) {
        number_vertices(graph);
        cholmod_start(&common_);
        common_.supernodal = CHOLMOD_SIMPLICIAL;
        common_.final_ll = 1;
        common_.nmethods = 1;
        common_.method[0].ordering = CHOLMOD_AMD;
        common_.print = 0;
        common_.error_handler = nullptr;
    }
    Cholesky(const Cholesky&) = delete;
    Cholesky& operator=(const Cholesky&) = delete;
    ~Cholesky() override {
        cholmod_free_factor(&factor_, &common_);
        cholmod_finish(&common_);
    }

    enum class Outcome : std::uint8_t { done, too_dear, broken };

    /// Orders and factors. `most_operations` as in make_cholesky().
    Outcome start(std::span<const double> conductance, double most_operations) {
        if (kept_.empty()) {
            return Outcome::done;  // nothing but grounded vertices: x = 0
        }
        cholmod_sparse* matrix = grounded(Laplacian(graph_, conductance));
        factor_ = cholmod_analyze(matrix, &common_);
        const bool dear = common_.fl > most_operations;
        const bool done = !dear && factor(matrix);
        cholmod_free_sparse(&matrix, &common_);
        return dear ? Outcome::too_dear : done ? Outcome::done : Outcome::broken;
    }

    bool update(std::span<const double> conductance) override {
        if (kept_.empty()) {
            return true;
        }
        cholmod_sparse* matrix = grounded(Laplacian(graph_, conductance));
        const bool done = factor(matrix);
        cholmod_free_sparse(&matrix, &common_);
        return done;
    }

    std::size_t solve(std::span<const double> r, std::span<double> x) override {
        std::fill(x.begin(), x.end(), 0.0);
        if (kept_.empty()) {
            return 0;
        }
        cholmod_dense* right = cholmod_zeros(kept_.size(), 1, CHOLMOD_REAL, &common_);
        auto* values = static_cast<double*>(right->x);
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            values[i] = r[kept_[i]];
        }
        cholmod_dense* left = cholmod_solve(CHOLMOD_A, factor_, right, &common_);
        SOMA_ASSERT(left != nullptr, "CHOLMOD solves with a complete factor");
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            x[kept_[i]] = static_cast<const double*>(left->x)[i];
        }
        cholmod_free_dense(&left, &common_);
        cholmod_free_dense(&right, &common_);
        return 0;
    }

  private:
    bool factor(cholmod_sparse* matrix) {
        return factor_ != nullptr && cholmod_factorize(matrix, factor_, &common_) != 0 &&
               common_.status == CHOLMOD_OK && factor_->minor == factor_->n;
    }

    /// The first vertex of each component is grounded (x = 0): what remains is positive definite.
    void number_vertices(const Graph& graph) {
        std::vector<char> grounded(graph.components(), 0);
        number_.assign(graph.vertices(), -1);
        for (std::uint32_t v = 0; v < graph.vertices(); ++v) {
            char& seen = grounded[graph.component()[v]];
            if (seen != 0) {
                number_[v] = static_cast<int>(kept_.size());
                kept_.push_back(v);
            }
            seen = 1;
        }
    }

    /// The lower triangle of L over the kept vertices, column by column.
    cholmod_sparse* grounded(const Laplacian& laplacian) {
        const Graph& graph = laplacian.graph();
        const std::size_t n = kept_.size();
        const std::size_t most = n + graph.edges().size();
        cholmod_sparse* matrix =
            cholmod_allocate_sparse(n, n, most, 0, 1, -1, CHOLMOD_REAL, &common_);
        SOMA_ASSERT(matrix != nullptr, "memory for a small graph");
        auto* starts = static_cast<int*>(matrix->p);
        auto* rows = static_cast<int*>(matrix->i);
        auto* values = static_cast<double*>(matrix->x);
        int used = 0;
        for (std::size_t column = 0; column < n; ++column) {
            const std::uint32_t v = kept_[column];
            starts[column] = used;
            rows[used] = static_cast<int>(column);
            values[used++] = laplacian.degrees()[v];
            for (std::uint32_t i = graph.starts()[v]; i < graph.starts()[v + 1]; ++i) {
                const int row = number_[graph.neighbours()[i]];
                if (row > static_cast<int>(column)) {
                    rows[used] = row;
                    values[used++] = -laplacian.weights()[i];
                }
            }
        }
        starts[n] = used;
        merge_parallel(starts, rows, values, n);
        return matrix;
    }

    /// Parallel edges stand beside each other in a row; CHOLMOD wants each position once.
    static void merge_parallel(int* starts, int* rows, double* values, std::size_t n) {
        int write = 0;
        for (std::size_t column = 0; column < n; ++column) {
            const int from = starts[column];
            const int to = starts[column + 1];
            starts[column] = write;
            for (int i = from; i < to; ++i) {
                if (write > starts[column] && rows[write - 1] == rows[i]) {
                    values[write - 1] += values[i];
                } else {
                    rows[write] = rows[i];
                    values[write++] = values[i];
                }
            }
        }
        starts[n] = write;
    }

    const Graph& graph_;
    cholmod_common common_{};
    cholmod_factor* factor_ = nullptr;
    std::vector<std::uint32_t> kept_;
    std::vector<int> number_;
};

}  // namespace

Result<std::unique_ptr<LaplacianMethod>> make_cholesky(const Graph& graph,
                                                       std::span<const double> conductance,
                                                       double most_operations) {
    auto method = std::make_unique<Cholesky>(graph);
    switch (method->start(conductance, most_operations)) {
        case Cholesky::Outcome::done:
            return std::unique_ptr<LaplacianMethod>(std::move(method));
        case Cholesky::Outcome::too_dear:
            return std::unique_ptr<LaplacianMethod>();
        case Cholesky::Outcome::broken:
            break;
    }
    return MathError{MathFault::not_converged, "the Cholesky factorisation broke down",
                     "conductance"};
}

}  // namespace soma::math
