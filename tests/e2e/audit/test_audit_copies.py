"""The running service's own ledger, copied out of its PostgreSQL and changed there by SQL: found by
`somabrain audit verify` and by the independent verifier, at the same leaf. tests/oracle does more of it to ledgers
that it makes up; this one was written, signed and stored by the product."""
import random
import subprocess
import sys
import time

import pytest

from stack import ROOT

sys.path.insert(0, str(ROOT / "tests/oracle"))
from ledger_dump import postgres_files  # noqa: E402
from ledger_verifier import audit  # noqa: E402

MOST_LEAVES = 3_000
PATIENCE_SECONDS = 60
COPY = """CREATE TEMP TABLE copied AS SELECT e.log_index, e.body, e.leaf, e.tenant::text AS tenant, e.stream,
  e.stream_sequence, to_char(e.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time, e.actor, e.action
  FROM events e WHERE e.log_id = %s AND e.log_index < %s"""
LEAF = "leaf = sha256('\\x00'::bytea || body)"
EDIT = "body = overlay(body PLACING '\\x58'::bytea FROM position('\"actor\":\"'::bytea IN body) + 9 FOR 1)"
# What is done to row %(at)s of the copy, and whether the row itself is named, or what was proven before it.
TAMPERINGS = {
    "edit": (f"UPDATE copied SET {EDIT} WHERE log_index = %(at)s", True),
    "edit with its column": (f"UPDATE copied SET {EDIT}, actor = overlay(actor PLACING 'X' FROM 1 FOR 1)"
                             " WHERE log_index = %(at)s", True),
    "edit with its column and leaf": (
        f"UPDATE copied SET {EDIT}, actor = overlay(actor PLACING 'X' FROM 1 FOR 1) WHERE log_index = %(at)s;"
        f"UPDATE copied SET {LEAF} WHERE log_index = %(at)s", False),
    "another leaf": ("UPDATE copied SET leaf = sha256('another') WHERE log_index = %(at)s", True),
    "backdate": ("UPDATE copied SET time = '2020-01-01T00:00:00.000000Z' WHERE log_index = %(at)s", True),
    "drop": ("DELETE FROM copied WHERE log_index = %(at)s", True),
    "exchange": ("UPDATE copied SET log_index = -1 WHERE log_index = %(at)s;"
                 "UPDATE copied SET log_index = %(at)s WHERE log_index = %(at)s + 1;"
                 "UPDATE copied SET log_index = %(at)s + 1 WHERE log_index = -1", None),
}


class Copy:
    """A few thousand leaves of the present log, in a temporary table of one session."""

    def __init__(self, stack, folder):
        self.connection, self.folder = stack.connect(), folder
        self.log, self.first = self.rows("SELECT log_id, first_index FROM log")[0]
        claims = self.rows("SELECT size, note FROM checkpoint_notes WHERE log_id = %s"
                           " AND size <= %s ORDER BY size", self.log, MOST_LEAVES)
        some = [*claims[::max(1, len(claims) // 8)], claims[-1]]  # each is a tree to be hashed
        self.checkpoints = {f"checkpoints/{size:020}": bytes(note) for size, note in some}
        self.sizes = [0, *sorted({size for size, _ in some})]
        self.connection.execute(COPY, (self.log, self.first + self.sizes[-1]))
        (folder / "key").write_text(stack.run("audit", "key").stdout)

    def rows(self, query, *parameters):
        return self.connection.execute(query, parameters).fetchall()

    def verdicts(self):
        """Bad leaves: (what the program names, what the independent verifier does)."""
        names = ("log_index", "body", "leaf", "tenant", "stream", "stream_sequence", "time", "actor", "action")
        rows = [dict(zip(names, row)) for row in self.rows(f"SELECT {', '.join(names)} FROM copied")]
        here = self.folder / f"log-{time.monotonic_ns()}"
        for name, data in postgres_files(rows, self.checkpoints, self.first).items():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_bytes(data)
        done = subprocess.run([ROOT / "build/release/src/somabrain", "audit", "verify", "--dir", here, "--key",
                               self.folder / "key"], env={}, capture_output=True, text=True, check=False)
        said = done.stderr.removeprefix("somabrain: leaf ").split(":")[0] if done.returncode else None
        return int(said) if said else None, audit(here, (self.folder / "key").read_text().splitlines()[-1])

    def tampered(self, script, at):
        """verdicts() of the copy with that done to it."""
        with self.connection.transaction(force_rollback=True):
            for statement in script.split(";"):
                self.connection.execute(statement, {"at": at})
            return self.verdicts()


@pytest.fixture(scope="module")
def copy(stack, tmp_path_factory):
    made = stack.rows("SELECT 1 FROM checkpoint_notes c JOIN log USING (log_id) WHERE c.size > 1")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not made and time.monotonic() < deadline:
        time.sleep(.2)
        made = stack.rows("SELECT 1 FROM checkpoint_notes c JOIN log USING (log_id) WHERE c.size > 1")
    taken = Copy(stack, tmp_path_factory.mktemp("copies"))
    yield taken
    taken.connection.close()


def test_the_copy_itself_raises_no_alarm(copy):
    assert copy.verdicts() == (None, None)


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_what_was_done_to_the_copy_is_found(copy, kind):
    script, named = TAMPERINGS[kind]
    rng = random.Random(kind)
    for _ in range(5):
        leaf = rng.randrange(copy.sizes[-1] - 1)
        product, independent = copy.tampered(script, copy.first + leaf)
        proven = max(size for size in copy.sizes if size <= leaf)
        assert product == independent is not None, (kind, leaf)
        if named is None:  # where a stream's numbers go wrong, unless a checkpoint comes first
            assert proven <= product <= leaf + 1
        else:
            assert product == (leaf if named else proven), (kind, leaf)
