#!/usr/bin/env python3
"""Kafka is away for ten minutes: do requests go on, does the lag grow and drain, is every event there once?

    ./dev test kafka-outage [--minutes 10]

A stack of its own with one broker, which is killed with -9 while a client writes and is started again after that
time. No write may be refused, /ready stays 200, the relay's lag only grows; afterwards it drains, and the three
topics are held against the ledger."""
import argparse
import pathlib
import signal
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

from api import Client
from private_stack import PrivateStack
from relaying import Writer, check_topics, metrics, wait_until_drained
from tokens import Issuer

LOOKS = 20  # at the lag, while it is away


def away(stack, minutes):
    """(events behind, /ready) at each look."""
    seen = []
    with stack.without("kafka"):
        for _ in range(LOOKS):
            time.sleep(60 * minutes / LOOKS)
            now = metrics(stack)
            seen.append((now["somabrain_relay_lag_events"], stack.ready()[0]))
            print(f"{now['somabrain_relay_lag_events']:.0f} events behind, the oldest since "
                  f"{now['somabrain_relay_lag_seconds']:.0f} s", flush=True)
    return seen


def drill(stack, minutes):
    stack.up()
    client = Client(stack.http_port, Issuer(stack).mint(stack.create_tenant("outage")))
    with Writer(client, pause=0.1) as writer:
        wait_until_drained(stack)
        seen = away(stack, minutes)
    began = time.monotonic()
    wait_until_drained(stack)
    drained = time.monotonic() - began
    differences = check_topics(stack)
    lags = [lag for lag, _ in seen]
    print(f"{writer.written} written, {lags[-1]:.0f} events behind at the end, drained in {drained:.1f} s, "
          f"{len(differences)} differences between ledger and topics")
    for line in [*differences[:5], *filter(None, [writer.trouble])]:
        print(f"wrong: {line}")
    return {"every write was acknowledged": writer.trouble is None and writer.written > 0,
            "the service is ready": all(status == 200 for _, status in seen),
            "the lag grows": lags == sorted(lags) and lags[-1] > lags[0],
            "each event is there once, in order": not differences}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with PrivateStack.temporary("outage", kafka=1) as stack:
        outcome = drill(stack, options.minutes)
    failed = [name for name, good in outcome.items() if not good]
    print(f"failed: {', '.join(failed) or 'nothing'}")
    print(f"{len(outcome) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
