"""The crash drill's short form: one kill for each victim. `./dev test crash` is the long one."""
import os

import pytest

import crash_drill


def test_the_verifier_catches_every_seeded_fault():
    shown, caught = crash_drill.seeded_faults()
    assert caught == shown == 7


@pytest.mark.parametrize("victim", ["serve", "postgres"])
def test_a_kill_in_the_middle_of_writing(private_stack, victim):
    crash_drill.slow_commits(private_stack)
    issuer = crash_drill.Issuer(private_stack)
    result = crash_drill.run_round(private_stack, issuer, victim, 800, 16, 1,
                                   f"drill-{victim}-{os.urandom(4).hex()}")
    assert result.wrong == []
    assert result.kills >= 1
    print(f"{victim}: {result}")


def test_a_lost_acknowledgement_would_be_seen(private_stack):
    """The whole chain with a seeded fault: an id that was never stored is said to be acknowledged."""
    issuer = crash_drill.Issuer(private_stack)
    tenant = private_stack.create_tenant(f"seeded-{os.urandom(4).hex()}")
    token = issuer.mint(tenant)
    writers = crash_drill.Writers(private_stack.http_port, token, 20, 4).start()
    writers.join()
    client = crash_drill.Client(private_stack.http_port, token)
    assert crash_drill.check(private_stack, tenant, client, writers, 20) == []
    writers.acknowledged[20] = ("019f0000-0000-7000-8000-000000000000", 21)
    wrong = crash_drill.check(private_stack, tenant, client, writers, 0)
    assert any(line.startswith("lost: write 20") for line in wrong)
    client.close()
