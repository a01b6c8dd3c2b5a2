#!/usr/bin/env python3
"""Random operations over HTTP against a naive model: `./dev test model [OPERATIONS]`.

run.py [OPERATIONS] [--seed N] [--workers N] [--episode N --only I,J,…]
Each worker runs episodes: a tenant of its own, so many operations, everything compared. A difference is
shrunk to the operations that still show it and printed with what repeats it. The last line counts the
operations whose answers agreed, and the differences.
"""
import argparse
import multiprocessing
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import episode as model
from stack import Stack
from tokens import Issuer

LENGTH = 400  # operations of an episode


def work(queue, seed, parts):
    """One worker: its episodes, one after the other; the first difference ends it."""
    stack = Stack()
    episodes = model.Episodes(stack, Issuer(stack), seed)
    for number, count in parts:
        try:
            episodes.run(number, list(range(count)))
            queue.put((count, None))
        except model.Failure as failure:
            queue.put((failure.index, explain(episodes, seed, number, failure)))
            return
        except Exception as error:  # whatever it is, it is no agreement
            queue.put((0, f"seed {seed} episode {number}: {type(error).__name__}: {error}"))
            raise
    queue.put((0, None))


def explain(episodes, seed, number, failure):
    indices, shown = model.shrink(episodes, number, list(range(failure.index + 1)), tries=60)
    lines = [f"DIFFERENCE in episode {number} of seed {seed}: {failure}"]
    if shown is None:
        lines.append(f"it did not show again; {len(failure.sent)} requests led to it, the last are")
        lines += model.transcript(failure.sent[-12:])
    else:
        lines.append(f"shrunk to {len(indices)} operations: {shown}")
        lines += model.transcript(shown.sent)
    only = ",".join(map(str, indices))
    lines.append(f"again: tests/model/run.py --seed {seed} --episode {number} --only {only}")
    return "\n".join(lines)


def episodes_of(operations):
    return [(at // LENGTH, min(LENGTH, operations - at)) for at in range(0, operations, LENGTH)]


def run_all(operations, seed, workers):
    queue = multiprocessing.Queue()
    parts = episodes_of(operations)
    processes = [multiprocessing.Process(target=work, args=(queue, seed, parts[n::workers]))
                 for n in range(min(workers, len(parts)))]
    for process in processes:
        process.start()
    agreed, differences, started = 0, [], time.monotonic()
    while any(p.is_alive() for p in processes) or not queue.empty():
        try:
            count, said = queue.get(timeout=0.2)
        except Exception:  # queue.Empty: nobody is done yet
            continue
        agreed += count
        if agreed // 10_000 > (agreed - count) // 10_000:
            print(f"{agreed} operations, {time.monotonic() - started:.0f} s", flush=True)
        if said:
            differences.append(said)
            print(said, flush=True)
    for process in processes:
        process.join()
    broken = sum(p.exitcode != 0 for p in processes)
    return agreed, len(differences) + (broken if not differences else 0)


def run_one(seed, number, only):
    stack = Stack()
    try:
        model.Episodes(stack, Issuer(stack), seed).run(number, only)
    except model.Failure as failure:
        print("\n".join(model.transcript(failure.sent)), failure, sep="\n")
        return len(only), 1
    return len(only), 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("operations", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--episode", type=int)
    parser.add_argument("--only", type=lambda text: [int(i) for i in text.split(",")])
    given = parser.parse_args()
    started = time.monotonic()
    if given.episode is not None:
        agreed, differences = run_one(given.seed, given.episode, given.only or list(range(LENGTH)))
    else:
        agreed, differences = run_all(given.operations, given.seed, given.workers)
    print(f"seed {given.seed}: {agreed} operations agreed, {differences} differences, "
          f"{time.monotonic() - started:.0f} s")
    print(f"{agreed} passed, {differences} failed")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
