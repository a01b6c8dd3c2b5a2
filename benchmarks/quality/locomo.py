"""Retrieval quality on a LoCoMo file, through the service's own HTTP API.

One dialogue turn is one memory; a question's evidence turns are what recall must find. Two layouts:
one tenant per conversation, and all conversations in one tenant. Each runs with every view, with
`lexical` alone and with `dense` alone. A second table says what recall's `known` makes of real
questions and of nonsense: six random words, of the embedder's vocabulary and of the memories' own.
Prints JSON (--json) or the tables made from it.

    ./dev bench locomo FILE
"""

import argparse
import concurrent.futures
import datetime
import http.client
import json
import math
import os
import random
import re
import subprocess
import sys
import uuid

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
CONFIGURATIONS = {"all views": [], "lexical alone": ["lexical"], "dense alone": ["dense"]}
METRICS = ("recall@5", "recall@10", "recall@20", "ndcg@10", "hit@10")
BOOTSTRAP_ROUNDS = 1000
NONSENSE_QUERIES, NONSENSE_WORDS = 100, 6


def evidence_turns(raw):
    """Turn ids out of strings such as "D8:6; D9:17", "D30:05" and "D:11:26"."""
    found = set()
    for text in raw:
        for session, turn in re.findall(r"D:?(\d+):(\d+)", text):
            found.add(f"D{int(session)}:{int(turn)}")
    return found


def session_time(text):
    """ "1:56 pm on 8 May, 2023" as RFC 3339; the data names no zone, so UTC."""
    return datetime.datetime.strptime(text, "%I:%M %p on %d %B, %Y").strftime("%Y-%m-%dT%H:%M:%SZ")


def memories_of(sample):
    """The turns of a conversation as requests of POST /v1/memories, with their LoCoMo ids."""
    conversation = sample["conversation"]
    numbers = sorted(int(k.split("_")[1]) for k in conversation if re.fullmatch(r"session_\d+", k))
    for number in numbers:
        when = session_time(conversation[f"session_{number}_date_time"])
        for turn, said in enumerate(conversation[f"session_{number}"]):
            yield said["dia_id"], {
                "text": said["text"],
                "speaker": said["speaker"],
                "session_id": f"{sample['sample_id']}/{number}",
                "turn": turn,
                "occurred_at": when,
            }


class Client:
    """One keep-alive connection; a thread uses its own."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path, body):
        self.connection.request("POST", path, json.dumps(body), self.headers)
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status >= 300:
            raise RuntimeError(f"{path}: {reply.status} {text[:300]!r}")
        return json.loads(text)


def somabrain(*arguments):
    """Runs the built command against the running stack."""
    dev = os.path.join(os.path.dirname(__file__), "..", "..", "dev")
    done = subprocess.run([dev, "run", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def new_tenant(name):
    tenant = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", somabrain("tenant", "create", name)).group(0)
    return somabrain("token", "--tenant", tenant, "--role", "agent").splitlines()[-1]


def load(port, token, samples):
    """Remembers the samples; returns {(sample, dia_id): memory id}."""
    client, ids = Client(port, token), {}
    for sample in samples:
        turns = list(memories_of(sample))
        for start in range(0, len(turns), 200):
            part = turns[start : start + 200]
            answer = client.post("/v1/memories:batch", {"items": [memory for _, memory in part]})
            for (turn, _), result in zip(part, answer["results"], strict=True):
                ids[sample["sample_id"], turn] = result["id"]
    return ids


def score(ranked, relevant):
    hits = [memory in relevant for memory in ranked]
    ideal = sum(1 / math.log2(i + 2) for i in range(min(10, len(relevant))))
    gained = sum(1 / math.log2(i + 2) for i, hit in enumerate(hits[:10]) if hit)
    return {
        "recall@5": sum(hits[:5]) / len(relevant),
        "recall@10": sum(hits[:10]) / len(relevant),
        "recall@20": sum(hits[:20]) / len(relevant),
        "ndcg@10": gained / ideal,
        "hit@10": float(any(hits[:10])),
    }


def ask(port, jobs, views):
    """jobs: (token, question, relevant ids, category). One thread a core is enough to keep it busy."""

    def run(part):
        clients, rows = {}, []
        for token, question, relevant, category in part:
            client = clients.setdefault(token, Client(port, token))
            body = {"query": question, "top_k": 20}
            if views:
                body["views"] = views
            ranked = [r["id"] for r in client.post("/v1/recall", body)["results"]]
            rows.append((category, score(ranked, relevant)))
        return rows

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        parts = [jobs[i::4] for i in range(4)]
        return [row for rows in pool.map(run, parts) for row in rows]


def nonsense(words, seed):
    rng = random.Random(seed)
    return [" ".join(rng.sample(words, NONSENSE_WORDS)) for _ in range(NONSENSE_QUERIES)]


def vocabularies(samples):
    """Name -> words: whole words of the embedder's word pieces, and those the memories are made of."""
    with open(os.path.join(os.environ["SOMABRAIN_MODEL_DIR"], "vocab.txt"), encoding="utf-8") as file:
        pieces = sorted({line.strip() for line in file if re.fullmatch(r"[a-z]{3,}", line.strip())})
    said = {
        word
        for sample in samples
        for _, memory in memories_of(sample)
        for word in re.findall(r"[a-z]{3,}", memory["text"].lower())
    }
    return {"the embedder's words": pieces, "the memories' words": sorted(said)}


def ask_whether_known(port, jobs, samples):
    """Shares of questions (per category) and of nonsense that `known` lets pass."""
    tokens = sorted({job[0] for job in jobs})

    def shares(asked):
        clients = {token: Client(port, token) for token in tokens}
        answers = [clients[token].post("/v1/recall", {"query": query, "top_k": 1})
                   for token, query in asked]
        covered = sorted(answer["coverage"] for answer in answers)
        return {
            "asked": len(asked),
            "known": sum(answer["known"] for answer in answers),
            "coverage": {p: covered[min(len(covered) - 1, len(covered) * p // 100)]
                         for p in (1, 2, 50, 98, 99)},
        }

    result = {"questions but adversarial": shares([job[:2] for job in jobs if job[3] != 5])}
    for number, name in CATEGORIES.items():
        part = [job[:2] for job in jobs if job[3] == number]
        if part:
            result[f"questions, {name}"] = shares(part)
    for name, words in vocabularies(samples).items():
        queries = nonsense(words, 0)
        result[f"nonsense of {name}"] = shares(
            [(tokens[i % len(tokens)], query) for i, query in enumerate(queries)])
    return result


def interval(values, rng):
    """Bootstrap 95 % of the mean."""
    means = sorted(
        sum(rng.choices(values, k=len(values))) / len(values) for _ in range(BOOTSTRAP_ROUNDS)
    )
    return means[int(0.025 * BOOTSTRAP_ROUNDS)], means[int(0.975 * BOOTSTRAP_ROUNDS) - 1]


def summarise(rows, rng):
    summary = {"questions": len(rows)}
    for metric in METRICS:
        values = [100 * figures[metric] for _, figures in rows]
        summary[metric] = {"mean": sum(values) / len(values)}
        if metric in ("recall@10", "ndcg@10"):
            summary[metric]["interval95"] = interval(values, rng)
    return summary


def by_category(rows, rng):
    counted = [row for row in rows if row[0] != 5]
    result = {"all but adversarial": summarise(counted, rng)}
    for number, name in CATEGORIES.items():
        part = [row for row in rows if row[0] == number]
        if part:
            result[name] = summarise(part, rng)
    return result


def measure(port, samples):
    run = uuid.uuid4().hex[:8]
    layouts = {
        "one tenant per conversation": [[sample] for sample in samples],
        "all in one tenant": [samples],
    }
    result, known = {}, {}
    for layout, groups in layouts.items():
        jobs = []
        for number, group in enumerate(groups):
            token = new_tenant(f"locomo-{run}-{len(groups)}-{number}")
            ids = load(port, token, group)
            for sample in group:
                for qa in sample["qa"]:
                    relevant = {
                        ids[sample["sample_id"], turn]
                        for turn in evidence_turns(qa.get("evidence", []))
                        if (sample["sample_id"], turn) in ids
                    }
                    if relevant:
                        jobs.append((token, qa["question"], relevant, qa["category"]))
        for name, views in CONFIGURATIONS.items():
            print(f"{layout}: {name} ...", file=sys.stderr)
            rows = ask(port, jobs, views)
            result.setdefault(layout, {})[name] = by_category(rows, random.Random(0))
        known.setdefault(layout, {}).update(ask_whether_known(port, jobs, samples))
    return {"recall": result, "known": known}


def print_known(known):
    print("\n| layout | asked | n | known | share | coverage at 1, 2, 50, 98, 99 % |")
    print("|---|---|---|---|---|---|")
    for layout, rows in known.items():
        for name, row in rows.items():
            at = " ".join(f"{value:.2f}" for value in row["coverage"].values())
            print(f"| {layout} | {name} | {row['asked']} | {row['known']} | "
                  f"{100 * row['known'] / row['asked']:.1f} % | {at} |")


def print_table(result):
    print("| layout | views | questions | n | " + " | ".join(METRICS) + " |")
    print("|---|---|---|---|" + "---|" * len(METRICS))
    for layout, configurations in result.items():
        for views, categories in configurations.items():
            for category, summary in categories.items():
                cells = []
                for metric in METRICS:
                    figure = summary[metric]
                    low_high = figure.get("interval95")
                    spread = f" [{low_high[0]:.1f}, {low_high[1]:.1f}]" if low_high else ""
                    cells.append(f"{figure['mean']:.1f}{spread}")
                print(
                    f"| {layout} | {views} | {category} | {summary['questions']} | "
                    + " | ".join(cells)
                    + " |"
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="a LoCoMo JSON file")
    parser.add_argument("--port", type=int, default=int(os.environ.get("SOMABRAIN_HTTP_PORT", "0")))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        samples = json.load(file)
    result = measure(arguments.port, samples)
    if arguments.json:
        json.dump(result, sys.stdout, indent=1)
    else:
        print_table(result["recall"])
        print_known(result["known"])


if __name__ == "__main__":
    main()
