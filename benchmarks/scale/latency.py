"""Latency of recall and CPU of evaluate on a tenant of 700 real dialogue turns, over HTTP.

One client times whole answers; the parts (embedding, search, commit) come from the server's own histograms on
/metrics, whose buckets grow by a quarter, so a quantile read from them is exact to 25 %. CPU is `somabrain`'s own,
for queries of 15 and 16 tokens it has not seen and for the same ones again, from one client and from eight: requests
that arrive together share commits and wake fewer sleeping threads.

    ./dev bench latency FILE
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import sys
import time
import urllib.request

import tokenizers

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "quality"))
import locomo

MEMORIES = 700
QUERIES = 500
CLIENTS = (1, 8)
CPU = ("somabrain_process_cpu_seconds", frozenset())


def metrics(ops_port):
    """{(name, frozenset of labels): value} of the Prometheus exposition."""
    with urllib.request.urlopen(f"http://127.0.0.1:{ops_port}/metrics", timeout=10) as reply:
        text = reply.read().decode()
    values = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?", line)
        if match and not line.startswith("#"):
            labels = frozenset(re.findall(r'(\w+)="([^"]*)"', match.group(2) or ""))
            values[match.group(1), labels] = float(match.group(3))
    return values


def quantile(before, after, name, labels, q):
    """Upper edge of the bucket that holds the quantile of what was observed in between, in ms."""
    wanted = frozenset(labels.items())
    buckets = []
    for (metric, found), value in after.items():
        edge = dict(found).get("le")
        if metric == name + "_bucket" and edge is not None and wanted <= found:
            buckets.append((float(edge), value - before.get((metric, found), 0.0)))
    buckets.sort()
    total = buckets[-1][1]
    return next((1000 * edge for edge, count in buckets if count >= q * total), float("nan"))


def percentile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def timed(client, path, bodies):
    seconds = []
    for body in bodies:
        start = time.perf_counter()
        client.post(path, body)
        seconds.append(time.perf_counter() - start)
    return seconds


def evaluate_cpu(port, ops_port, token, clients, queries):
    """Milliseconds of somabrain's CPU an evaluation, asked by that many clients at once."""

    def ask(share):
        client = locomo.Client(port, token)
        for query in share:
            client.post("/v1/brain/evaluate", {"query": query})

    before = metrics(ops_port)[CPU]
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, [queries[i::clients] for i in range(clients)]))
    return 1000 * (metrics(ops_port)[CPU] - before) / len(queries)


def measure_cpu(port, ops_port, token, questions):
    rows = []
    model = pathlib.Path(os.environ["SOMABRAIN_MODEL_DIR"])
    tokenizer = tokenizers.BertWordPieceTokenizer(str(model / "vocab.txt"), lowercase=True)
    short = [q for q in questions if len(tokenizer.encode(q).ids) in (13, 14)]
    words = [word for word in tokenizer.get_vocab() if re.fullmatch("[a-z]{4,}", word)]
    for clients in CLIENTS:
        # A word and a colon: two tokens, and nobody has asked it before.
        queries = [f"{random.choice(words)}: {question}" for question in short]
        new = evaluate_cpu(port, ops_port, token, clients, queries)
        known = evaluate_cpu(port, ops_port, token, clients, queries)
        rows.append({"clients": clients, "new_ms": new, "known_ms": known})
    return rows


def measure(port, ops_port, samples):
    token = locomo.new_tenant(f"latency-{os.getpid()}-{int(time.time())}")
    client = locomo.Client(port, token)
    turns = [memory for sample in samples for _, memory in locomo.memories_of(sample)][:MEMORIES]
    for start in range(0, len(turns), 200):
        client.post("/v1/memories:batch", {"items": turns[start : start + 200]})
    questions = [qa["question"] for sample in samples for qa in sample["qa"]]
    recalls, evaluates = questions[:QUERIES], questions[QUERIES : 2 * QUERIES]
    result = {"memories": len(turns)}
    for name, path, asked in (
        ("recall", "/v1/recall", recalls),
        ("evaluate", "/v1/brain/evaluate", evaluates),
    ):
        before = metrics(ops_port)
        seconds = timed(client, path, [{"query": question} for question in asked])
        after = metrics(ops_port)
        result[name] = {
            "requests": len(asked),
            "whole_answer_ms": {q: 1000 * percentile(seconds, q) for q in (0.5, 0.95, 0.99)},
        }
        for part in ("embed", "search", "commit"):
            result[name][part + "_ms"] = {
                q: quantile(before, after, "somabrain_request_part_seconds", {"part": part}, q)
                for q in (0.5, 0.95, 0.99)
            }
    result["evaluate_cpu"] = measure_cpu(port, ops_port, token, questions)
    return result


def print_table(result):
    print(f"{result['memories']} memories, one client, every query new; milliseconds\n")
    print("| | p50 | p95 | p99 |")
    print("|---|---|---|---|")
    for name in ("recall", "evaluate"):
        for part in ("search_ms", "embed_ms", "commit_ms", "whole_answer_ms"):
            row = " | ".join(f"{value:.2f}" for value in result[name][part].values())
            print(f"| {name}: {part[:-3].replace('_', ' ')} | {row} |")
    print("\n| somabrain's CPU an evaluate | queries new | known |\n|---|---|---|")
    for row in result["evaluate_cpu"]:
        clients = "1 client" if row["clients"] == 1 else f"{row['clients']} clients"
        print(f"| {clients} | {row['new_ms']:.2f} | {row['known_ms']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="a LoCoMo JSON file")
    parser.add_argument("--port", type=int, default=int(os.environ.get("SOMABRAIN_HTTP_PORT", "0")))
    parser.add_argument("--ops", type=int, default=int(os.environ.get("SOMABRAIN_OPS_PORT", "0")))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        samples = json.load(file)
    result = measure(arguments.port, arguments.ops, samples)
    if arguments.json:
        json.dump(result, sys.stdout, indent=1)
    else:
        print_table(result)


if __name__ == "__main__":
    main()
