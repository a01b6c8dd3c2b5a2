"""The law of one stack, as its holders use it."""
import json

import pytest

from private_stack import PrivateStack
from tokens import Issuer


class Legislature:
    """`somabrain constitution` as the holders of one stack, or of a database in it, use it."""

    def __init__(self, stack, folder, token):
        self.stack, self.folder, self.token = stack, folder, token

    def try_to(self, *words, token=None):
        return self.stack.run("constitution", *words, check=False, token=token or self.token)

    def do(self, *words):
        done = self.try_to(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def law(self, name=""):
        return json.loads(self.do("show", *([name] if name else [])))

    def version(self):
        return self.law()["version"]

    def draft(self, **changes):
        return {**json.loads(self.do("show", "--next")), **changes}

    def propose(self, law):
        path = self.folder / f"law-{law['version']}.json"
        path.write_text(json.dumps(law, indent=1))
        return self.do("propose", path).strip()

    def sign(self, proposal, *numbers):
        return [self.do("sign", proposal, "--signer", f"soma-signer-{number}").splitlines()
                for number in numbers]

    def key(self, number):
        return self.do("key", f"soma-signer-{number}").strip()


def refused(done, *fragments):
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("somabrain: "), done.stderr
    for fragment in fragments:
        assert fragment in lines[0], lines[0]


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    """Each module that imports it has a stack of its own."""
    stack = PrivateStack(tmp_path_factory.mktemp("law"))
    stack.up()
    try:
        tenant = (stack.state / "sandbox-tenant").read_text().strip()
        yield Legislature(stack, tmp_path_factory.mktemp("papers"), Issuer(stack).mint(tenant, ("signer",)))
    finally:
        stack.destroy()
