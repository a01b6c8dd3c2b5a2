"""./dev bench math [--rounds N] [NAME...]: our mathematics against numpy, scipy, networkx, POT, faiss and
bm25s, and against plain C++ loops.

No stack is needed. Ours and the peer alternate in one run (A B A B) on the same data; every figure is CPU
time of one thread of each. Printed: median milliseconds of both, and the median of the rounds' ratios
peer/ours with their least and greatest. A ratio above 1 means ours is ahead. Rows whose peer is "plain
C++" compare with a textbook loop: the goal is 0.77 or more (ours within 1.3 times its time). The last line
is the same as JSON. Texts and vectors are collected once, into the folder SOMABRAIN_CACHE.
"""
import sys

sys.path.pop(0)  # this folder: a file called math.py would stand before Python's own module
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is loaded

import bm25s  # noqa: E402
import faiss  # noqa: E402
import networkx as nx  # noqa: E402
import numpy as np  # noqa: E402
import ot  # noqa: E402
import scipy.sparse as sp  # noqa: E402
import scipy.sparse.linalg as spl  # noqa: E402

faiss.omp_set_num_threads(1)

PROGRAM = os.environ.get("SOMA_MATH_BENCH", "build/release/benchmarks/bench_math")
ROUND_SECONDS = 0.15
# Milliseconds of CPU of plain C++ kernels where the goals were set: 10,000 vertices and 100,000 edges,
# and 50 iterations of Sinkhorn on 128². The goal is 1.3 times as long.
GOALS = {"pagerank_random_10k": 2.9, "heat_random_10k": 3.7, "resistance_random_10k": 2.1,
         "sinkhorn_50": 0.17}


def hrr_peers(rng):
    d = 8192
    a, b = rng.normal(size=(2, d)) / np.sqrt(d)
    items = (rng.normal(size=(1000, d)) / np.sqrt(d)).astype(np.float32)
    query, queries = items[3] + items[4], items[:64] + items[64:128]
    fa, fb = np.fft.rfft(a), np.fft.rfft(b)
    yield "bind", "numpy convolution", lambda: np.fft.irfft(np.fft.rfft(a) * np.fft.rfft(b), d)
    yield "bind", "numpy spectra", lambda: fa * fb
    yield "bind", "plain C++", None
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
    yield "sinkhorn_50", "plain C++", None


def graph_of(kind, vertices, rng):
    seed = int(rng.integers(1000))
    if kind == "grid":
        side = int(np.sqrt(vertices))
        return nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side))
    if kind == "free":
        return nx.barabasi_albert_graph(vertices, 10, seed=seed)
    return nx.gnm_random_graph(vertices, 10 * vertices, seed=seed)  # no vertex stands out


def graph_peers(ours, rng, kind, label, vertices):
    graph = graph_of(kind, vertices, rng)
    n, name = graph.number_of_nodes(), f"{kind}_{label}"
    ends = np.array(graph.edges(), dtype=np.int64)
    ours.load(f"graph:{name}", np.r_[n, ends.ravel()].astype(np.uint32))
    adjacency = nx.to_scipy_sparse_array(graph, dtype=float, format="csr")
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    laplacian = sp.csr_matrix(sp.diags(degree) - adjacency)
    b = np.zeros(n)
    b[0], b[-1] = 1, -1
    walk = sp.csr_matrix(sp.diags(1 / np.maximum(degree, 1)) @ adjacency).T.tocsr()
    seeds, x = np.zeros(n), rng.normal(size=n)
    seeds[n // 2] = 1
    incidence = sp.csr_matrix((np.r_[np.ones(len(ends)), -np.ones(len(ends))],
                               (np.r_[:len(ends), :len(ends)], np.r_[ends[:, 0], ends[:, 1]])))
    learned = {"c": np.ones(len(ends))}

    def power(tolerance):
        rank = seeds
        while True:
            following = 0.85 * (walk @ rank) + 0.15 * seeds
            if np.abs(following - rank).sum() <= tolerance:
                return following
            rank = following

    def potentials(matrix, diagonal):
        jacobi = spl.LinearOperator((n - 1, n - 1), lambda r: r / diagonal[1:])
        return np.r_[0, spl.cg(matrix, b[1:], rtol=1e-10, M=jacobi)[0]]

    grounded = sp.csc_matrix(laplacian[1:, 1:])

    def learning_step():
        c = learned["c"]
        matrix = sp.csr_matrix(incidence.T @ sp.diags(c) @ incidence)
        flow = c * (incidence @ potentials(matrix[1:, 1:], matrix.diagonal()))
        learned["c"] = np.clip(c + 0.02 * (np.abs(flow)**1.4 - 0.003 * c), 1e-9, 1e3)

    connected = degree.min() > 0 and nx.is_connected(graph)
    if vertices <= 10_000:
        yield f"pagerank_6_{name}", "networkx", lambda: nx.pagerank(
            graph, alpha=0.85, personalization={n // 2: 1}, tol=1e-6 / n)
    yield f"pagerank_{name}", "scipy power iteration", lambda: power(1e-10)
    if connected:
        if kind == "grid" or vertices <= 1_000:
            yield f"resistance_new_{name}", "scipy spsolve", lambda: spl.spsolve(grounded, b[1:])
        yield f"resistance_{name}", "scipy cg + Jacobi", lambda: potentials(grounded, degree)
        yield f"frgo_{name}", "scipy, cg + Jacobi", learning_step
    yield f"heat_{name}", "scipy expm_multiply", lambda: spl.expm_multiply(-0.1 * laplacian, x)
    if kind == "random":
        yield from ((f"{k}_{name}", "plain C++", None) for k in ("pagerank", "resistance", "heat"))


def passages():
    """100,100 passages of real text, collected once."""
    place = pathlib.Path(os.environ.get("SOMABRAIN_CACHE", tempfile.gettempdir())) / "bench-passages.txt"
    if not place.exists():
        script = pathlib.Path(__file__).parent / "index" / "passages.py"
        text = subprocess.run([sys.executable, script, "100100"], check=True, capture_output=True).stdout
        place.write_bytes(text)
    return place.read_text().splitlines()


def text_peers(ours, rng):
    tokens = [re.findall(r"[a-z0-9]+", line.lower()) for line in passages()]
    numbers = {}
    ids = [[numbers.setdefault(t, len(numbers)) for t in text] for text in tokens]
    queries = [sorted(set(rng.choice(text, 4).tolist())) for text in ids[:100]]
    texts = queries + ids[100:]
    ours.load("bm25", np.array([100] + [n for t in texts for n in (len(t), *t)], dtype=np.uint32))
    retriever, turn = bm25s.BM25(k1=0.9, b=0.4, method="lucene"), iter(range(10**9))
    names = list(numbers)
    retriever.index([[names[n] for n in t] for t in ids[100:]], show_progress=False)

    def ask():
        scores = retriever.get_scores([names[n] for n in queries[next(turn) % 100]])
        return scores.argpartition(-10)[-10:]

    yield "bm25", "bm25s, 100,000 texts", ask
    # Vectors with the neighbourhoods of text: tf-idf, projected to 384 dimensions.
    lengths = [len(text) for text in ids]
    terms = np.array([term for text in ids for term in text])
    count = sp.csr_matrix((np.ones(len(terms)), (np.repeat(np.arange(len(ids)), lengths), terms)),
                          shape=(len(ids), len(numbers)))
    idf = np.log(len(ids) / np.asarray((count > 0).sum(axis=0)).ravel())
    vectors = (count @ sp.diags(idf) @ rng.normal(size=(len(numbers), 384))).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    ours.load("scan", vectors)
    rows, flat = np.ascontiguousarray(vectors[100:]), faiss.IndexFlatIP(384)
    flat.add(rows)
    yield "scan", "numpy f32", lambda: (rows @ vectors[next(turn) % 100]).argpartition(-10)[-10:]
    yield "scan", "faiss flat, float", lambda: flat.search(vectors[next(turn) % 100][None], 10)
    print(f"{'':22} recall@10 of the scan's int8 codes against float: {ours.value_of('scan_recall'):.4f}")


def all_peers(ours, wanted):
    rng = np.random.default_rng(7)
    yield from hrr_peers(rng)
    yield from density_peers(rng)
    yield from sinkhorn_peers(rng)
    if wanted("bm25") or wanted("scan"):
        yield from text_peers(ours, rng)
    for label, vertices in (("1k", 1_000), ("10k", 10_000), ("100k", 100_000)):
        for kind in ("grid", "free", "random") if label == "10k" else ("grid", "free"):
            name = f"{kind}_{label}"
            if any(wanted(f"{k}_{name}") for k in ("pagerank_6", "resistance_new", "frgo", "heat")):
                yield from graph_peers(ours, rng, kind, label, vertices)


def seconds_of(run, count):
    start = time.thread_time()
    for _ in range(count):
        run()
    return (time.thread_time() - start) / count


class Ours:
    def __init__(self):
        self.tool = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds_of(self, name, count):
        return float(self.answer(f"{name} {count}").split()[0])

    def value_of(self, name):
        return float(self.answer(f"{name} 1").split()[1])

    def load(self, name, numbers):
        with tempfile.NamedTemporaryFile() as file:
            numbers.tofile(file.name)
            self.answer(f"load:{name} {file.name}")

    def answer(self, line):
        self.tool.stdin.write(line + "\n")
        self.tool.stdin.flush()
        return self.tool.stdout.readline()


def compare(ours, name, run, rounds):
    def counts(seconds):
        return max(1, int(ROUND_SECONDS / max(seconds, 1e-7)))
    ours_count = counts(ours.seconds_of(name, 1))  # the first run also warms both up
    if run is None:  # the peer is a plain loop in our own program
        def theirs(count):
            return ours.seconds_of(f"plain_{name}", count)
    else:
        def theirs(count):
            return seconds_of(run, count)
    theirs(1)
    peer_count = counts(theirs(1))
    pairs = [(ours.seconds_of(name, ours_count), theirs(peer_count)) for _ in range(rounds)]
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
    def wanted(name):
        return not arguments.names or any(part in name for part in arguments.names)

    for name, peer, run in all_peers(ours, wanted):
        if not wanted(name):
            continue
        row = {"kernel": name, "peer": peer, **compare(ours, name, run, arguments.rounds)}
        rows.append(row)
        print(f"{name:22} {peer:26} {row['ours_ms']:10.4f} {row['peer_ms']:10.4f}  "
              f"{row['ratio']:8.2f} ({row['least']:.2f} .. {row['greatest']:.2f})", flush=True)
    for name, plain in GOALS.items():
        own = [row["ours_ms"] for row in rows if row["kernel"] == name]
        if own:
            print(f"goal {name}: {statistics.median(own):.2f} ms of {1.3 * plain:.2f} (1.3 x {plain})")
    print(json.dumps({"rounds": arguments.rounds, "unit": "ms of CPU, one thread", "rows": rows}))
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())
