"""The law changed through the command line, on a stack of its own: holders sign, one at a time, with
keys that stay in OpenBao."""
import json

from legislature import law, refused  # noqa: F401 (a fixture)
from private_stack import wait_until


def test_up_gives_the_first_law_once(law):
    first = law.law()
    assert (first["version"], first["threshold"], len(first["signers"])) == (1, 3, 5)
    assert [signer["public_key"] for signer in first["signers"]] == [law.key(n) for n in range(1, 6)]
    root = law.stack.env()["SOMABRAIN_TRUST_ROOT"]
    assert law.do("history").split() == ["1", "active", law.do("history").split()[2], root]
    before = (law.stack.state / "law/1.json").read_bytes()
    law.stack.up()
    assert (law.stack.state / "law/1.json").read_bytes() == before
    assert law.stack.env()["SOMABRAIN_TRUST_ROOT"] == root and law.version() == 1


def test_a_change_takes_three_holders(law):
    draft = law.draft()
    draft["articles"][0]["text"] += " Nor may it ask whether there is one."
    proposal = law.propose(draft)
    assert law.propose(draft) == proposal  # again: the same
    assert law.do("history").split()[:2] == ["2", "collecting"]
    assert law.law(proposal[:12])["articles"] == draft["articles"]
    changed = law.do("diff", "1", proposal).splitlines()
    assert any(line.startswith("/articles/") for line in changed)
    assert [lines[-1].split(": ")[1] for lines in law.sign(proposal, 2, 5)] == [
        "1 of 3 of its holders, 1 of 3 of those before", "2 of 3 of its holders, 2 of 3 of those before"]
    refused(law.try_to("activate", proposal), "2 of 3")
    assert law.version() == 1
    law.sign(proposal, 5)  # again: counts once
    refused(law.try_to("activate"), "2 of 3")
    law.sign("", 4)  # the only one there is
    assert law.do("activate").startswith("version 2 is in force: " + proposal)
    assert law.version() == 2 and law.law("1")["version"] == 1
    assert [line.split()[:2] for line in law.do("history").splitlines()] == [
        ["2", "active"], ["1", "superseded"]]


def test_what_was_activated_verifies_from_the_trust_root_alone(law):
    paths = []
    for version in range(1, law.version() + 1):
        paths.append(law.folder / f"{version}.json")
        paths[-1].write_text(law.do("show", "--envelope", version))
    done = law.try_to("verify", *paths, "--trust-root", law.stack.env()["SOMABRAIN_TRUST_ROOT"])
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == f"genuine: {len(paths)} versions"


def test_only_holders_sign_and_only_signers_may_ask(law):
    proposal = law.propose(law.draft(threshold=4))
    agent = law.stack.run("token", "--tenant", (law.stack.state / "sandbox-tenant").read_text().strip(),
                          "--role", "agent").stdout.strip()
    for words in (("propose", law.folder / "law-3.json"), ("activate", proposal),
                  ("sign", proposal, "--signer", "soma-signer-1")):
        refused(law.try_to(*words, token=agent), "role")
    # A key that the law does not name.
    law.stack.bao("POST", "transit/keys/soma-signer-6", {"type": "ed25519"})
    law.stack.bao("PUT", "sys/policies/acl/six", {"policy": 'path "transit/*" {capabilities = ["read", "update"]}'})
    law.stack.bao("POST", "auth/approle/role/six", {"token_policies": "six"})
    role = json.loads(law.stack.bao("GET", "auth/approle/role/six/role-id")[1])["data"]["role_id"]
    secret = json.loads(law.stack.bao("POST", "auth/approle/role/six/secret-id")[1])["data"]["secret_id"]
    (law.folder / "soma-signer-6-role-id").write_text(role)
    (law.folder / "soma-signer-6-secret-id").write_text(secret)
    refused(law.try_to("sign", proposal, "--signer", "soma-signer-6", "--credentials", law.folder),
            "holds no key of this law")
    refused(law.try_to("sign", "ffffffff", "--signer", "soma-signer-1"), "no open proposal")
    past = law.folder / "past.json"
    past.write_text(json.dumps({**law.law("1"), "threshold": 4}))
    refused(law.try_to("propose", past), "version")
    assert law.version() == 2


def test_a_rotated_key_signs_for_the_old_law_and_for_the_new(law):
    old = law.key(1)
    law.stack.bao("POST", "transit/keys/soma-signer-1/rotate")
    draft = law.draft()
    draft["signers"][0]["public_key"] = law.key(1)
    assert draft["signers"][0]["public_key"] != old
    proposal = law.propose(draft)
    # Its former version serves the set before, its new one the set to come.
    assert [line.split(": ")[1] for line in law.sign(proposal, 1)[0]] == [
        "0 of 3 of its holders, 1 of 3 of those before", "1 of 3 of its holders, 1 of 3 of those before"]
    law.sign(proposal, 2)
    refused(law.try_to("activate", proposal), "2 of 3")
    law.sign(proposal, 3)
    law.do("activate", proposal)
    assert law.law()["signers"][0]["public_key"] != old
    # The former key counts no more.
    next_one = law.propose(law.draft())
    assert len(law.sign(next_one, 1)[0]) == 1


def test_a_threshold_is_lowered_by_as_many_as_it_was(law):
    proposal = law.propose(law.draft(threshold=2))
    law.sign(proposal, 4, 5)
    refused(law.try_to("activate", proposal), "old_threshold", "2 of 3")
    law.sign(proposal, 3)
    law.do("activate", proposal)
    proposal = law.propose(law.draft())
    law.sign(proposal, 1, 2)
    law.do("activate", proposal)
    assert law.law()["threshold"] == 2


def test_without_openbao_nothing_is_signed_and_the_law_stays(law):
    version = law.version()
    proposal = law.propose(law.draft())
    with law.stack.without("openbao"):
        refused(law.try_to("sign", proposal, "--signer", "soma-signer-1"), "key store")
        assert law.version() == version
    wait_until(lambda: law.stack.ready()[0] == 200, 60, "ready with OpenBao back")
    law.sign(proposal, 1, 2)
    law.do("activate", proposal)
    assert law.version() == version + 1
