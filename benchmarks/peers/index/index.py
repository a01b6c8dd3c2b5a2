"""./dev bench index [FILE] [--rounds N] [--rows N...]: our index beside faiss HNSW and hnswlib.

No stack is needed. FILE holds raw float32 unit vectors of 384 dimensions (.f32), or texts, one a
line, which somabrain's own embedder turns into such a file first, kept outside the tree; without FILE
the texts are passages that every Debian machine has. The last vectors are the queries. The answer's
measure is the exact top 10 in float64. The peers' search width is the least that reaches recall@10
0.99; all alternate in one run, one query at a time on one thread, then in bulk on two. Printed are
medians over the rounds, in processor time where it says CPU (another program's load does not count
there) and by the clock. A row with recall below 0.99 is void. The last line is the same as JSON.

Also built: bench_embed_texts
"""
import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import faiss
import hnswlib
import numpy as np
import passages

PROGRAMS = pathlib.Path("build/release/benchmarks")
DIMENSION, K, QUERIES, THREADS, FILTER_STEP = 384, 10, 500, 2, 100
GOAL = 0.99
LINKS, BUILD_WIDTH = 16, 200  # both peers' graphs
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


def vectors_of(file):
    """The path of a file of vectors, made first where `file` is texts or nothing."""
    if file and file.endswith(".f32"):
        return file
    cache = pathlib.Path(os.environ["SOMABRAIN_CACHE"])
    texts = pathlib.Path(file).read_bytes() if file else "\n".join(passages.collect(101_000)).encode()
    place = cache / f"vectors-{hashlib.sha256(texts).hexdigest()[:16]}.f32"
    if not place.exists():
        lines = place.with_suffix(".txt")
        lines.write_bytes(texts)
        unfinished = place.with_suffix(".part")
        print(f"embedding {len(texts.splitlines()):,} texts, once", file=sys.stderr)
        subprocess.run([PROGRAMS / "bench_embed_texts", os.environ["SOMABRAIN_MODEL_DIR"], lines,
                        unfinished], check=True, stdout=sys.stderr)
        unfinished.rename(place)
    return str(place)


class Truth:
    """The exact cosines in float64. A row as near as the tenth counts as found: copies are alike."""

    def __init__(self, rows, queries, step=1):
        self.rows = rows.astype(np.float64)
        self.queries = queries.astype(np.float64)
        self.tenth = []
        for query in self.queries:
            cosines = self.rows[::step] @ query
            self.tenth.append(np.partition(cosines, -K)[-K] - 1e-9)

    def recall(self, found):
        right = 0
        for query, tenth, rows in zip(self.queries, self.tenth, found):
            right += sum(self.rows[row] @ query >= tenth for row in set(rows) if row >= 0)
        return right / (K * len(found))


class Ours:
    name = "somabrain"

    def __init__(self, file, rows):
        self.program = subprocess.Popen([PROGRAMS / "bench_index", file, str(rows), str(QUERIES),
                                         str(DIMENSION)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        built = json.loads(self.program.stdout.readline())
        self.build_s, self.bytes = built["build_cpu_s"], built["vector_bytes"]
        self.structure_bytes = built["structure_bytes"]

    def ask(self, command):
        self.program.stdin.write(command + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def latency(self):
        return self.ask(f"latency {K}")

    def filtered(self):
        return self.ask(f"filtered {K} {FILTER_STEP}")

    def throughput(self):
        return self.ask(f"throughput {K} {THREADS}")

    def close(self):
        self.program.stdin.close()
        self.program.wait()


def timed(queries, ask):
    """`ask` gives the rows for one query; the times are microseconds."""
    cpu, wall, found = [], [], []
    for query in queries:
        wall_start, cpu_start = time.perf_counter_ns(), time.thread_time_ns()
        rows = ask(query)
        cpu.append((time.thread_time_ns() - cpu_start) / 1e3)
        wall.append((time.perf_counter_ns() - wall_start) / 1e3)
        found.append([int(row) for row in rows])
    return {"cpu_p50": np.percentile(cpu, 50), "cpu_p95": np.percentile(cpu, 95),
            "wall_p50": np.percentile(wall, 50), "wall_p95": np.percentile(wall, 95), "found": found}


class Peer:
    def __init__(self, rows, queries):
        self.queries = queries
        start = time.process_time()
        self.build(rows)
        self.build_s = time.process_time() - start

    def latency(self):
        self.threads(1)
        return timed(self.queries, self.one)

    def filtered(self):
        self.threads(1)
        return timed(self.queries[:self.filtered_queries], self.one_filtered)

    def throughput(self):
        self.threads(THREADS)
        many = np.tile(self.queries, (4, 1))
        wall, cpu = time.perf_counter(), time.process_time()
        self.bulk(many)
        return {"queries": len(many), "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu}

    def tune(self, truth):
        for width in WIDTHS:
            self.width(width)
            self.chosen_width = width
            if truth.recall(self.latency()["found"]) >= GOAL:
                break

    def close(self):
        pass


class FaissHnsw(Peer):
    name = "faiss HNSW"
    filtered_queries = QUERIES

    def build(self, rows):
        faiss.omp_set_num_threads(THREADS)
        self.index = faiss.IndexHNSWFlat(DIMENSION, LINKS)
        self.index.hnsw.efConstruction = BUILD_WIDTH
        self.index.add(rows)
        self.bytes = len(faiss.serialize_index(self.index))
        allowed = np.packbits(np.arange(len(rows)) % FILTER_STEP == 0, bitorder="little")
        self.selector = faiss.IDSelectorBitmap(allowed)

    def threads(self, count):
        faiss.omp_set_num_threads(count)

    def width(self, width):
        self.index.hnsw.efSearch = width
        self.filter = faiss.SearchParametersHNSW(sel=self.selector, efSearch=width)

    def one(self, query):
        return self.index.search(query[None], K)[1][0]

    def one_filtered(self, query):
        return self.index.search(query[None], K, params=self.filter)[1][0]

    def bulk(self, queries):
        self.index.search(queries, K)


class Hnswlib(Peer):
    name = "hnswlib"
    filtered_queries = 20  # its filter is a Python function, called for each row it meets

    def build(self, rows):
        self.index = hnswlib.Index(space="l2", dim=DIMENSION)
        self.index.init_index(max_elements=len(rows), M=LINKS, ef_construction=BUILD_WIDTH)
        self.index.add_items(rows, num_threads=THREADS)
        self.bytes = self.index.index_file_size()

    def threads(self, count):
        self.index.set_num_threads(count)

    def width(self, width):
        self.index.set_ef(width)

    def one(self, query):
        return self.index.knn_query(query, K)[0][0]

    def one_filtered(self, query):
        return self.index.knn_query(query, K, filter=lambda row: row % FILTER_STEP == 0)[0][0]

    def bulk(self, queries):
        self.index.knn_query(queries, K)


class FaissFlat(FaissHnsw):
    """Every allowed row in float: what an exact answer under a filter costs elsewhere."""
    name = "faiss flat"

    def build(self, rows):
        self.index = faiss.IndexFlatIP(DIMENSION)
        self.index.add(rows)
        allowed = np.packbits(np.arange(len(rows)) % FILTER_STEP == 0, bitorder="little")
        self.selector = faiss.IDSelectorBitmap(allowed)
        self.filter = faiss.SearchParameters(sel=self.selector)


def medians(rounds):
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0] if key != "found"}


def spread(ours, peer):
    """The peer's time over ours, round by round: the median, the least, the greatest."""
    ratios = [b["cpu_p50"] / a["cpu_p50"] for a, b in zip(ours, peer)]
    return [round(x, 2) for x in (statistics.median(ratios), min(ratios), max(ratios))]


def report(index, latencies, bulks, filters, truths, ours):
    row = {"index": index.name, "build_cpu_s": index.build_s, "bytes": index.bytes,
           "width": getattr(index, "chosen_width", None)}
    if latencies:
        bulk = medians(bulks)
        row |= medians(latencies) | {
            "recall": truths[0].recall(latencies[0]["found"]),
            "per_second": bulk["queries"] / bulk["wall_s"],
            "per_second_of_two_cores": THREADS * bulk["queries"] / bulk["cpu_s"],
            "ratio": spread(ours[0], latencies)}
    row["filtered"] = medians(filters) | {"recall": truths[1].recall(filters[0]["found"]),
                                          "ratio": spread(ours[1], filters)}
    return row


def measure(file, vectors, count, rounds):
    rows, queries = np.ascontiguousarray(vectors[:count]), np.ascontiguousarray(vectors[-QUERIES:])
    truths = Truth(rows, queries), Truth(rows, queries, FILTER_STEP)
    ours, flat = Ours(file, count), FaissFlat(rows, queries)
    flat.bytes = rows.nbytes
    peers = [FaissHnsw(rows, queries), Hnswlib(rows, queries)]
    for peer in peers:
        peer.tune(truths[0])
    whole, latencies, bulks, filters = [], {}, {}, {}
    for number in range(rounds):
        for index in [ours, *peers]:
            latencies.setdefault(index.name, []).append(index.latency())
            bulks.setdefault(index.name, []).append(index.throughput())
        for index in [ours, *peers, flat]:
            if number == 0 or index.name != "hnswlib":
                filters.setdefault(index.name, []).append(index.filtered())
        whole.append(ours.ask(f"recall {K}"))
    mine = latencies["somabrain"], filters["somabrain"]
    result = {"rows": count, "recall_search": medians(whole), "structure_bytes": ours.structure_bytes,
              "indexes": [report(index, latencies.get(index.name), bulks.get(index.name),
                                 filters[index.name], truths, mine) for index in [ours, *peers, flat]]}
    if count >= 50_000:
        result["switch"] = ours.ask(f"switch {K}")["sizes"]
    ours.close()
    return result


def show(result):
    print(f"\n{result['rows']:,} x {DIMENSION}; times in ms; ratio: the peer's CPU p50 over ours, "
          "median (least to greatest)")
    print(f"{'index':12}{'recall@10':>10}{'CPU p50':>9}{'p95':>7}{'clock p50':>11}{'p95':>7}{'queries/s':>11}"
          f"{'2 free cores':>14}{'MB':>7}{'build CPU s':>13}  ratio")
    for row in result["indexes"]:
        if "recall" in row:
            void = "" if row["recall"] >= GOAL else "  VOID"
            print(f"{row['index']:12}{row['recall']:10.4f}{row['cpu_p50'] / 1e3:9.3f}{row['cpu_p95'] / 1e3:7.3f}"
                  f"{row['wall_p50'] / 1e3:11.3f}{row['wall_p95'] / 1e3:7.3f}{row['per_second']:11,.0f}"
                  f"{row['per_second_of_two_cores']:14,.0f}{row['bytes'] / 1e6:7.0f}{row['build_cpu_s']:13.1f}"
                  f"  {row['ratio'][0]} ({row['ratio'][1]} to {row['ratio'][2]}){void}")
    print(f"{'1 % filter':12}{'recall@10':>10}{'CPU p50':>9}{'p95':>7}{'clock p50':>11}  ratio")
    for row in result["indexes"]:
        some = row["filtered"]
        print(f"{row['index']:12}{some['recall']:10.4f}{some['cpu_p50'] / 1e3:9.3f}{some['cpu_p95'] / 1e3:7.3f}"
              f"{some['wall_p50'] / 1e3:11.3f}  {some['ratio'][0]}")
    whole = result["recall_search"]
    print(f"recall's whole search, dense alone: CPU p50 {whole['cpu_p50'] / 1e3:.3f} p95 {whole['cpu_p95'] / 1e3:.3f}; "
          f"all structures but texts {result['structure_bytes'] / 1e6:.0f} MB")
    if "switch" in result:
        print("\nrows scanned whole | by sketches (ms, CPU p50) | share of the whole scan's top 10 kept: "
              "the index alone; recall's whole search")
        for size in result["switch"]:
            sides = [f"{side['exact'] / 1e3:.3f} | {side['sketch'] / 1e3:.3f} | {side['kept']:.4f}"
                     for side in (size["alone"], size["recall"])]
            print(f"{size['rows']:8,}   {'   '.join(sides)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()
    file = vectors_of(arguments.file)
    vectors = np.fromfile(file, np.float32).reshape(-1, DIMENSION)
    if len(vectors) < max(arguments.rows) + QUERIES:
        sys.exit(f"{len(vectors)} vectors; {max(arguments.rows) + QUERIES} wanted")
    load = os.getloadavg()[0]
    results = [measure(file, vectors, count, arguments.rounds) for count in arguments.rows]
    for result in results:
        show(result)
    print(f"\nload before {load:.1f}, after {os.getloadavg()[0]:.1f}, of {os.cpu_count()} cores; "
          f"{QUERIES} queries, {arguments.rounds} rounds; peers M {LINKS}, built at width {BUILD_WIDTH}")
    print(json.dumps({"load": [load, os.getloadavg()[0]], "results": results}))


if __name__ == "__main__":
    main()
