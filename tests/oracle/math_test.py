"""The mathematics against independent implementations: numpy, scipy, networkx, POT, scikit-learn, mpmath.

    SOMA_MATH_TOOL=build/release/tests/math_tool python -m pytest tests/oracle/math_test.py

Every answer is computed here, at test time; nothing is pasted. The tool speaks one JSON line a question.
"""
import hashlib
import json
import os
import struct
import subprocess

import mpmath
import networkx as nx
import numpy as np
import ot
import pytest
import scipy.linalg
import scipy.optimize
import scipy.sparse
import scipy.sparse.linalg
import scipy.special
import scipy.stats
from sklearn.metrics import log_loss

TOOL = os.environ.get("SOMA_MATH_TOOL", "build/release/tests/math_tool")


@pytest.fixture(scope="module")
def ask():
    with subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as tool:
        def question(op, **arguments):
            plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
            tool.stdin.write(json.dumps({"op": op, **plain}) + "\n")
            tool.stdin.flush()
            return json.loads(tool.stdout.readline())
        yield question
        tool.stdin.close()


@pytest.fixture
def rng(request):
    return np.random.default_rng(len(request.node.name))


def random_graph(rng, vertices, edges, connected=True):
    tree = [(v, int(rng.integers(v))) for v in range(1, vertices)] if connected else []
    ends = rng.integers(0, vertices, size=(edges, 2))
    pairs = tree + [(int(a), int(b)) for a, b in ends if a != b]
    return {"vertices": vertices, "edges": [list(p) for p in pairs],
            "conductance": 10 ** rng.uniform(-2, 1, len(pairs))}


def laplacian(graph):
    """B^T C B, from the incidence matrix: parallel edges add up."""
    m = len(graph["edges"])
    ends = np.array(graph["edges"]).reshape(m, 2)
    b = scipy.sparse.csr_matrix(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[:m, :m], np.r_[ends[:, 0], ends[:, 1]])),
        shape=(m, graph["vertices"]))
    return (b.T @ scipy.sparse.diags(graph["conductance"]) @ b).tocsr()


def masses(rng, n):
    return rng.dirichlet(np.ones(n))


@pytest.mark.parametrize("size", [1, 2, 5, 12, 384, 1000, 8192])
def test_fft(ask, rng, size):
    x = rng.normal(size=size)
    expected = np.fft.rfft(x, norm="ortho")
    got = np.array(ask("fft", x=x)).reshape(-1, 2) @ [1, 1j]
    assert np.abs(got - expected).max() <= 1e-12 * np.linalg.norm(x)


def test_binding_is_numpys_convolution(ask, rng):
    for size in (2, 6, 256, 1024):
        x, y = rng.normal(size=(2, size))
        expected = np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(y), size)
        assert np.allclose(ask("convolve", x=x, y=y), expected, atol=1e-11 * size)


def test_role_keys_are_blake2b_phases_within_one_ulp(ask):
    dimension, seed, token = 256, 2**63 + 9, "speaker"
    words = b"".join(
        hashlib.blake2b(b"soma.hrr.role.v1\0" + struct.pack(">IQQ", dimension, seed, block) + token.encode())
        .digest() for block in range(dimension // 32))
    phases = struct.unpack(f">{dimension // 2}I", words)
    got = ask("role", token=token, dimension=dimension, seed=seed)
    assert tuple(got["phases"]) == phases
    mpmath.mp.prec = 200
    for phase, re, im in list(zip(phases, got["re"], got["im"]))[1:]:
        angle = 2 * mpmath.pi * phase / 2**32
        assert abs(mpmath.mpf(re) - mpmath.cos(angle)) <= np.spacing(abs(re))
        assert abs(mpmath.mpf(im) - mpmath.sin(angle)) <= np.spacing(abs(im))


@pytest.mark.parametrize("decibel", [10, 20, 40])
def test_wiener_matches_numpy_and_its_theory(ask, rng, decibel):
    size, snr = 4096, 10 ** (decibel / 10)
    key, filler, noise = rng.normal(size=(3, size)) / np.sqrt(size)
    signal = np.fft.irfft(np.fft.rfft(key) * np.fft.rfft(filler), size)
    trace = signal + noise / np.linalg.norm(noise) * np.linalg.norm(signal) / np.sqrt(snr)
    b = np.fft.fft(key)
    wanted = np.fft.ifft(np.conj(b) * np.fft.fft(trace) / (abs(b)**2 + np.mean(abs(b)**2) / snr)).real
    got = np.array(ask("wiener", key=key, trace=trace, snr=snr))
    assert np.allclose(got, wanted, atol=1e-11)
    cosine = got @ filler / np.linalg.norm(got) / np.linalg.norm(filler)
    assert abs(cosine - np.sqrt(1 - np.exp(1 / snr) * scipy.special.exp1(1 / snr) / snr)) <= 0.02


def test_clean_up_is_the_largest_cosine(ask, rng):
    items = rng.normal(size=(50, 64)) * rng.uniform(0.1, 10, (50, 1))
    query = rng.normal(size=64)
    cosines = items @ query / np.linalg.norm(items, axis=1) / np.linalg.norm(query)
    got = ask("clean", items=items, query=query)
    assert got["index"] == int(cosines.argmax())
    assert abs(got["cosine"] - cosines.max()) <= 3e-6


@pytest.mark.parametrize("rank", [3, 12, 24])
def test_density_matrix_is_within_its_bound_of_numpys(ask, rng, rank):
    d, lam = 24, 0.2
    rho, batches = np.eye(d) / d, []
    for _ in range(12):
        fillers, weights = rng.normal(size=(5, d)), masses(rng, 5)
        unit = fillers / np.linalg.norm(fillers, axis=1, keepdims=True)
        rho = (1 - lam) * rho + lam * unit.T @ np.diag(weights) @ unit
        batches.append({"fillers": fillers.ravel().tolist(), "weights": weights.tolist()})
    got = ask("density", dimension=d, rank=rank, batches=batches, **{"lambda": lam})
    dense = np.array(got["dense"]).reshape(d, d)
    assert np.linalg.norm(dense - rho, 2) <= got["bound"] + 1e-12
    values = np.linalg.eigvalsh(dense)
    assert abs(got["entropy"] + np.sum(values * np.log(values))) <= 1e-9
    assert abs(got["purity"] - np.sum(values**2)) <= 1e-12
    if rank == d:
        assert np.abs(dense - rho).max() <= 1e-12


@pytest.mark.parametrize("restart", [0.15, 0.5])
def test_pagerank_is_networkxs(ask, rng, restart):
    graph = random_graph(rng, 60, 90, connected=False)
    weighted = nx.Graph()
    weighted.add_nodes_from(range(60))
    for (a, b), c in zip(graph["edges"], graph["conductance"]):
        weighted.add_edge(a, b, weight=c + (weighted[a][b]["weight"] if weighted.has_edge(a, b) else 0))
    assert list(nx.isolates(weighted)), "the case needs dangling vertices"
    seeds = np.where(rng.uniform(size=60) < 0.2, rng.uniform(size=60), 0)
    seeds[next(iter(nx.isolates(weighted)))] = 1
    expected = nx.pagerank(weighted, alpha=1 - restart, personalization=dict(enumerate(seeds)),
                           tol=1e-14, max_iter=10000)
    got = ask("pagerank", seeds=seeds, restart=restart, **graph)
    assert np.abs(np.array(got) - [expected[v] for v in range(60)]).sum() <= 1e-9


@pytest.mark.parametrize("method", ["automatic", "cholesky", "incomplete", "scaled"])
def test_resistance_is_that_of_the_pseudo_inverse_and_of_networkx(ask, rng, method):
    graph = random_graph(rng, 40, 60)
    inverse = np.linalg.pinv(laplacian(graph).toarray())
    pairs = rng.integers(0, 40, size=(30, 2)).tolist()
    expected = [inverse[a, a] + inverse[b, b] - 2 * inverse[a, b] for a, b in pairs]
    got = ask("resistance", pairs=pairs, method=method, **graph)
    assert np.allclose(got, expected, rtol=1e-8, atol=1e-12)
    multi = nx.MultiGraph()
    for (a, b), c in zip(graph["edges"], graph["conductance"]):
        multi.add_edge(a, b, weight=float(c))
    a, b = next(p for p in pairs if p[0] != p[1])
    theirs = nx.resistance_distance(multi, a, b, weight="weight", invert_weight=False)
    assert np.isclose(got[pairs.index([a, b])], theirs, rtol=1e-8)


@pytest.mark.parametrize("beta", [0.01, 1, 40])
def test_heat_kernel_is_scipys(ask, rng, beta):
    graph = random_graph(rng, 30, 40)
    matrix = laplacian(graph)
    x = rng.uniform(size=30)
    got = ask("heat", beta=beta, x=x, **graph)
    expected = scipy.sparse.linalg.expm_multiply(-beta * matrix, x)
    assert np.abs(np.array(got["action"]) - expected).max() <= 1e-10
    assert np.abs(np.array(got["positive"]) - expected).max() <= 1e-10
    kernel = scipy.linalg.expm(-beta * matrix.toarray())
    assert np.abs(np.array(got["kernel"]).reshape(30, 30) - kernel).max() <= 1e-10


@pytest.mark.parametrize("temperature", [1, 0.05, 0.002])
def test_sinkhorn_is_pots(ask, rng, temperature):
    cost = rng.uniform(size=(12, 15))
    mu, nu = masses(rng, 12), masses(rng, 15)
    expected = ot.sinkhorn(mu, nu, cost, temperature, method="sinkhorn_log", numItermax=10**6,
                           stopThr=1e-13)
    got = ask("sinkhorn", log_kernel=(-cost / temperature).ravel(), mu=mu, nu=nu)
    assert np.abs(np.array(got["plan"]) - expected.ravel()).sum() <= 1e-8


@pytest.mark.parametrize("t", [0, 0.3, 1])
def test_bridge_is_that_of_dense_matrices(ask, rng, t):
    graph = random_graph(rng, 12, 12)
    matrix, beta = laplacian(graph).toarray(), 0.7
    mu, nu = masses(rng, 12), masses(rng, 12)
    kernel = scipy.linalg.expm(-beta * matrix)
    u, v = np.ones(12), np.ones(12)
    for _ in range(20000):
        u = mu / (kernel @ v)
        v = nu / (kernel.T @ u)
    expected = (scipy.linalg.expm(-t * beta * matrix) @ u) * (scipy.linalg.expm((t - 1) * beta * matrix) @ v)
    got = ask("bridge", beta=beta, mu=mu, nu=nu, t=t, **graph)
    assert np.abs(np.array(got) - expected).sum() <= 1e-9


def test_chi_squared_is_scipys(ask):
    for degrees in (1, 2, 7, 100, 3000, 8192):
        for rate in (0.9, 0.1, 1e-3, 1e-12, 1e-100):
            limit = ask("chi_limit", rate=rate, degrees=degrees)
            assert np.isclose(limit, scipy.stats.chi2.isf(rate, degrees), rtol=1e-8), (degrees, rate)
            assert np.isclose(ask("chi_upper", x=limit, degrees=degrees), rate, rtol=1e-8)


def cusum_run_length(allowance, limit, states=400):
    """Brook and Evans 1972: a Markov chain over a grid of the one-sided sum; two sides by Kemp's rule."""
    width = 2 * limit / (2 * states - 1)
    centre = np.arange(states) * width
    upper = scipy.stats.norm.cdf(centre + width / 2 + allowance - centre[:, None])
    lower = scipy.stats.norm.cdf(centre - width / 2 + allowance - centre[:, None])
    step = upper - lower
    step[:, 0] = upper[:, 0]
    one_sided = np.linalg.solve(np.eye(states) - step, np.ones(states))[0]
    return one_sided / 2


@pytest.mark.parametrize("limit", [4, 5])
def test_cusum_run_length_is_that_of_its_markov_chain(ask, limit):
    simulated = ask("cusum_run_length", allowance=0.5, limit=limit, runs=20000)
    assert abs(simulated / cusum_run_length(0.5, limit) - 1) <= 0.03


def test_simplex_projection_is_that_of_a_solver(ask, rng):
    for _ in range(5):
        x, total = rng.normal(size=8) * 2, rng.uniform(0.5, 2)
        solved = scipy.optimize.minimize(
            lambda y, x=x: np.sum((y - x)**2), np.full(8, total / 8), jac=lambda y, x=x: 2 * (y - x),
            bounds=[(0, None)] * 8, method="SLSQP", options={"ftol": 1e-15, "maxiter": 500},
            constraints={"type": "eq", "fun": lambda y, total=total: y.sum() - total})
        assert np.abs(np.array(ask("simplex", x=x, total=total)) - solved.x).max() <= 1e-6


def test_best_fixed_theta_is_scipys_bounded_least_squares(ask, rng):
    for _ in range(5):
        z, y = rng.normal(size=(40, 4)), rng.normal(size=40) * 3
        expected = scipy.optimize.lsq_linear(z, y, (-0.3, 0.4), tol=1e-14).x
        got = ask("box_least_squares", z=z.ravel(), y=y, lower=[-0.3] * 4, upper=[0.4] * 4)
        assert np.abs(np.array(got) - expected).max() <= 1e-5


def test_cross_entropy_is_scikit_learns(ask, rng):
    views, omega = rng.normal(size=(20, 3)), rng.normal(size=3)
    chosen = int(rng.integers(20))
    softmax = scipy.special.softmax(views @ omega)
    got = ask("cross_entropy", views=views.ravel(), omega=omega, credits=np.eye(20)[chosen])
    assert np.isclose(got["loss"], log_loss([chosen], [softmax], labels=range(20)), rtol=1e-9)
    assert np.allclose(got["gradient"], views.T @ (softmax - np.eye(20)[chosen]), atol=1e-12)


def exact(x):
    """Hexadecimal strings: no bit is lost on the way."""
    return [float(value).hex() for value in x]


def test_geodesics_in_many_digits(ask, rng):
    mpmath.mp.prec = 400
    for scale in (1, 1e-3, 1e-8):
        u = rng.normal(size=3)
        u /= np.linalg.norm(u)
        v = u + scale * rng.normal(size=3)
        v /= np.linalg.norm(v)
        exact_u, exact_v = mpmath.matrix(u.tolist()), mpmath.matrix(v.tolist())
        angle = 2 * mpmath.atan2(mpmath.norm(exact_u - exact_v), mpmath.norm(exact_u + exact_v))
        assert abs(ask("sphere", u=exact(u), v=exact(v)) / float(angle) - 1) <= 1e-12
        a, b = 0.9 * u, 0.9 * v
        exact_a, exact_b = mpmath.matrix(a.tolist()), mpmath.matrix(b.tolist())
        ratio = 2 * mpmath.norm(exact_a - exact_b)**2 / (1 - mpmath.norm(exact_a)**2) / (
            1 - mpmath.norm(exact_b)**2)
        assert abs(ask("poincare", u=exact(a), v=exact(b)) / float(mpmath.acosh(1 + ratio)) - 1) <= 1e-12


def test_errors_come_back_as_values(ask):
    graph = {"vertices": 4, "edges": [[0, 1], [2, 3]], "conductance": [1, 1]}
    got = ask("resistance", pairs=[[0, 2]], method="automatic", **graph)
    assert got["fault"] == "disconnected at sink"
