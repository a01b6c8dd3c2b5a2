#include "math/bridge/sinkhorn.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "math/bridge/scaling_pass.h"
#include "math/numerics/aligned.h"
#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Array = Eigen::ArrayXd;

Result<> check_marginal(std::span<const double> marginal, const char* name) {
    if (marginal.empty()) {
        return MathError{MathFault::empty, "a marginal has at least one atom", name};
    }
    if (auto finite = require_finite(marginal, name); !finite) {
        return finite;
    }
    for (std::size_t i = 0; i < marginal.size(); ++i) {
        if (marginal[i] < 0) {
            return MathError{MathFault::out_of_range, "a mass is not negative", at_index(name, i)};
        }
    }
    if (std::fabs(sum_compensated(marginal) - 1) > 1e-9) {
        return MathError{MathFault::out_of_range, "the masses sum to 1", name};
    }
    return {};
}

Result<> check(std::span<const double> log_kernel, std::span<const double> mu,
               std::span<const double> nu) {
    if (auto good = check_marginal(mu, "mu"); !good) {
        return good;
    }
    if (auto good = check_marginal(nu, "nu"); !good) {
        return good;
    }
    if (mu.size() > 4096 || nu.size() > 4096 || log_kernel.size() != mu.size() * nu.size()) {
        return MathError{MathFault::wrong_shape, "the kernel is n × m, both at most 4096",
                         "log_kernel"};
    }
    const auto bad = std::find_if(log_kernel.begin(), log_kernel.end(),
                                  [](double x) { return !(x < -kNothing); });
    if (bad != log_kernel.end()) {
        return MathError{
            MathFault::not_finite, "a logarithm is NaN or +infinite",
            at_index("log_kernel", static_cast<std::size_t>(bad - log_kernel.begin()))};
    }
    return {};
}

/// The state of one run: ln K, the marginals, and the scalings as potentials f = ln u, g = ln v.
class Run {
  public:
    Run(std::span<const double> log_kernel, std::span<const double> mu, std::span<const double> nu)
        : log_kernel_(log_kernel.data(), static_cast<Eigen::Index>(mu.size()),
                      static_cast<Eigen::Index>(nu.size())),
          mu_(Eigen::Map<const Array>(mu.data(), log_kernel_.rows())),
          nu_(Eigen::Map<const Array>(nu.data(), log_kernel_.cols())),
          f_(Array::Zero(log_kernel_.rows())),
          g_(Array::Zero(log_kernel_.cols())),
          cells_(log_kernel.size()),
          kernel_(cells_.data(), log_kernel_.rows(), log_kernel_.cols()) {}

    /// Every atom with mass needs a partner with mass.
    Result<> check_partners() const {
        for (Eigen::Index i = 0; i < mu_.size(); ++i) {
            bool found = mu_(i) == 0;
            for (Eigen::Index j = 0; j < nu_.size() && !found; ++j) {
                found = nu_(j) > 0 && log_kernel_(i, j) > kNothing;
            }
            if (!found) {
                return MathError{MathFault::disconnected, "an atom has nowhere to send its mass",
                                 at_index("mu", static_cast<std::size_t>(i))};
            }
        }
        for (Eigen::Index j = 0; j < nu_.size(); ++j) {
            bool found = nu_(j) == 0;
            for (Eigen::Index i = 0; i < mu_.size() && !found; ++i) {
                found = mu_(i) > 0 && log_kernel_(i, j) > kNothing;
            }
            if (!found) {
                return MathError{MathFault::disconnected,
                                 "an atom has nowhere to get its mass from",
                                 at_index("nu", static_cast<std::size_t>(j))};
            }
        }
        return {};
    }

    /// One exact update of f then g on logarithms.
    void log_iteration() {
        fresh_ = false;
        for (Eigen::Index i = 0; i < f_.size(); ++i) {
            f_(i) = mu_(i) > 0
                        ? std::log(mu_(i)) - log_sum(log_kernel_.row(i).transpose().array() + g_)
                        : kNothing;
        }
        for (Eigen::Index j = 0; j < g_.size(); ++j) {
            g_(j) =
                nu_(j) > 0 ? std::log(nu_(j)) - log_sum(log_kernel_.col(j).array() + f_) : kNothing;
        }
    }

    /// Up to `count` plain iterations on K' = diag(e^f) K diag(e^g), whose scalings start at 1 and
    /// are folded back into f and g at the end. Returns how many ran; 0 when K' has an empty row or
    /// column.
    std::size_t scaled_iterations(std::size_t count, double tolerance) {
        if (!fresh_) {
            make_kernel();
        }
        Array u = Array::Ones(f_.size());
        Array v = Array::Ones(g_.size());
        Array next_u(f_.size());
        Array columns(g_.size());
        std::size_t done = 0;
        while (done < count) {
            const ScalingPass pass =
                scaling_pass(span(kernel_), span(mu_), span(u), span(v), {next_u.data(), mu_size()},
                             {columns.data(), static_cast<std::size_t>(columns.size())});
            // Columns are exact after their own update: the rows tell the error.
            if (!pass.usable || (done > 0 && pass.error <= tolerance / 4) ||
                !usable(columns, nu_)) {
                break;
            }
            u.swap(next_u);
            v = (nu_ > 0).select(nu_ / columns, 0.0);
            ++done;
            if (std::max(u.maxCoeff(), v.maxCoeff()) > 1e100) {
                break;
            }
        }
        f_ += u.log();
        g_ += v.log();
        kernel_ = u.matrix().asDiagonal() * kernel_ * v.matrix().asDiagonal();
        fresh_ = true;
        return done;
    }

    /// kernel_ ← diag(e^f) K diag(e^g).
    void make_kernel() {
        Array exponent(g_.size());
        Array power(g_.size());
        for (Eigen::Index i = 0; i < kernel_.rows(); ++i) {
            if (f_(i) == kNothing) {
                kernel_.row(i).setZero();
                continue;
            }
            exponent = (log_kernel_.row(i).transpose().array() + g_) + f_(i);
            // Two statements: inside a select, Eigen would call exp number by number. −∞ and the
            // far tail come out of the vectorised exp as 0 only up to its smallest number.
            power = exponent.max(-745.0).min(700.0).exp();
            kernel_.row(i) = (exponent > -745.0).select(power, 0.0).matrix().transpose();
        }
        fresh_ = true;
    }

    Coupling coupling(std::size_t iterations) {
        if (!fresh_) {
            make_kernel();
        }
        const auto& p = kernel_;  // as the scaled iterations left it, or made here
        Coupling result;
        result.plan.assign(p.data(), p.data() + p.size());
        result.log_u.assign(f_.data(), f_.data() + f_.size());
        result.log_v.assign(g_.data(), g_.data() + g_.size());
        result.iterations = iterations;
        result.row_error = (p.rowwise().sum().array() - mu_).abs().sum();
        result.column_error = (p.colwise().sum().transpose().array() - nu_).abs().sum();
        return result;
    }

  private:
    template <typename Expression>
    static double log_sum(const Expression& terms) {
        const double top = terms.maxCoeff();
        if (top == kNothing) {
            return kNothing;
        }
        double sum = 0;
        for (Eigen::Index i = 0; i < terms.size(); ++i) {
            sum += std::exp(terms(i) - top);
        }
        return top + std::log(sum);
    }

    template <typename Values>
    static std::span<const double> span(const Values& values) {
        return {values.data(), static_cast<std::size_t>(values.size())};
    }
    std::size_t mu_size() const { return static_cast<std::size_t>(mu_.size()); }

    static bool usable(const Array& sums, const Array& wanted) {
        return ((wanted == 0) || (sums > 1e-250 && sums < 1e250)).all();
    }

    Eigen::Map<const Matrix> log_kernel_;
    Array mu_;
    Array nu_;
    Array f_;
    Array g_;
    AlignedVector<double> cells_;
    Eigen::Map<Matrix> kernel_;  ///< in cells_: diag(e^f) K diag(e^g)
    bool fresh_ = false;         ///< whether kernel_ belongs to the present f and g
};

}  // namespace

Result<Coupling> sinkhorn(std::span<const double> log_kernel, std::span<const double> mu,
                          std::span<const double> nu, const SinkhornOptions& options) {
    if (auto good = check(log_kernel, mu, nu); !good) {
        return good.error();
    }
    if (!(options.tolerance > 0)) {
        return MathError{MathFault::out_of_range, "the tolerance is above 0", "tolerance"};
    }
    Run run(log_kernel, mu, nu);
    if (auto good = run.check_partners(); !good) {
        return good.error();
    }
    std::size_t iterations = 0;
    while (iterations < options.most_iterations) {
        const std::size_t most = std::min<std::size_t>(500, options.most_iterations - iterations);
        std::size_t done = run.scaled_iterations(most, options.tolerance);
        if (done ==
            0) {  // a sum out of range: a round on logarithms brings every row and column into it
            run.log_iteration();
            done = 1;
        }
        iterations += done;
        auto result = run.coupling(iterations);
        if (result.row_error <= options.tolerance && result.column_error <= options.tolerance) {
            return result;
        }
    }
    return MathError{MathFault::not_converged, "the marginals are not met within the limit",
                     "most_iterations"};
}

}  // namespace soma::math
