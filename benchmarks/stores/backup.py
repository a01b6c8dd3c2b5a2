"""How long a backup takes, and a restore into an empty database until it answers a recall.

A tenant of its own that brings its vectors, beside whatever the stack holds already; nothing of it is
left behind but the tenant. The second database lives in the stack's cluster.

    ./dev bench backup [MEMORIES]
"""

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "benchmarks/quality")]
DIMENSION = 384
BATCH = 500
WORDS = [f"word{n}" for n in range(5_000)]


def fill(client, memories):
    random.seed(1)
    pool = [[round(random.gauss(0, 1), 3) for _ in range(DIMENSION)] for _ in range(200)]
    for start in range(0, memories, BATCH):
        client.remember_batch(
            [
                {"text": " ".join(random.choices(WORDS, k=30)), "embedding": random.choice(pool)}
                for _ in range(start, min(start + BATCH, memories))
            ]
        )
    return pool[0]


def main():
    from api import Client
    from second_database import SecondDatabase
    from stack import Stack
    from tokens import Issuer

    memories = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    stack = Stack()
    name = f"backup-bench-{os.urandom(4).hex()}"
    tenant = stack.run("tenant", "create", name, "--dimension", DIMENSION).stdout.split()[-1]
    token = Issuer(stack).mint(tenant)
    start = time.perf_counter()
    vector = fill(Client(stack.http_port, token, timeout=120), memories)
    print(f"remembered {memories} memories in {time.perf_counter() - start:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as home:
        folder = pathlib.Path(home) / "backup"
        start = time.perf_counter()
        stack.run("backup", folder, timeout=600)
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"backup: {time.perf_counter() - start:.1f} s, {size / 1e6:.0f} MB", flush=True)
        second = SecondDatabase(stack, pathlib.Path(home))
        try:
            second.run("migrate")
            start = time.perf_counter()
            second.run("restore", folder, timeout=600)
            print(f"restore: {time.perf_counter() - start:.1f} s", flush=True)
            with second.serve() as port:
                client = Client(port, token, timeout=120)
                found = client.recall(embedding=vector, top_k=3)["results"]
                assert found, "nothing is recalled"
                print(f"restore to the first recall: {time.perf_counter() - start:.1f} s")
        finally:
            second.drop()


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}: {error.stderr}")
