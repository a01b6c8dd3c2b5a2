"""Which index of `events` each question of GET /v1/audit/events walks, on 10^6 events of 101 tenants, one of which has
nine in ten. The statements are those of src/backends/postgres/audit/audit_log.cpp, planned and run by PostgreSQL for
the service's own role, in a database of its own beside the running stack's.

    ./dev bench trail [--events N] [--json]

Pages of 100, each asked twice; the second is printed: all of it was in memory.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from second_database import SecondDatabase
from stack import Stack

SOURCE = ROOT / "src/backends/postgres/audit/audit_log.cpp"
PARAMETERS = ("tenant", "stream", "from", "to", "action", "actor", "ref", "beyond", "limit")
# One in ten is of one of 100 small tenants, one in 1,000 in `state`; an action that came ten times; seven actors; a
# telemetry_ref in one of 1,000; an event every 20 seconds.
FILL = """INSERT INTO events SELECT log_id, i, gen_random_uuid(), md5('tenant' || n)::uuid, s, i + 1,
  '2026-01-01Z'::timestamptz + i * interval '20 seconds', 'agent-' || i % 7,
  CASE WHEN i % 100003 = 7 THEN 'subject.erase' WHEN s = 'state' THEN 'memory.remember' ELSE 'memory.recall' END,
  CASE WHEN i % 1000 = 3 THEN 'run ' || i END, convert_to(repeat('x', 700), 'UTF8'), sha256(i::text::bytea)
FROM log, LATERAL (SELECT i, CASE WHEN i % 10 = 0 THEN 1 + i / 10 % 100 ELSE 0 END AS n,
  CASE WHEN i % 1000 = 5 THEN 'state' ELSE 'access' END AS s FROM generate_series(0, {events} - 1) i) g"""


def questions(events):
    """{what is asked: parameters}; times and cursors are in the middle of the log."""
    middle = f"2026-01-01Z {events // 2 * 20} seconds"
    return {
        "no filter": {},
        "a page further on": {"beyond": events // 2},
        "stream": {"stream": "state"},
        "action, rare": {"action": "subject.erase"},
        "action, there is none": {"action": "nothing"},
        "actor": {"actor": "agent-3"},
        "telemetry_ref": {"ref": f"run {events // 2 + 3}"},
        "an hour": {"from": middle, "to": middle + " 1 hour"},
        "from the middle on": {"from": middle},
        "to the middle": {"to": middle},
        "a month of an actor": {"from": middle, "to": middle + " 30 days", "actor": "agent-3"},
    }


def statements():
    """{newest_first: SQL, oldest_first: SQL}, as the preprocessor puts them together."""
    text = "".join(line for line in SOURCE.read_text().splitlines(True) if not line.startswith("#include"))
    text = subprocess.run(["cpp", "-P"], input=text, capture_output=True, text=True, check=True).stdout
    found = re.findall(r'"audit_(newest_first|oldest_first)",(.*?)\}', text, re.DOTALL)
    return {name: "".join(re.findall(r'"([^"]*)"', body)) for name, body in found}


def literal(name, value):
    if value is None:
        return "NULL"
    if name in ("from", "to"):
        start, *later = value.split(" ", 1)
        return f"'{start}'::timestamptz" + f" + interval '{later[0]}'" * bool(later)
    return str(value) if isinstance(value, int) else f"'{value}'"


def scans(plan):
    """Those that were carried out, but for looks into partitions that are empty yet."""
    met = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    own = [plan] if "Relation Name" in plan and plan["Actual Loops"] and ("Index Name" in plan or met) else []
    return own + [scan for part in plan.get("Plans", []) for scan in scans(part)]


def ask(connection, order, tenant, asked):
    values = {**dict.fromkeys(PARAMETERS), "tenant": tenant, "limit": 101, **asked}
    words = ", ".join(literal(name, values[name]) for name in PARAMETERS)
    query = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {order}({words})"
    for _ in range(2):
        answer = connection.execute(query).fetchone()[0][0]
    found = scans(answer["Plan"])
    # A partition's index is called after the one it belongs to by its columns alone.
    indexes = {re.sub(r"^events_\d+_|_idx\d*$", "", scan.get("Index Name", "none: all of it")) for scan in found}
    return {"indexes": sorted(indexes), "rows": answer["Plan"]["Actual Rows"],
            "passed_over": sum(scan.get("Rows Removed by Filter", 0) for scan in found),
            "pages": answer["Plan"]["Shared Hit Blocks"] + answer["Plan"]["Shared Read Blocks"],
            "ms": answer["Execution Time"] + answer["Planning Time"]}


def measure(database, events):
    results = []
    with database.connect() as connection:
        connection.execute(FILL.format(events=events))
        connection.execute("UPDATE log SET size = %s", (events,))
        connection.execute("VACUUM ANALYZE events")
        for order, text in statements().items():
            connection.execute(f"PREPARE {order} AS {text}")
        connection.execute("SET plan_cache_mode = force_custom_plan")
        connection.execute("SET ROLE soma_app")
        for size, number in (("nine in ten", 0), ("one in 1,000", 7)):
            tenant = connection.execute("SELECT md5('tenant' || %s::int)::uuid::text", (number,)).fetchone()[0]
            connection.execute("SELECT set_config('soma.tenant', %s, false)", (tenant,))
            for order in ("newest_first", "oldest_first"):
                for name, asked in questions(events).items():
                    results.append({"tenant": size, "order": order, "question": name,
                                    **ask(connection, order, tenant, asked)})
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = SecondDatabase(Stack(), pathlib.Path(folder))
        try:
            database.run("migrate")
            results = measure(database, arguments.events)
        finally:
            database.drop()
    if arguments.json:
        print(json.dumps(results))
        return
    print("| tenant | order | question | index | rows | passed over | pages | ms |\n|---|---|---|---|---|---|---|---|")
    for each in results:
        print(f"| {each['tenant']} | {each['order']} | {each['question']} | {', '.join(each['indexes'])} | "
              f"{each['rows']} | {each['passed_over']:,} | {each['pages']:,} | {each['ms']:.2f} |")


if __name__ == "__main__":
    main()
