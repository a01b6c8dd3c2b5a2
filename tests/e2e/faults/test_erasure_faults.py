"""An erasure is cut off between any two of its steps, by kill -9 or by a store that is away: it is
finished by the service itself, and what was erased stays unreadable.

The places are made by taking away what the next step needs: a right in OpenBao, a row's lock in
PostgreSQL. The last test kills wherever it happens to hit."""
import contextlib
import http.client
import json
import random
import threading
import time

import pytest

from api import Client, assert_problem
from private_stack import wait_until
from stack import ROOT

BOUND = 60  # seconds; a round of jobs comes every ten
POLICY = (ROOT / "deploy/vault/somabrain.hcl").read_text()


def erase(client, subject):
    return client.call("DELETE", f"/v1/subjects/{subject}")


def state(tenant):
    rows = tenant.stack.rows("SELECT state FROM erasures WHERE tenant = %s", tenant.id)
    return rows[0][0] if rows else None


def set_policy(stack, text):
    status, body = stack.bao("PUT", "sys/policies/acl/somabrain", {"policy": text})
    assert status == 204, body


@contextlib.contextmanager
def forbidden(stack, path):
    """OpenBao refuses the service this path for the length of the block."""
    assert f'path "{path}"' in POLICY
    set_policy(stack, POLICY.replace(f'path "{path}"', f'path "not/{path}"'))
    try:
        yield
    finally:
        set_policy(stack, POLICY)


def key_paths(tenant):
    status, body = tenant.stack.bao("LIST", f"soma/metadata/subjects/{tenant.id}")
    return set(json.loads(body)["data"]["keys"]) if status == 200 else set()


def assert_done(tenant, paths_before):
    """By itself, with a receipt that verifies; one subject's key is gone."""
    wait_until(lambda: state(tenant) == "done", BOUND, "the erasure")
    client = tenant.new_client("operator", "agent")
    try:
        answer = erase(client, "ada")
        assert answer.status == 200, str(answer)
        path = tenant.stack.root / "receipt.json"
        path.write_bytes(answer.body)
        tenant.stack.run("receipt", "verify", path)
        assert len(client.recalled_ids("likes", top_k=10)) == 1
        assert tenant.memory_count() == 1
        assert len(paths_before - key_paths(tenant)) == 1
        assert client.remember("ada is back", subject="ada")["id"]
    finally:
        client.close()


@pytest.fixture
def filled(private_tenant):
    client = private_tenant.new_client("operator", "agent")
    client.remember("ada likes tea", subject="ada")
    client.remember("bob likes maps", subject="bob")
    yield private_tenant, client
    client.close()


@pytest.mark.parametrize("step, path, rows", [
    ("the key", "soma/metadata/subjects/*", "keys_owed"),
    ("the receipt", "transit/sign/soma-receipts", "keys_owed")])
def test_killed_before(private_stack, filled, step, path, rows):
    tenant, client = filled
    paths = key_paths(tenant)
    with forbidden(private_stack, path):
        reply = erase(client, "ada")
        assert_problem(reply, 503, None, "goes on by itself")
        assert int(reply.headers["retry-after"]) >= 1
        assert state(tenant) == rows and tenant.memory_count() == 1
        assert len(client.recalled_ids("likes", top_k=10)) == 1, "rows are gone whatever is owed"
        erasure = tenant.stack.rows("SELECT id FROM erasures WHERE tenant = %s", tenant.id)[0][0]
        owed = client.call("GET", f"/v1/erasures/{erasure}").json
        assert owed["state"] == rows and "completed_at" not in owed
        assert (len(key_paths(tenant)) == len(paths)) == (step == "the key")
        private_stack.kill("serve")
    private_stack.start("serve")
    assert_done(tenant, paths)


def test_killed_between_two_transactions_of_rows(private_stack, filled):
    tenant, client = filled
    for _ in range(2):
        client.ask("/v1/memories:batch", {"items": [
            {"text": f"ada's {n}", "subject": "ada", "embedding": [0.1] * 384}
            for n in range(900)]}, 201)
    paths = key_paths(tenant)
    # The row that the second transaction would delete last is held: it waits there.
    with private_stack.connect() as held:
        held.autocommit = False
        held.execute("SELECT 1 FROM memories WHERE tenant = %s AND sequence > 1500 FOR UPDATE",
                     [tenant.id])
        thread = threading.Thread(target=swallow(lambda: erase(client, "ada")))
        thread.start()
        wait_until(lambda: state(tenant) == "rows_owed", BOUND, "the first transaction")
        private_stack.kill("serve")
        thread.join()
        # What it had sent must not go on once the row is free.
        wait_until(lambda: private_stack.rows("SELECT count(*) FROM pg_stat_activity "
                                              "WHERE usename = 'soma_app'") == [(0,)],
                   BOUND, "the end of its sessions")
        held.rollback()
    assert state(tenant) == "rows_owed"
    assert 1 < tenant.memory_count() < 1802
    private_stack.start("serve")
    assert_done(tenant, paths)


def swallow(act):
    def run():
        with contextlib.suppress(OSError, http.client.HTTPException):
            act()
    return run


def test_killed_anywhere(private_stack, filled, make_private_tenant):
    """After a random part of the time that an erasure takes."""
    seen = []
    for _ in range(6):
        tenant = make_private_tenant()
        client = tenant.new_client("operator", "agent")
        client.remember("ada likes tea", subject="ada")
        client.remember("bob likes maps", subject="bob")
        paths = key_paths(tenant)
        thread = threading.Thread(target=swallow(lambda c=client: erase(c, "ada")))
        thread.start()
        time.sleep(random.uniform(0, 0.03))
        private_stack.kill("serve")
        thread.join()
        seen.append(state(tenant))
        private_stack.start("serve")
        if state(tenant) is None:  # It never came: repeated, it does.
            again = tenant.new_client("operator")
            assert erase(again, "ada").status == 200
            again.close()
        assert_done(tenant, paths)
        client.close()
        tenant.close()
    print(f"killed at {seen}")


def test_openbao_away_at_first_changes_nothing(private_stack, filled):
    tenant, client = filled
    before = tenant.sequence()
    client.recall("likes")  # loads the tenant, which takes its keys
    with private_stack.without("openbao"):
        reply = erase(client, "ada")
        assert_problem(reply, 503)
        assert int(reply.headers["retry-after"]) >= 1
        assert state(tenant) is None and tenant.sequence() == before
        assert len(client.recalled_ids("likes", top_k=10)) == 2
    wait_until(lambda: erase(client, "ada").status == 200, BOUND, "OpenBao")


def test_postgres_away_changes_nothing(private_stack, filled):
    tenant, client = filled
    paths = key_paths(tenant)
    with private_stack.without("postgres"):
        assert_problem(erase(client, "ada"), 503)
        assert_problem(client.call("GET", f"/v1/erasures/{tenant.id}"), 503)
        assert key_paths(tenant) == paths
    wait_until(lambda: erase(client, "ada").status == 200, BOUND, "PostgreSQL")
    assert_done(tenant, paths)


def test_rows_put_back_are_unreadable(private_stack, filled):
    """A backup in miniature: the sealed rows of before come back, the key does not."""
    tenant, client = filled
    tables = ("memories", "embeddings")
    with private_stack.connect() as connection:
        for table in tables:
            connection.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table} "
                               "WHERE tenant = %s", [tenant.id])
        ada = connection.execute("SELECT id FROM kept_memories ORDER BY sequence").fetchone()[0]
        assert erase(client, "ada").status == 200
        for table in tables:
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table} "
                               "ON CONFLICT DO NOTHING")
    assert tenant.memory_count() == 2
    private_stack.kill("serve")
    private_stack.start("serve")
    again = Client(private_stack.http_port, tenant.token("agent"))
    assert_problem(again.get(ada), 404)
    assert len(again.recalled_ids("likes", top_k=10)) == 1
    assert len(again.list().json["memories"]) == 1
    again.close()
