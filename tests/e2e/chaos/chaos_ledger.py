#!/usr/bin/env python3
"""Everything dies in turn while 32 clients work: does a consumer hold each acknowledged event exactly once?

    ./dev test chaos-ledger [--requests 100000] [--faults 54] [--seed N]

Three brokers, a stack of its own. kill -9 or SIGSTOP for 5 s of the service, PostgreSQL, Redis, the leader of a
tenant's partition, object storage and the relay, in an order made of the printed seed; of the kills at least five
hit the time between a COMMIT and its answer. Then all is healed and drained, and a consumer that read along, one
that comes later, PostgreSQL and `audit verify` of the whole log are held against what clients were answered."""
import argparse
import os
import pathlib
import random
import signal
import sys
import time

if __name__ == "__main__":
    HERE = pathlib.Path(__file__).resolve()
    for folder in (HERE.parents[2] / "support", HERE.parents[1] / "relay", HERE.parents[1] / "faults"):
        sys.path.insert(0, str(folder))

import chaos_check
import kafka
from chaos_consumer import Consumer, read_all
from chaos_faults import Faults, plan
from chaos_load import Load
from crash_drill import log_is_dense, slow_commits
from private_stack import PrivateStack
from relaying import metrics, wait_until_drained
from tokens import Issuer

TENANTS = 8
IN_WINDOW = 5  # kills between COMMIT and its answer, at least
LIES = 30
ARCHIVED = 120  # seconds: object storage gets what is new each minute


def say(*words):
    print(*words, flush=True)


def tokens_of(stack):
    """{role: token} for each tenant, and the tenants."""
    issuer = Issuer(stack)
    tenants = [stack.create_tenant(f"chaos-{number}") for number in range(TENANTS)]
    roles = ("agent", "operator", "auditor")
    return tenants, [{role: issuer.mint(tenant, (role,)) for role in roles} for tenant in tenants]


def run(stack, options, rng, began):
    """Load and faults; (load, faults, consumer) when enough was asked and all is healed."""
    tenants, tokens = tokens_of(stack)
    load = Load(stack.http_port, options.seed, options.clients, tokens).start()
    consumer = Consumer(stack).start()
    faults = Faults(stack, rng, tenants)
    planned = plan(rng, options.faults, faults.parts)
    try:
        for begin in range(0, len(planned), 10):
            faults.carry_out(planned[begin:begin + 10])
            consumer.begin_anew()
            say(f"{time.monotonic() - began:5.0f} s: {sum(faults.done.values())} faults, "
                f"{len(load.acknowledged)} acknowledged, {len(load.unanswered)} not")
        faults.until_in_window(IN_WINDOW, 20)
        end = began + 60 * options.minutes - 120  # the rest is for checking
        while len(load.acknowledged) < options.requests and time.monotonic() < end and not load.trouble:
            time.sleep(0.2)
    finally:
        load.stop()
        consumer.stopping = consumer.stopping or sys.exc_info()[0] is not None
    faults.heal()
    return load, faults, consumer


def drain(stack, consumer):
    """Until Kafka has everything; seconds."""
    from_ = time.monotonic()
    wait_until_drained(stack)
    consumer.stop_after(stack.rows("SELECT size FROM log")[0][0], 60)
    return time.monotonic() - from_


def audit(stack, folder):
    """What `audit verify` says of the whole log, once object storage has all of it."""
    key = folder / "key"
    key.write_text(stack.run("audit", "key").stdout)
    size = stack.rows("SELECT size FROM log")[0][0]
    end = time.monotonic() + ARCHIVED
    while True:
        stack.run("audit", "fetch", "--dir", folder / "log")
        done = stack.run("audit", "verify", "--dir", folder / "log", "--key", key, check=False)
        if done.returncode != 0 or done.stdout.startswith(f"valid: {size} leaves "):
            return (done.stdout + done.stderr).strip()
        if time.monotonic() > end:
            return f"after {ARCHIVED} s object storage has not got all {size} leaves: {done.stdout.strip()}"
        time.sleep(5)


def check_all(stack, load, consumer, rng):
    """(verdicts by consumer, what is wrong besides, lies told, lies caught)"""
    late = read_all(stack)
    verdicts = {name: chaos_check.check(load.acknowledged, load.unanswered, events)
                for name, events in (("read along", consumer.events), ("came later", late))}
    wrong = [*load.strange(), *filter(None, (load.trouble, consumer.trouble))]
    ledger = stack.rows(kafka.LEDGER)
    for topic in kafka.TOPICS:
        wrong += [f"{topic}: {what}" for what in
                  kafka.differences(ledger, kafka.read_topic(stack, topic), kafka.BELONGS[topic])]
    if not log_is_dense(stack):
        wrong.append("the log is not dense")
    lies = chaos_check.seeded_lies(load.acknowledged, load.unanswered, late, rng, LIES)
    return verdicts, wrong, *lies


def print_faults(faults):
    say(f"\n{'':14} {'kill -9':>8} {'frozen':>8} {'at commit':>10}")
    for part in faults.parts:
        say(f"{part:14} {faults.done[part, 'kill']:8} {faults.done[part, 'freeze']:8} "
            f"{faults.done[part, 'kill at commit']:10}")


def report(options, load, faults, verdicts, told, caught):
    print_faults(faults)
    say(f"\nfaults {sum(faults.done.values())}, kills between COMMIT and its answer {faults.in_window}")
    say(f"acknowledged {len(load.acknowledged)}, unanswered or 5xx {len(load.unanswered)}, "
        f"clients {options.clients}, longest without an answer {load.longest_silence:.1f} s")
    for (action, status), count in sorted(load.by_action.items()):
        say(f"  {action:20} {status or 'no answer':>9} {count:8}")
    for name, verdict in verdicts.items():
        say(f"consumer that {name}: lost {len(verdict.lost)}, doubled {len(verdict.doubled)}, "
            f"out of order {len(verdict.out_of_order)}, false {len(verdict.false)}")
        for lines in (verdict.lost, verdict.doubled, verdict.out_of_order, verdict.false):
            for line in lines[:5]:
                say(f"  {line}")
    say(f"the checker caught {caught} of {told} lies put into this input")


def drill(stack, options, began):
    rng = random.Random(options.seed)
    stack.up()
    slow_commits(stack)
    say(f"seed {options.seed}; the stack is up after {time.monotonic() - began:.0f} s")
    load, faults, consumer = run(stack, options, rng, began)
    drained = drain(stack, consumer)
    verdicts, wrong, told, caught = check_all(stack, load, consumer, rng)
    verdict = audit(stack, stack.root)
    report(options, load, faults, verdicts, told, caught)
    late = metrics(stack)["somabrain_relay_late_events_total"]
    say(f"drained in {drained:.1f} s; late in this relay's life {late:.0f}; the consumer began anew "
        f"{consumer.restarts} times; audit: {verdict}")
    wrong += faults.troubles
    for line in wrong[:20]:
        say(f"wrong: {line}")
    return {"faults": sum(faults.done.values()) >= options.faults, "in window": faults.in_window >= IN_WINDOW,
            "requests": len(load.acknowledged) >= options.requests, "nothing else wrong": not wrong,
            "lies caught": told == caught, "audit": verdict.startswith("valid: "),
            **{f"consumer that {name}": verdict.clean for name, verdict in verdicts.items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000, help="acknowledged ones, at least")
    parser.add_argument("--faults", type=int, default=54)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    began = time.monotonic()
    with PrivateStack.temporary("chaos", kafka=3) as stack:
        outcome = drill(stack, options, began)
    seconds = time.monotonic() - began
    outcome["in time"] = seconds <= 60 * options.minutes
    say(f"{seconds:.0f} s; failed: {', '.join(name for name, good in outcome.items() if not good) or 'nothing'}")
    failed = sum(not good for good in outcome.values())
    print(f"{len(outcome) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
