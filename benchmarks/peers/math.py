"""./dev bench math [--rounds N] [NAME...]: our mathematics against numpy, scipy, networkx and POT.

No stack is needed. Ours and the peer alternate in one run (A B A B); every figure is CPU time of one
thread. Printed: median milliseconds of both, and the median of the rounds' ratios peer/ours with their
least and greatest. A ratio above 1 means ours is ahead. The last line is the same as JSON.
"""
import sys

sys.path.pop(0)  # this folder: a file called math.py would stand before Python's own module
import argparse
import json
import os
import statistics
import subprocess
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is loaded

import networkx as nx  # noqa: E402
import numpy as np  # noqa: E402
import ot  # noqa: E402
import scipy.sparse as sp  # noqa: E402
import scipy.sparse.linalg as spl  # noqa: E402

PROGRAM = os.environ.get("SOMA_MATH_BENCH", "build/release/benchmarks/bench_math")
ROUND_SECONDS = 0.15


def hrr_peers(rng):
    d = 8192
    a, b = rng.normal(size=(2, d)) / np.sqrt(d)
    items = (rng.normal(size=(1000, d)) / np.sqrt(d)).astype(np.float32)
    query, queries = items[3] + items[4], items[:64] + items[64:128]
    fa, fb = np.fft.rfft(a), np.fft.rfft(b)
    yield "bind", "numpy convolution", lambda: np.fft.irfft(np.fft.rfft(a) * np.fft.rfft(b), d)
    yield "bind", "numpy spectra", lambda: fa * fb
    yield "unbind", "numpy correlation", lambda: np.fft.irfft(np.conj(np.fft.rfft(a)) * np.fft.rfft(b), d)
    yield "wiener", "numpy spectra", lambda: np.conj(fa) * fb / (abs(fa)**2 + np.mean(abs(fa)**2) / 10)
    yield "cleanup", "numpy f32, 1,000 items", lambda: (items @ query).argmax()
    yield "cleanup_64", "numpy f32, 64 queries", lambda: (items @ queries.T).argmax(axis=0)


def density_peers(rng):
    d, rank = 384, 32
    fillers = rng.normal(size=(64, d))
    unit = fillers / np.linalg.norm(fillers, axis=1, keepdims=True)
    state = {"sketch": np.zeros((rank, d)), "rho": np.eye(d) / d}

    def directions():
        stack = np.vstack([np.sqrt(0.9) * state["sketch"], np.sqrt(0.1 / 64) * unit])
        _, s, v = np.linalg.svd(stack, full_matrices=False)
        state["sketch"] = np.sqrt(np.maximum(s[:rank]**2 - s[rank]**2, 0))[:, None] * v[:rank]

    def dense():
        state["rho"] = 0.9 * state["rho"] + 0.1 / 64 * unit.T @ unit

    yield "density_update", "numpy frequent directions", directions
    yield "density_update", "numpy dense 384 x 384", dense
    yield "density_score", "numpy dense 384 x 384", lambda: fillers @ (state["rho"] @ fillers[0])


def sinkhorn_peers(rng):
    for n in (128, 512):
        mu, nu, cost = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n)), rng.uniform(size=(n, n))
        yield (f"sinkhorn_{n}", "POT", lambda mu=mu, nu=nu, cost=cost:
               ot.sinkhorn(mu, nu, cost, 0.05, stopThr=1e-9, numItermax=10000))


def graph_of(kind, vertices, rng):
    if kind == "grid":
        side = int(np.sqrt(vertices))
        return nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side))
    return nx.barabasi_albert_graph(vertices, 10, seed=int(rng.integers(1000)))


def graph_peers(rng, kind, label, vertices):
    graph = graph_of(kind, vertices, rng)
    n = graph.number_of_nodes()
    adjacency = nx.to_scipy_sparse_array(graph, dtype=float, format="csr")
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    laplacian = sp.csr_matrix(sp.diags(degree) - adjacency)
    grounded, b = sp.csc_matrix(laplacian[1:, 1:]), np.zeros(n)
    b[0], b[-1] = 1, -1
    walk = sp.csr_matrix(sp.diags(1 / degree) @ adjacency).T.tocsr()
    seeds, x = np.zeros(n), rng.normal(size=n)
    seeds[0] = 1

    def power(tolerance):
        rank = seeds
        while True:
            following = 0.85 * (walk @ rank) + 0.15 * seeds
            if np.abs(following - rank).sum() <= tolerance:
                return following
            rank = following

    def resistance():
        jacobi = spl.LinearOperator((n - 1, n - 1), lambda r: r / degree[1:])
        return spl.cg(grounded, b[1:], rtol=1e-10, M=jacobi)[0]

    name = f"{kind}_{label}"
    if vertices <= 10_000:
        yield f"pagerank_6_{name}", "networkx", lambda: nx.pagerank(
            graph, alpha=0.85, personalization={0: 1}, tol=1e-6 / n)
    if vertices <= 10_000 and kind == "grid":
        yield f"resistance_{name}", "scipy spsolve", lambda: spl.spsolve(grounded, b[1:])
    yield f"pagerank_{name}", "scipy power iteration", lambda: power(1e-10)
    yield f"resistance_{name}", "scipy cg + Jacobi", resistance
    yield f"frgo_{name}", "scipy cg + Jacobi", resistance
    yield f"heat_{name}", "scipy expm_multiply", lambda: spl.expm_multiply(-0.1 * laplacian, x)


def all_peers():
    rng = np.random.default_rng(7)
    yield from hrr_peers(rng)
    yield from density_peers(rng)
    yield from sinkhorn_peers(rng)
    for label, vertices in (("1k", 1_000), ("10k", 10_000), ("100k", 100_000)):
        for kind in ("grid", "free"):
            yield from graph_peers(rng, kind, label, vertices)


def seconds_of(run, count):
    start = time.thread_time()
    for _ in range(count):
        run()
    return (time.thread_time() - start) / count


class Ours:
    def __init__(self):
        self.tool = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds_of(self, name, count):
        self.tool.stdin.write(f"{name} {count}\n")
        self.tool.stdin.flush()
        return float(self.tool.stdout.readline().split()[0])


def compare(ours, name, run, rounds):
    def counts(seconds):
        return max(1, int(ROUND_SECONDS / max(seconds, 1e-7)))
    ours_count = counts(ours.seconds_of(name, 1))  # the first run also warms both up
    run()
    peer_count = counts(seconds_of(run, 1))
    pairs = [(ours.seconds_of(name, ours_count), seconds_of(run, peer_count)) for _ in range(rounds)]
    ratios = [peer / own for own, peer in pairs]
    return {"ours_ms": 1e3 * statistics.median(p[0] for p in pairs),
            "peer_ms": 1e3 * statistics.median(p[1] for p in pairs),
            "ratio": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("names", nargs="*", help="only kernels whose name contains one of these")
    arguments = parser.parse_args()
    ours, rows = Ours(), []
    print(f"{'kernel':22} {'peer':26} {'ours ms':>10} {'peer ms':>10}  peer/ours (least .. greatest)")
    for name, peer, run in all_peers():
        if arguments.names and not any(part in name for part in arguments.names):
            continue
        row = {"kernel": name, "peer": peer, **compare(ours, name, run, arguments.rounds)}
        rows.append(row)
        print(f"{name:22} {peer:26} {row['ours_ms']:10.4f} {row['peer_ms']:10.4f}  "
              f"{row['ratio']:8.2f} ({row['least']:.2f} .. {row['greatest']:.2f})", flush=True)
    print(json.dumps({"rounds": arguments.rounds, "unit": "ms of CPU, one thread", "rows": rows}))
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())
