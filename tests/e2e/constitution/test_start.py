"""A service that starts finds its law genuine, or does not start: it says why in one line, with an exit
code, and never listens."""
import contextlib
import http.client
import json

import pytest

from legislature import law  # noqa: F401 (a fixture)

ROLL_BACK = """
    UPDATE constitution_pointer SET version = 1,
        hash = (SELECT hash FROM constitution_versions WHERE version = 1);
    DELETE FROM constitution_signatures s USING constitution_versions v
     WHERE v.hash = s.hash AND v.version = 2;
    UPDATE constitution_versions SET activated_at = NULL, locked_at = NULL WHERE version = 2"""
TABLES = ("constitution_versions", "constitution_signatures", "constitution_pointer")


def listens(stack):
    with contextlib.suppress(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=5)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    return False


def start(stack, **settings):
    """Its last line, when it does not start."""
    done = stack.run("serve", check=False, timeout=60, environment=settings)
    assert done.returncode != 0 and not listens(stack)
    said = [line for line in done.stderr.splitlines() if line.startswith("somabrain: ")]
    assert len(said) == 1, done.stderr
    return said[0]


@pytest.fixture
def stopped(law):
    """The stack without its service; what a test does to the law's rows is undone after it."""
    if law.version() == 1:
        proposal = law.propose(law.draft())
        law.sign(proposal, 1, 2, 3)
        law.do("activate", proposal)
    stack = law.stack
    stack.kill("serve")
    with stack.connect() as database:
        for table in TABLES:
            database.execute(f"CREATE TABLE good_{table} AS TABLE {table}")
        copy = stack.redis("GET", "soma:constitution:active")
        yield stack
        database.execute(f"TRUNCATE {', '.join(TABLES)}")
        for table in TABLES:
            database.execute(f"INSERT INTO {table} TABLE good_{table}")
            database.execute(f"DROP TABLE good_{table}")
        stack.redis("SET", "soma:constitution:active", copy)
    stack.start("serve")
    assert law.version() == 2


def change(stack, statement):
    with stack.connect() as database:
        for part in statement.split(";"):
            database.execute(part)


def test_without_a_trust_root(stopped):
    assert "SOMABRAIN_TRUST_ROOT" in start(stopped, SOMABRAIN_TRUST_ROOT="")
    assert "SOMABRAIN_TRUST_ROOT" in start(stopped, SOMABRAIN_TRUST_ROOT="abc")


def test_with_another_trust_root(stopped):
    assert "does not verify: trust_root" in start(stopped, SOMABRAIN_TRUST_ROOT="ab" * 64)


def test_with_a_signature_too_few(stopped):
    change(stopped, "DELETE FROM constitution_signatures WHERE (hash, public_key) ="
                    " (SELECT hash, public_key FROM constitution_signatures"
                    "  JOIN constitution_versions USING (hash) WHERE version = 1 LIMIT 1)")
    assert "does not verify: new_threshold: " in start(stopped)


@pytest.mark.parametrize("version", [1, 2])
def test_with_a_flipped_byte(stopped, version):
    change(stopped, "UPDATE constitution_versions SET document ="
                    " set_byte(document, 100, get_byte(document, 100) # 1)"
                    f" WHERE version = {version}")
    assert "does not verify: " in start(stopped)


def test_with_postgres_behind_redis(stopped):
    change(stopped, ROLL_BACK)
    assert "rolled_back: " in start(stopped)


def test_with_every_store_behind_the_mark(stopped):
    change(stopped, ROLL_BACK)
    stopped.redis("DEL", "soma:constitution:active")
    with stopped.without("object_store"):
        assert "rolled_back: openbao has seen version 2" in start(stopped)


def test_with_redis_wiped_or_damaged_it_starts_and_heals_it(law, stopped):
    stopped.redis("SET", "soma:constitution:active", "no law")
    stopped.start("serve")
    assert law.version() == 2
    envelope = json.loads(stopped.redis("GET", "soma:constitution:active"))
    assert json.loads(envelope["text"])["version"] == 2
    stopped.kill("serve")


def test_without_storage_it_starts_and_says_so(law, stopped):
    with stopped.without("object_store"):
        stopped.start("serve")
        status, ready = stopped.ready()
        assert status == 200 and ready["parts"]["object_storage"]["status"] == "degraded"
        assert law.version() == 2
        stopped.kill("serve")
