"""The ledger: how much goes through it to a checked consumer, what an event costs, how fast proofs are.

Most of it is measured by bench_ledger, on servers that it starts and ends: PostgreSQL with fsync, Kafka with acks of
all, OpenBao, a bucket with object lock. The running stack is asked over HTTP for what only it can say: what a proof
takes, which share of events fell back under load, how soon checkpoints are witnessed. A tenant stays behind there.

    ./dev bench ledger [--short] [--only "proofs throughput cost http"] [--json]

Also built: bench_ledger
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import latency
CLIENTS = 8
WITNESSED = "somabrain_ledger_witnessed_seconds"
PARTS = "proofs throughput cost http"


def core(arguments):
    """What bench_ledger says; its progress goes to stderr."""
    command = [
        ROOT / "build/release/benchmarks/bench_ledger",
        os.environ["SOMABRAIN_MODEL_DIR"],
        arguments.seconds,
        arguments.rate,
        arguments.rounds,
        arguments.only,
    ]
    done = subprocess.run([str(each) for each in command], stdout=subprocess.PIPE, text=True)
    if not done.stdout:
        sys.exit(done.returncode or 1)
    return json.loads(done.stdout), done.returncode


def metrics(port):
    """{name: value}, summed over labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        lines = reply.read().decode().splitlines()
    values = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, value = line.split("{")[0].split()[0], float(line.rsplit(" ", 1)[1])
            values[name] = values.get(name, 0.0) + value
    return values


def share(before, after, part, whole):
    """The part's share in what was counted meanwhile; None when nobody counts it."""
    counted = after.get(whole, 0) - before.get(whole, 0)
    if part not in after or counted <= 0:
        return None
    return {"of": counted, "share": (after[part] - before.get(part, 0)) / counted}


def load(api, seconds):
    """Recalls and reads of single memories by eight clients; returns how many were answered."""
    from api import Client

    ids = [api.remember(text=f"The ledger keeps entry {number}.")["id"] for number in range(50)]
    end = time.monotonic() + seconds

    def ask(number):
        client, asked = Client(api.port, api.token), 0
        while time.monotonic() < end:
            client.call("POST", "/v1/recall", {"query": f"entry {number} {asked}"})
            client.call("GET", f"/v1/memories/{ids[asked % len(ids)]}")
            asked += 2
        return asked

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(ask, range(CLIENTS)))


def proofs_over_http(api, count):
    """Milliseconds of GET /v1/audit/events/{id}/proof, or why there are none: a law may forbid them."""
    reply = api.call("GET", f"/v1/audit/events?limit={count}")
    if reply.status != 200:
        return {"refused": reply.json["detail"]}
    ids = [event["id"] for event in reply.json["events"]]
    while api.call("GET", f"/v1/audit/events/{ids[-1]}/proof").status == 503:
        time.sleep(0.2)  # in no checkpoint yet
    took = []
    for event in ids * (1 + count // len(ids)):
        start = time.perf_counter()
        proof = api.call("GET", f"/v1/audit/events/{event}/proof")
        took.append(1000 * (time.perf_counter() - start))
        assert proof.status == 200, proof
    return {"proofs": len(took), "p50_ms": statistics.median(took), "p99_ms": sorted(took)[len(took) * 99 // 100]}


def over_http(seconds):
    from api import Client
    from stack import Stack
    from tokens import Issuer

    stack = Stack()
    ports = json.loads((ROOT / "ports.json").read_text())
    tenant = stack.run("tenant", "create", f"ledger-bench-{os.urandom(4).hex()}").stdout.split()[-1]
    api = Client(stack.http_port, Issuer(stack).mint(tenant, roles=("admin",)))
    buckets = latency.metrics(ports["SOMABRAIN_OPS_PORT"])
    before = metrics(ports["SOMABRAIN_OPS_PORT"]), metrics(ports["SOMABRAIN_RELAY_PORT"])
    answered = load(api, seconds)
    time.sleep(2)  # the relay's last batch
    after = metrics(ports["SOMABRAIN_OPS_PORT"]), metrics(ports["SOMABRAIN_RELAY_PORT"])
    return {
        "answered": answered,
        "seconds": seconds,
        "buffered": share(before[0], after[0], "somabrain_ledger_buffered_total", "somabrain_ledger_events_total"),
        "late": share(before[1], after[1], "somabrain_relay_late_events_total", "somabrain_relay_events_total"),
        "witnessed_s": {
            q: latency.quantile(buckets, latency.metrics(ports["SOMABRAIN_OPS_PORT"]), WITNESSED, {}, q) / 1000
            for q in (0.5, 0.99)
        },
        "proof": proofs_over_http(api, 100),
    }


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def percent(fallback):
    return "not counted" if fallback is None else f"{100 * fallback['share']:.3f} % of {fallback['of']:.0f} events"


def print_throughput(result):
    load = result["sustained"]
    lag, signed, witnessed = load["lag_s"], load["signed"], load["witnessed"]
    row("ledger → Kafka → checked consumer", "")
    row("---", "---")
    row(f"offered for {load['seconds']:.0f} s, events of {load['body_bytes']} bytes", f"{load['offered_per_s']:.0f}/s")
    row("acknowledged by PostgreSQL, read and checked while writing", f"{load['read_while_writing_per_s']:.0f}/s")
    row("not acknowledged / lost / doubled / out of order",
        f"{load['not_acknowledged']} / {load['lost']} / {load['doubled']} / {load['gap'] or 0}")
    row("from the event's time to the consumer, p50 / p99 / most", f"{lag['p50']:.2f} / {lag['p99']:.2f} / {lag['most']:.2f} s")
    row("later than 10 s", f"{100 * load['late_share']:.3f} %")
    row("signed in a checkpoint after, p50 / p99 / most",
        f"{signed['p50_s']:.2f} / {signed['p99_s']:.2f} / {signed['most_s']:.2f} s")
    row("cosigned by the witness after, p50 / p99 / most",
        f"{witnessed['p50_s']:.2f} / {witnessed['p99_s']:.2f} / {witnessed['most_s']:.2f} s")
    row("tiles owed at the end", load["owed_tiles_at_end"])
    row("CPU of committer, relay, checkpointer, witness and reader together", f"{load['cpu_us_an_event']:.0f} µs an event")
    backlog = result["backlog"]
    ratio = backlog["ratio"]
    row(f"a backlog of {backlog['events']}: relay / librdkafka alone, {len(backlog['rounds'])} rounds in turns",
        f"{backlog['relay_per_s']['median']:.0f}/s / {backlog['librdkafka_per_s']['median']:.0f}/s: "
        f"{ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})")


def print_proofs(proofs):
    row(f"proofs at {proofs['leaves']} leaves, from hashes in hand", "p50", "p99")
    row("---", "---", "---")
    for name in ("made", "verified"):
        row(name, f"{proofs[name]['p50_us']:.0f} µs", f"{proofs[name]['p99_us']:.0f} µs")


def print_cost(costs):
    row("recall", "clients", "p50 with its event / without", "CPU with / without", "event's CPU", "more CPU")
    row(*["---"] * 6)
    for cost in costs:
        ratio = cost["cpu_share"]
        row(cost["query"], cost["clients"],
            f"{cost['with_p50_ms']['median']:.2f} / {cost['without_p50_ms']['median']:.2f} ms",
            f"{cost['with_cpu_us']['median']:.0f} / {cost['without_cpu_us']['median']:.0f} µs",
            f"{cost['event_cpu_us']['median']:.0f} µs",
            f"{100 * ratio['median']:.0f} % ({100 * ratio['least']:.0f} to {100 * ratio['most']:.0f})")


def print_http(http):
    row("the running stack", "")
    row("---", "---")
    row(f"{http['answered']} reads by {CLIENTS} clients in {http['seconds']} s: buffered", percent(http["buffered"]))
    row("relayed late", percent(http["late"]))
    witnessed, proof = http["witnessed_s"].values(), http["proof"]
    row("from an event to its witness's cosignature, p50 / p99, to a quarter", " / ".join(f"{s:.2f}" for s in witnessed) + " s")
    row("GET /v1/audit/events/{id}/proof, p50 / p99",
        f"{proof['p50_ms']:.2f} / {proof['p99_ms']:.2f} ms" if "refused" not in proof else proof["refused"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=PARTS, help=f'of "{PARTS}"')
    parser.add_argument("--rate", type=float, default=6000, help="events offered a second")
    parser.add_argument("--short", action="store_true", help="15 s and 2 rounds in place of 120 s and 7")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    arguments.seconds, arguments.rounds = (15, 2) if arguments.short else (120, 7)
    result, status = {}, 0
    if arguments.only != "http":
        result, status = core(arguments)
    if "http" in arguments.only:
        result["http"] = over_http(10 if arguments.short else 30)
    if arguments.json:
        print(json.dumps(result, indent=1))
        sys.exit(status)
    printers = {"sustained": lambda _: print_throughput(result), "proofs": print_proofs, "cost": print_cost, "http": print_http}
    for part, show in printers.items():
        if part in result:
            show(result[part])
            print()
    sys.exit(status)


if __name__ == "__main__":
    main()
