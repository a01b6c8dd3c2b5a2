"""Every database is lost: the law comes back from its locked snapshots and the trust root alone, whole or
not at all."""
import hashlib
import json

import pytest

import law as forge
from bucket import Bucket
from legislature import Legislature, law, refused  # noqa: F401 (a fixture)
from private_stack import wait_until
from second_database import SecondDatabase
from tokens import Issuer

COPY = "soma:constitution:active"
TABLES = ("SELECT version, hash, document FROM constitution_versions ORDER BY version",
          "SELECT hash, public_key, signature FROM constitution_signatures ORDER BY 1, 2",
          "SELECT version, hash FROM constitution_pointer")
OWED = "SELECT count(*) FROM constitution_versions WHERE activated_at IS NOT NULL AND locked_at IS NULL"
# The key store is not asked, and Redis heals later: here neither could be reached.
NOWHERE = {"SOMABRAIN_VAULT_PORT": 1, "SOMABRAIN_REDIS_PORT": 1}


def enact(holders, draft, *numbers):
    proposal = holders.propose(draft)
    holders.sign(proposal, *numbers)
    holders.do("activate", proposal)


@pytest.fixture(scope="module")
def lost(law):
    """Four versions, the third with a rotated key, the fourth with another threshold; then their service is
    gone. What its database had, and what object storage has."""
    stack = law.stack
    enact(law, law.draft(), 1, 2, 3)
    stack.bao("POST", "transit/keys/soma-signer-1/rotate")
    rotated = law.draft()
    rotated["signers"][0]["public_key"] = law.key(1)
    enact(law, rotated, 1, 2, 3)
    enact(law, law.draft(threshold=2), 1, 4, 5)
    wait_until(lambda: stack.rows(OWED) == [(0,)], 60, "four locked snapshots")
    tables = [stack.rows(query) for query in TABLES]
    envelopes = [law.do("show", "--envelope", version).strip() for version in range(1, 5)]
    stack.kill("serve")
    return tables, envelopes


@pytest.fixture
def empty(law, lost, tmp_path):
    """Tables without rows; nor has Redis anything."""
    law.stack.redis("FLUSHALL")
    database = SecondDatabase(law.stack, tmp_path)
    try:
        database.run("migrate")
        yield database
    finally:
        database.drop()


def restore(database, **settings):
    return database.stack.run("constitution", "restore", "--from-object-storage", check=False,
                              environment={**database.settings, **NOWHERE, **settings})


def test_all_versions_are_there_and_the_law_goes_on(law, lost, empty, tmp_path):
    tables, _ = lost
    done = restore(empty)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("restored versions 1 to 4 in ")
    assert done.stdout.split()[-1] == tables[0][-1][1].hex()
    assert [empty.rows(query) for query in TABLES] == tables
    tenant = empty.run("tenant", "create", "anew").stdout.strip().splitlines()[-1]
    with empty.serve() as port:
        empty.settings["SOMABRAIN_HTTP_PORT"] = port
        holders = Legislature(empty, tmp_path, Issuer(law.stack).mint(tenant, ("signer",)))
        assert holders.law()["version"] == 4 and holders.law()["threshold"] == 2
        assert [line.split()[:2] for line in holders.do("history").splitlines()] == [
            ["4", "active"], ["3", "superseded"], ["2", "superseded"], ["1", "superseded"]]
        assert json.loads(json.loads(law.stack.redis("GET", COPY))["text"])["version"] == 4
        # By two, one of whom signs with the key that the third version brought.
        enact(holders, holders.draft(), 1, 2)
        assert holders.version() == 5


def name_of(envelope):
    text = json.loads(envelope)["text"]
    version = json.loads(text)["version"]
    return f"constitution/{version:020}-{hashlib.sha3_512(text.encode()).hexdigest()[:32]}.json"


def of_strangers(envelopes, *signers):
    """A fifth version that follows the fourth in all but its signatures."""
    fourth = json.loads(json.loads(envelopes[3])["text"])
    return forge.envelope(forge.following(fourth), *signers).decode()


def foreign(_):
    """Another authority's law, genuine from its own root."""
    first = forge.example()
    return [forge.envelope(first, "signer-1", "signer-2", "signer-3").decode(),
            forge.envelope(forge.following(first), "signer-1", "signer-2", "signer-3").decode()]


# What object storage holds, of the four good envelopes, and words of the refusal.
BAD = {
    "nothing": (lambda good: [], ("no snapshot",)),
    "a gap": (lambda good: good[:2] + good[3:], ("version 3 is refused: it is missing",)),
    "its beginning is missing": (lambda good: good[1:], ("version 1 is refused: it is missing",)),
    "signed by nobody": (lambda good: good + [of_strangers(good)], ("version 5",)),
    "signed by strangers": (lambda good: good + [of_strangers(good, "x", "y", "z")],
                            ("version 5 is refused: ", "unknown_signer")),
    "two texts of one version": (lambda good: good + [foreign(good)[1]], ("two texts of", "version 2")),
    "another chain": (foreign, ("version 1 is refused: trust_root",)),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_verify_restores_nothing(law, lost, empty, case):
    contents, words = BAD[case]
    bucket = Bucket(law.stack)
    for envelope in contents(lost[1]):
        bucket.put_locked(name_of(envelope), envelope.encode())
    nothing = [empty.rows(query) for query in TABLES]
    assert nothing == [[], [], [(0, b"")]]
    refused(restore(empty, **bucket.settings), *words)
    assert [empty.rows(query) for query in TABLES] == nothing
    assert law.stack.redis("GET", COPY) is None


def test_other_bytes_under_a_versions_name_restore_nothing(law, lost, empty):
    bucket = Bucket(law.stack)
    for number, envelope in enumerate(lost[1], 1):
        body = envelope.replace("tenant", "Tenant", 1) if number == 2 else envelope
        bucket.put_locked(name_of(envelope), body.encode())
    refused(restore(empty, **bucket.settings), "other bytes", "version 2")
    assert empty.rows(TABLES[2]) == [(0, b"")]


def test_another_trust_root_or_no_tables_restore_nothing(law, lost, empty, tmp_path):
    refused(restore(empty, SOMABRAIN_TRUST_ROOT="ab" * 64), "version 1 is refused: trust_root")
    assert empty.rows(TABLES[2]) == [(0, b"")]
    bare = SecondDatabase(law.stack, tmp_path)
    try:
        refused(restore(bare))
    finally:
        bare.drop()
