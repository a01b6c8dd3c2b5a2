"""The law in files: `constitution init` and `verify`, which ask no service."""
import json

import pytest

import law
from stack import ROOT

SOURCE = law.EXAMPLES / "sandbox.source.json"
NAMES = ("signer-1", "signer-2", "signer-3", "signer-4", "signer-5")
# verify needs no store: here none could be reached.
NOWHERE = {"SOMABRAIN_POSTGRES_PORT": 1, "SOMABRAIN_VAULT_PORT": 1, "SOMABRAIN_REDIS_PORT": 1}


@pytest.fixture
def constitution(stack):
    def run(*args, **how):
        return stack.run("constitution", *args, check=False, **how)
    return run


def refused(done, *fragments):
    """Exit 1 and one line that says what was wrong."""
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("somabrain: "), done.stderr
    for fragment in fragments:
        assert fragment in lines[0], lines[0]


def given(*names):
    return [word for name in names for word in ("--signer", f"{name}={law.public_key(name)}")]


@pytest.mark.parametrize("name", ["sandbox", "strict"])
def test_the_shipped_examples_verify(constitution, name):
    root = json.loads((law.EXAMPLES / f"{name}.signatures.json").read_text("utf-8"))["hash"]
    done = constitution("verify", law.EXAMPLES / f"{name}.json", "--trust-root", root,
                        environment=NOWHERE)
    assert done.returncode == 0, done.stderr
    assert root in done.stdout and done.stdout.splitlines()[-1] == "genuine: 1 version"


def test_init_writes_a_canonical_first_version_and_prints_its_root(constitution, tmp_path):
    out = tmp_path / "law.json"
    words = ("init", SOURCE, *given("a", "b", "c"), "--threshold", 2, "--days", 30, "--out", out)
    done = constitution(*words, environment=NOWHERE)
    assert done.returncode == 0, done.stderr
    first = json.loads(out.read_text("utf-8"))
    assert out.read_bytes() == law.canonical(first)
    assert done.stdout == law.identity(first) + "\n"
    assert (first["version"], first["previous"], first["threshold"]) == (1, None, 2)
    assert first["signers"] == law.signers("a", "b", "c")
    source = json.loads(SOURCE.read_text("utf-8"))
    assert all(first[part] == source[part] for part in ("articles", "rules", "bounds", "limits"))
    before = out.read_bytes()
    refused(constitution(*words, environment=NOWHERE), "is there already")
    assert out.read_bytes() == before
    # With its signatures beside it, it verifies from what init printed.
    (tmp_path / "law.signatures.json").write_text(json.dumps({"signatures": law.sign(first, "a", "c")}))
    done = constitution("verify", out, "--trust-root", law.identity(first), environment=NOWHERE)
    assert done.returncode == 0, done.stderr


def test_init_asks_openbao_for_a_signers_key(constitution, tmp_path):
    keys = [constitution("key", f"soma-signer-{number}").stdout.strip() for number in (1, 2)]
    assert keys[0] != keys[1]
    out = tmp_path / "law.json"
    done = constitution("init", SOURCE, "--signer", "soma-signer-1", "--signer", "soma-signer-2",
                        "--threshold", 2, "--out", out)
    assert done.returncode == 0, done.stderr
    assert [signer["public_key"] for signer in json.loads(out.read_text())["signers"]] == keys


def test_init_refuses(constitution, tmp_path):
    out = tmp_path / "law.json"

    def init(*words, source=SOURCE, how=NOWHERE):
        return constitution("init", source, *words, "--out", out, environment=how)
    refused(init(*given("a", "b")), "/threshold must be an integer from 1 to 2")
    refused(init(*given("a", "a", "b")), "/signers/1/id")
    refused(init("--signer", "a=AAAA"), "32 bytes")
    refused(init("--signer", "a=" + "A" * 43 + "="), "prime-order subgroup")
    refused(init("--signer", "Not A Name=" + law.public_key("a"), "--threshold", 1), "/signers/0/id")
    refused(init(*given("a", "b", "c"), source=tmp_path / "absent"), "cannot read")
    refused(init(*given("a", "b", "c"), source=tmp_path), "cannot read")
    (tmp_path / "broken").write_text('{"version": 1, "version": 2}')
    refused(init(*given("a", "b", "c"), source=tmp_path / "broken"), "twice")
    refused(init("--signer", "soma-signer-1"), "key store")
    # One holder's login does not open another's key.
    (tmp_path / "soma-signer-2-role-id").write_bytes(
        (ROOT / ".soma/signers/soma-signer-1-role-id").read_bytes())
    (tmp_path / "soma-signer-2-secret-id").write_bytes(
        (ROOT / ".soma/signers/soma-signer-1-secret-id").read_bytes())
    refused(constitution("key", "soma-signer-2", "--credentials", tmp_path), "403")
    assert not out.exists()


@pytest.fixture(scope="module")
def chain():
    """Three versions: the third hands the law to other signers, and lowers the threshold."""
    first = law.example()
    second = law.following(first, articles=first["articles"] + [{"id": "new", "text": "A new one."}])
    third = law.following(second, threshold=2, signers=law.signers("signer-4", "signer-5", "x"))
    return first, second, third


def write(folder, *envelopes):
    paths = []
    for number, text in enumerate(envelopes, 1):
        paths.append(folder / f"{number:020}.json")
        paths[-1].write_bytes(text)
    return paths


def test_verify_follows_a_chain_through_a_change_of_signers(constitution, chain, tmp_path):
    paths = write(tmp_path, law.envelope(chain[0], *NAMES[:3]), law.envelope(chain[1], *NAMES[1:4]),
                  law.envelope(chain[2], *NAMES[2:5]))
    done = constitution("verify", *paths, "--trust-root", law.identity(chain[0]), environment=NOWHERE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "genuine: 3 versions"
    assert [line.split()[2] for line in done.stdout.splitlines()[:3]] == list(map(law.identity, chain))


def test_verify_refuses_with_its_reason(constitution, chain, tmp_path):
    first, second, third = chain
    root = law.identity(first)
    good = law.envelope(first, *NAMES[:3])

    def verify(*envelopes, trust_root=root):
        return constitution("verify", *write(tmp_path, *envelopes), "--trust-root", trust_root,
                            environment=NOWHERE)
    refused(verify(law.envelope(first, *NAMES[:2])), "new_threshold", "2 of 3")
    refused(verify(good, trust_root=law.identity(second)), "trust_root")
    refused(verify(good, trust_root="ab"), "128 hexadecimal digits")
    refused(verify(law.envelope(first, "signer-1", "signer-2", "stranger")), "unknown_signer")
    refused(verify(good, law.envelope(third, *NAMES[2:5])), "version", "must be 2")
    refused(verify(law.envelope(second, *NAMES[:3])), "version", "must be 1")
    # Of the old set alone, and of the new set alone.
    new_only = law.envelope(third, "signer-4", "signer-5", "x")
    refused(verify(good, law.envelope(second, *NAMES[:3]), new_only), "old_threshold")
    old_only = law.envelope(third, "signer-1", "signer-2", "signer-3")
    refused(verify(good, law.envelope(second, *NAMES[:3]), old_only), "new_threshold")
    flipped = bytearray(good)
    flipped[flipped.index(b"A tenant's memories")] ^= 0x20
    refused(verify(bytes(flipped)), "trust_root")
    forged = json.loads(good)
    forged["signatures"][0]["signature"] = forged["signatures"][1]["signature"]
    refused(verify(law.canonical(forged)), "bad_signature")
    refused(verify(good + b"\n"), "no version with its signatures")
    refused(verify(b"x" * 600_000), "bytes")


def test_an_expired_law_is_genuine_and_said_to_be_over(constitution, tmp_path):
    old = {**law.example(), "issued_at": "2020-01-01T00:00:00Z", "expires_at": "2021-01-01T00:00:00Z"}
    done = constitution("verify", *write(tmp_path, law.envelope(old, *NAMES[:3])), "--trust-root",
                        law.identity(old), environment=NOWHERE)
    assert done.returncode == 0 and "not in force: version 1 expired" in done.stdout
