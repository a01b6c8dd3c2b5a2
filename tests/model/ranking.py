"""Recall by its definition: every view of every memory in scope, from scratch, then one sort."""
import collections
import dataclasses
import math
import os

import second_look
import times
import words

VIEWS = ("dense", "lexical", "facet", "previous", "next", "session", "graph", "recency", "density", "bridge")
START = dict(zip(VIEWS, (0.5, 0.5, 0.3, 0.2, 0.1, 0.4, 0.0, 0.0, 0.0, 0.0)))  # before anything is learnt
# What the service under test was told: the views of other modules are 0, and not to be named.
MODULES = os.environ.get("SOMABRAIN_MODULES", "pagerank").split(",")
OFF = {view for module, view in (("pagerank", "graph"), ("density", "density"), ("bridge", "bridge"))
       if module not in MODULES}
ON = [view for view in VIEWS if view not in OFF]
K1, B = 0.9, 0.4
HALF_LIFE = 30 * times.DAY
RESTART = 0.15  # of a walker over links


@dataclasses.dataclass
class Question:
    text: str = ""
    codes: list = None  # of the query's vector
    views: tuple = ()   # none: all
    weights: dict = dataclasses.field(default_factory=START.copy)
    links: tuple = ()   # ((from, to, weight), ...) of the whole tenant
    explained: bool = False

    def wants(self, view):
        return view not in OFF and (self.explained or self.weights[view] != 0)


@dataclasses.dataclass
class Ranked:
    memory: object
    values: dict
    raw: float  # the score before it is rounded

    @property
    def score(self):
        return rounded(self.raw)


def rounded(raw):
    return round(raw * 1e6) / 1e6


def score(values, question):
    return sum(question.weights[v] * values[v] for v in VIEWS if not question.views or v in question.views)


def lexical_values(question, scope, everything):
    """BM25 as a share of what the query could reach, over all the tenant's texts."""
    query = sorted(set(words.terms(question.text)))
    counts = collections.Counter(term for m in everything for term in set(m.terms))
    count = len(everything)
    idf = {t: math.log(1 + (count - counts[t] + 0.5) / (counts[t] + 0.5)) for t in query if counts[t]}
    total = sum(idf.values())
    if not total:
        return {m.id: 0.0 for m in scope}
    mean = sum(len(m.terms) for m in everything) / count

    def bm25(memory):
        norm = K1 * (1 - B + B * len(memory.terms) / mean)
        return sum(idf[t] * memory.terms.count(t) * (K1 + 1) / (memory.terms.count(t) + norm)
                   for t in idf)

    return {m.id: words.clip(2 * bm25(m) / ((K1 + 1) * total)) for m in scope}


def dense_values(question, scope):
    if question.codes is None:
        return {m.id: 0.0 for m in scope}
    return {m.id: words.clip(words.cosine(question.codes, m.codes) / 0.6) for m in scope}


def session_values(scope, blend):
    """(previous, next, session) of each memory in a session, made of the blends of those in scope."""
    sessions = collections.defaultdict(list)
    for memory in scope:
        if memory.text("session_id"):
            sessions[memory.text("session_id")].append(memory)
    found = {}
    for turns in sessions.values():
        turns.sort(key=lambda m: (-1 if m.turn is None else m.turn, m.sequence))
        best = sorted((blend[m.id] for m in turns), reverse=True)[:3]
        for at, memory in enumerate(turns):
            before = turns[at - 1] if at else memory
            after = turns[at + 1] if at + 1 < len(turns) else memory
            found[memory.id] = blend[before.id], blend[after.id], sum(best) / len(best)
    return found


def graph_values(links, scope, blend):
    """Personalised PageRank between memories in scope, seeded by b, as a share of the greatest."""
    here = {m.id for m in scope}
    edges = collections.defaultdict(lambda: collections.defaultdict(float))
    for start, end, weight in links:
        if start in here and end in here:
            edges[start][end] += weight
            edges[end][start] += weight
    seeded = sum(blend[v] for v in edges)
    if not seeded:
        return {}
    seeds = {v: blend[v] / seeded for v in edges}
    rank, change = dict(seeds), 1.0
    while change > 1e-13:
        step = {v: RESTART * seeds[v] for v in edges}
        for v, ends in edges.items():
            degree = sum(ends.values())
            for end, weight in ends.items():
                step[end] += (1 - RESTART) * rank[v] * weight / degree
        change = sum(abs(step[v] - rank[v]) for v in edges)
        rank = step
    return {v: r / max(rank.values()) for v, r in rank.items()}


def rank(question, scope, everything, now):
    """All of `scope`, scored; the caller sorts. `everything`: the tenant's memories, expired too."""
    dense = dense_values(question, scope)
    lexical = lexical_values(question, scope, everything)
    blend = {m.id: 0.5 * dense[m.id] + 0.5 * lexical[m.id] for m in scope}
    named = {m.text("speaker") for m in scope if words.names(question.text, m.text("speaker"))}
    facet = named.pop() if len(named) == 1 else None
    sessions = session_values(scope, blend)
    graph = graph_values(question.links, scope, blend) if question.wants("graph") else {}
    found = []
    for m in scope:
        age = max(now - (m.created if m.occurred is None else m.occurred), 0)
        previous, following, session = sessions.get(m.id, (0.0, 0.0, 0.0))
        values = dict(zip(VIEWS, (
            dense[m.id], lexical[m.id], float(facet is not None and m.text("speaker") == facet),
            previous, following, session, graph.get(m.id, 0.0), 2 ** (-age / HALF_LIFE), 0.0, 0.0)))
        found.append(Ranked(m, values, score(values, question)))
    return looked_at_again(question, found)


def looked_at_again(question, found):
    """ρ and bridge start from what scores best without them, and from the query's own meaning."""
    if question.codes is None or not found:
        return found
    first = ordered(found, {})
    fresh = {view: {} for view in ("density", "bridge")}
    if question.wants("density"):
        fresh["density"] = second_look.densities(question.codes, first, found)
    if question.wants("bridge") and question.text:
        fresh["bridge"] = second_look.bridges(first)
    for one in found:
        one.values |= {view: values.get(one.memory.id, 0.0) for view, values in fresh.items()}
        one.raw = score(one.values, question)
    return found


def ordered(ranked, given_scores):
    """By score, then by sequence. Where floating point leaves open which way the sixth decimal goes,
    the service's own rounding counts."""
    def key(one):
        given = given_scores.get(one.memory.id)
        # The bridge is found by iteration: its digits end earlier.
        exact = 0.05 if one.values["bridge"] else 1e-4
        edge = abs(abs(one.raw * 1e6 - math.floor(one.raw * 1e6)) - 0.5) < exact
        near = given is not None and abs(given - one.raw) < 0.6e-6
        return -(given if edge and near else one.score), one.memory.sequence
    return sorted(ranked, key=key)
