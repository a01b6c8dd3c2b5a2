"""Evaluate under load, over HTTP with an open loop, the ledger on and every store on the same machine.

Fifty tenants of 1,000 real dialogue turns each. Requests go out when they are due, whatever has become of those
before, and their time counts from then. Four runs: the sustained rate with nine known queries in ten; every query
new, at rising rates; every query known, at rising rates; a thousand connections at once. CPU is each process's own
(/proc), the load's apart. A rate counts when p95 is below 30 ms and fewer than one in a hundred was not answered.

    ./dev bench evaluate FILE [--seconds 300] [--rate 1000] [--only "sustained new known connections"] [--json]

Also built: bench_evaluate bench_embed_texts
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import tokenizers

ROOT = pathlib.Path(__file__).parents[2]
sys.path += [str(ROOT / "tests/support"), str(ROOT / "benchmarks/quality")]
import latency
import locomo
from stack import Stack
from tokens import Issuer

TENANTS, MEMORIES, KNOWN = 50, 1000, 200
DIMENSION = 384
PARTS = "sustained new known connections"
LADDERS = {"new": (1.0, (150, 200, 250, 300, 350, 400)), "known": (0.0, (1000, 1250, 1500, 1750, 2000, 2500))}
STEP = 20  # seconds at each rate of a ladder
DURATION = "somabrain_server_request_duration_seconds"
HITS, MISSES = (("somabrain_embedder_cache_" + name, frozenset()) for name in ("hits_total", "misses_total"))


def embedded(turns):
    """The turns with their vectors, so that filling the tenants takes no embedding."""
    with tempfile.TemporaryDirectory() as folder:
        texts, vectors = pathlib.Path(folder, "texts"), pathlib.Path(folder, "vectors")
        texts.write_text("".join(" ".join(turn["text"].split()) + "\n" for turn in turns), encoding="utf-8")
        subprocess.run([ROOT / "build/release/benchmarks/bench_embed_texts", os.environ["SOMABRAIN_MODEL_DIR"],
                        texts, vectors], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        numbers = memoryview(vectors.read_bytes()).cast("f").tolist()
    return [{**turn, "embedding": [round(x, 6) for x in numbers[DIMENSION * i : DIMENSION * (i + 1)]]}
            for i, turn in enumerate(turns)]


def fill(stack, turns):
    """Tokens of tenants that hold a thousand turns each, no two the same thousand."""
    issuer, tokens = Issuer(stack), []
    for number in range(TENANTS):
        token = issuer.mint(stack.create_tenant(f"evaluate-{os.getpid()}-{number}"), exp=int(time.time()) + 7200)
        first = number * len(turns) // TENANTS
        own = list(itertools.islice(itertools.cycle(turns), first, first + MEMORIES))
        client = locomo.Client(stack.http_port, token)
        for start in range(0, MEMORIES, 250):
            client.post("/v1/memories:batch", {"items": own[start : start + 250]})
        client.post("/v1/brain/evaluate", {"query": "warm"})
        tokens.append(token)
    return tokens


def queries(samples):
    """Questions of 13 and 14 tokens, and words: a word and a colon before a question make it one of 15 or 16
    that nobody has asked."""
    model = pathlib.Path(os.environ["SOMABRAIN_MODEL_DIR"])
    tokenizer = tokenizers.BertWordPieceTokenizer(str(model / "vocab.txt"), lowercase=True)
    questions = sorted({qa["question"] for sample in samples for qa in sample["qa"]})
    short = [q for q in questions if len(tokenizer.encode(q).ids) in (13, 14)]
    words = [word for word in tokenizer.get_vocab() if re.fullmatch("[a-z]{4,}", word)]
    return random.Random(8).sample(short, min(KNOWN, len(short))), sorted(words)


class Machine:
    """CPU seconds and resident bytes of the stack's processes, by name."""

    def __init__(self, stack):
        self.stack = stack

    def pids(self):
        """{name: pids of the process and all below it}"""
        below = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, parent = int(entry.parent.name), int(entry.read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, ProcessLookupError):
                continue
            below.setdefault(parent, []).append(pid)
        found = {}
        for file in (self.stack.state / "run").glob("*.pid"):
            every = [int(file.read_text().split()[0])]
            for pid in every:
                every += below.get(pid, [])
            found[file.stem] = every
        return found

    def cpu(self):
        tick = os.sysconf("SC_CLK_TCK")
        totals = {}
        for name, pids in self.pids().items():
            totals[name] = 0.0
            for pid in pids:
                try:
                    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                # A server's dead children count too: PostgreSQL's sessions come and go.
                totals[name] += sum(map(int, fields[11:15])) / tick
        return totals


class Watch:
    """The service's resident bytes, every other second."""

    def __init__(self, ops_port):
        self.ops_port, self.stopping, self.bytes = ops_port, threading.Event(), []
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.stopping.wait(2):
            self.bytes.append(latency.metrics(self.ops_port)["somabrain_process_resident_bytes", frozenset()])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def flat(self):
        """MB in the second and in the last fifth of the time, when tenants and caches are warm."""
        fifth = max(1, len(self.bytes) // 5)
        return [statistics.median(part) / 1e6 for part in (self.bytes[fifth : 2 * fifth] or self.bytes,
                                                           self.bytes[-fifth:])]


class Load:
    def __init__(self, stack, tokens, known, words):
        self.stack, self.machine = stack, Machine(stack)
        self.plan = {"port": stack.http_port, "tokens": tokens, "known": known, "words": words, "sessions": 100}
        self.seed = 0

    def run(self, rate, seconds, new_share, connections=128):
        self.seed += 1
        plan = {**self.plan, "rate": rate, "seconds": seconds, "new_share": new_share, "connections": connections,
                "seed": self.seed}
        before, cpu = latency.metrics(self.stack.ops_port), self.machine.cpu()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file, Watch(self.stack.ops_port) as watch:
            json.dump(plan, file)
            file.flush()
            done = subprocess.run([ROOT / "build/release/benchmarks/bench_evaluate", file.name],
                                  check=True, stdout=subprocess.PIPE, text=True)
        after, now = latency.metrics(self.stack.ops_port), self.machine.cpu()
        result = json.loads(done.stdout)
        answered = max(1, result["answered"])
        hits, misses = (after[name] - before.get(name, 0) for name in (HITS, MISSES))
        return {**result, "rate": rate, "seconds": seconds, "connections": connections,
                "unanswered_share": 1 - result["answered"] / max(1, result["requests"]),
                "hit_rate": hits / max(1, hits + misses),
                "server_ms": {q: latency.quantile(before, after, DURATION, {"route": "somabrain.v1.Brain.Evaluate"}, q)
                              for q in (0.5, 0.95, 0.99)},
                "resident_mb": watch.flat(),
                "cpu_ms": {**{name: 1000 * (now[name] - cpu.get(name, 0)) / answered for name in now},
                           "generator": 1000 * result["generator_cpu_s"] / answered}}

    def ladder(self, new_share, rates):
        """Every rung up to the first that does not hold."""
        rungs = []
        for rate in rates:
            rungs.append(self.run(rate, STEP, new_share))
            if rungs[-1]["p95_ms"] >= 30 or rungs[-1]["unanswered_share"] >= 0.01:
                break
        return rungs


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def print_runs(runs):
    row("run", "rate", "known queries", "not answered", "p50 / p95 / p99 ms", "server p95 / p99 ms", "service's CPU ms",
        "stores' and others' CPU ms", "generator's", "resident MB, early and late")
    row(*["---"] * 10)
    for name, run in runs:
        cpu = dict(run["cpu_ms"])
        own, generator = cpu.pop("serve"), cpu.pop("generator")
        row(name, f"{run['rate']}/s × {run['seconds']} s, {run['connections']} connections", f"{100 * run['hit_rate']:.0f} %",
            f"{100 * run['unanswered_share']:.3f} %", f"{run['p50_ms']:.1f} / {run['p95_ms']:.1f} / {run['p99_ms']:.1f}",
            f"{run['server_ms'][0.95]:.1f} / {run['server_ms'][0.99]:.1f}", f"{own:.2f}",
            f"{sum(cpu.values()):.2f} (" + ", ".join(f"{key} {value:.2f}" for key, value in sorted(cpu.items())) + ")",
            f"{generator:.3f}", " → ".join(f"{mb:.0f}" for mb in run["resident_mb"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="a LoCoMo JSON file")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--only", default=PARTS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        samples = json.load(file)
    stack = Stack()
    turns = embedded([memory for sample in samples for _, memory in locomo.memories_of(sample)])
    known, words = queries(samples)
    load = Load(stack, fill(stack, turns), known, words)
    load.run(200, 5, 0.1)  # warm
    runs = []
    if "sustained" in arguments.only:
        runs.append(("sustained", load.run(arguments.rate, arguments.seconds, 0.1)))
    for name, (new_share, rates) in LADDERS.items():
        if name in arguments.only:
            runs += [(f"every query {name}", run) for run in load.ladder(new_share, rates)]
    if "connections" in arguments.only:
        runs.append(("a thousand connections", load.run(500, STEP, 0.1, connections=1000)))
    if arguments.json:
        json.dump(dict(enumerate(runs)), sys.stdout, indent=1)
    else:
        print_runs(runs)


if __name__ == "__main__":
    main()
