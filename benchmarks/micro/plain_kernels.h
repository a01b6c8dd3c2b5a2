#pragma once
// What a straightforward C++ loop takes for the same questions: the yardstick "within 1.3 of a
// plain kernel". Textbook methods, no checks of input, no error values, nothing shared with
// src/math but the containers.
#include <cmath>
#include <cstdint>
#include <vector>

namespace plain {

/// Compressed rows of a symmetric weighted graph.
struct Rows {
    std::vector<std::uint32_t> starts;
    std::vector<std::uint32_t> neighbours;
    std::vector<double> weights;
    std::vector<double> degrees;
};

inline double dot(const std::vector<double>& x, const std::vector<double>& y) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sum += x[i] * y[i];
    }
    return sum;
}

/// y = A x, the neighbours' sum.
inline void walk(const Rows& g, const std::vector<double>& x, std::vector<double>& y) {
    for (std::size_t v = 0; v + 1 < g.starts.size(); ++v) {
        double sum = 0;
        for (std::uint32_t i = g.starts[v]; i < g.starts[v + 1]; ++i) {
            sum += g.weights[i] * x[g.neighbours[i]];
        }
        y[v] = sum;
    }
}

/// Power iteration to ‖change‖₁ ≤ 1e-10, restart 0.15 at `seed`.
inline double pagerank(const Rows& g, std::uint32_t seed) {
    const std::size_t n = g.degrees.size();
    std::vector<double> rank(n, 0.0);
    std::vector<double> share(n);
    std::vector<double> next(n);
    rank[seed] = 1;
    for (double change = 1; change > 1e-10;) {
        for (std::size_t v = 0; v < n; ++v) {
            share[v] = g.degrees[v] > 0 ? rank[v] / g.degrees[v] : 0;
        }
        walk(g, share, next);
        change = 0;
        for (std::size_t v = 0; v < n; ++v) {
            next[v] = 0.85 * next[v] + (v == seed ? 0.15 : 0);
            change += std::fabs(next[v] - rank[v]);
        }
        rank.swap(next);
    }
    return rank[seed];
}

/// Conjugate gradients with the diagonal as preconditioner, to ‖r‖ ≤ 1e-10: x_s − x_t.
inline double resistance(const Rows& g, std::uint32_t s, std::uint32_t t) {
    const std::size_t n = g.degrees.size();
    std::vector<double> x(n, 0.0);
    std::vector<double> r(n, 0.0);
    std::vector<double> z(n);
    std::vector<double> image(n);
    r[s] = 1;
    r[t] = -1;
    for (std::size_t v = 0; v < n; ++v) {
        z[v] = g.degrees[v] > 0 ? r[v] / g.degrees[v] : 0;
    }
    std::vector<double> p = z;
    double square = dot(r, z);
    while (dot(r, r) > 1e-20) {
        walk(g, p, image);
        for (std::size_t v = 0; v < n; ++v) {
            image[v] = g.degrees[v] * p[v] - image[v];
        }
        const double step = square / dot(p, image);
        for (std::size_t v = 0; v < n; ++v) {
            x[v] += step * p[v];
            r[v] -= step * image[v];
            z[v] = g.degrees[v] > 0 ? r[v] / g.degrees[v] : 0;
        }
        const double next = dot(r, z);
        for (std::size_t v = 0; v < n; ++v) {
            p[v] = z[v] + next / square * p[v];
        }
        square = next;
    }
    return x[s] - x[t];
}

/// exp(−βL) x by Taylor's series on β/s steps that keep β·2·max degree/s at most 1, to 1e-16.
inline double heat(const Rows& g, double beta, const std::vector<double>& x) {
    double largest = 0;
    for (const double d : g.degrees) {
        largest = std::fmax(largest, d);
    }
    const auto steps = static_cast<std::size_t>(std::ceil(beta * 2 * largest));
    const double h = beta / static_cast<double>(steps);
    std::vector<double> sum = x;
    std::vector<double> image(x.size());
    for (std::size_t s = 0; s < steps; ++s) {
        std::vector<double> term = sum;
        for (int k = 1; k <= 18; ++k) {
            walk(g, term, image);
            for (std::size_t v = 0; v < x.size(); ++v) {
                term[v] = -h / k * (g.degrees[v] * term[v] - image[v]);
                sum[v] += term[v];
            }
        }
    }
    return sum[0];
}

/// `iterations` of u ← μ/(Kv), v ← ν/(Kᵀu), K row-major n × n.
inline double sinkhorn(const std::vector<double>& k, const std::vector<double>& mu,
                       const std::vector<double>& nu, int iterations) {
    const std::size_t n = mu.size();
    std::vector<double> u(n, 1.0);
    std::vector<double> v(n, 1.0);
    std::vector<double> columns(n);
    for (int it = 0; it < iterations; ++it) {
        columns.assign(n, 0.0);
        for (std::size_t i = 0; i < n; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < n; ++j) {
                sum += k[i * n + j] * v[j];
            }
            u[i] = mu[i] / sum;
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                columns[j] += k[i * n + j] * u[i];
            }
        }
        for (std::size_t j = 0; j < n; ++j) {
            v[j] = nu[j] / columns[j];
        }
    }
    return v[0];
}

/// The product of two half spectra, real and imaginary parts apart.
inline double bind(const std::vector<double>& x, const std::vector<double>& y,
                   std::vector<double>& z) {
    const std::size_t n = x.size() / 2;
    for (std::size_t k = 0; k < n; ++k) {
        z[k] = x[k] * y[k] - x[n + k] * y[n + k];
        z[n + k] = x[k] * y[n + k] + x[n + k] * y[k];
    }
    return z[1];
}

}  // namespace plain
