"""ρ and bridge by their definitions, among the memories that a first pass found best."""
import math

import numpy

import words

TEMPERATURE = 0.1
DENSITY_HITS, BRIDGE_HITS = 10, 100
NEIGHBOURS = 5


def softmax(numbers):
    top = max(numbers)
    parts = [math.exp((n - top) / TEMPERATURE) for n in numbers]
    return [part / sum(parts) for part in parts]


def shares(values):
    most = max(values.values(), default=0)
    return {key: value / most for key, value in values.items()} if most > 0 else values


def densities(query, first, found):
    """max(0, q\u0302ᵀρm\u0302), ρ = Σ wᵢ m\u0302ᵢm\u0302ᵢᵀ of the first ten."""
    best = [one for one in first[:DENSITY_HITS] if any(one.memory.codes)]
    if not best:
        return {}
    parts = [(weight * words.cosine(query, one.memory.codes), one.memory.codes)
             for weight, one in zip(softmax([one.score for one in best]), best)]
    return shares({one.memory.id: max(0.0, sum(part * words.cosine(codes, one.memory.codes)
                                               for part, codes in parts)) for one in found})


def cosine(a, b):
    """Of whole numbers, in the form that every machine rounds alike."""
    product = sum(x * x for x in a) * sum(x * x for x in b)
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(product) if product else 0.0


def laplacian(vectors):
    """Of the ways: each memory to the better one it is nearest to, and to its five nearest."""
    count = len(vectors)
    near = [[cosine(a, b) for b in vectors] for a in vectors]
    conductance = numpy.zeros((count, count))

    def join(i, j, weight):
        conductance[i, j] += max(weight, 1e-6)
        conductance[j, i] += max(weight, 1e-6)

    for i in range(1, count):
        join(max(range(i), key=lambda j: (near[i][j], -j)), i, 0.5)
    for i in range(count):
        for weight, j in sorted(((near[i][j], j) for j in range(count) if j != i), reverse=True)[:NEIGHBOURS]:
            join(i, j, weight)
    return numpy.diag(conductance.sum(axis=1)) - conductance


def heat(laplace, time):
    """exp(−time·L) as a sum of terms ≥ 0 alone, so that its small entries keep their digits."""
    jumps = time * max(laplace.diagonal())
    step = numpy.eye(len(laplace)) * jumps - time * laplace
    term = numpy.eye(len(laplace)) * math.exp(-jumps)
    total, k = term.copy(), 0
    while k < jumps or term.max() > 1e-30:
        k += 1
        term = term @ step / k
        total += term
    return total


def bridges(first):
    """The mass half-way from the words' share to the meaning's, as a share of the greatest."""
    best = first[:BRIDGE_HITS]
    ids = [one.memory.id for one in best]
    if len(best) == 1:
        return {ids[0]: 1.0}
    laplace = laplacian([one.memory.codes for one in best])
    kernel, half = heat(laplace, 1), heat(laplace, 0.5)
    start = numpy.array(softmax([one.values["lexical"] for one in best]))
    end = numpy.array(softmax([one.values["dense"] for one in best]))
    u, v = numpy.ones(len(best)), numpy.ones(len(best))
    for _ in range(2000):
        u = start / (kernel @ v)
        v = end / (kernel.T @ u)
        if abs(u * (kernel @ v) - start).sum() <= 1e-13:
            break
    if abs(u * (kernel @ v) - start).sum() > 1e-9:
        return {}
    return shares(dict(zip(ids, ((half @ u) * (half @ v)).tolist())))
