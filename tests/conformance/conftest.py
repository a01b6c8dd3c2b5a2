"""A tenant with something in it, and both transports to ask about it."""
import itertools
import os

import pytest

from api import Client
from stack import Stack
from tokens import Issuer
from transports import Grpc, Http

_number = itertools.count(1)
ROLES = ("agent", "operator")


class World:
    """What cases ask about: one tenant, its token, and ids of what is in it."""

    def __init__(self, stack):
        self.stack, self.issuer = stack, Issuer(stack)
        self.tenant = stack.create_tenant(f"both-{os.getpid()}-{os.urandom(4).hex()}")
        self.token = self.mint()
        self.http = Client(stack.http_port, self.token)
        first = [self.http.remember(text, key="tea", valid_from="2026-01-01T00:00:00Z")["id"]
                 for text in ("Ada drinks tea.", "Ada drinks green tea.")]
        self.old, self.memory = first
        batch = self.http.remember_batch([
            {"text": "Boil water.", "kind": "step", "tags": ["a", "ü"], "metadata": {"n": 1, "deep": {"x": [.5, None]}}},
            {"text": "Pour the tea.", "kind": "step", "speaker": "Ada", "session_id": "kitchen", "turn": 3,
             "importance": .25, "occurred_at": "2026-03-04T05:06:07.89+02:00"}])
        self.step, self.goal = (one["id"] for one in batch)
        self.http.ask("/v1/links", {"from": self.goal, "to": self.step, "type": "depends_on"}, 201)
        self.evaluation = self.http.evaluate("What does Ada drink?")["evaluation_id"]

    def mint(self, *roles, **claims):
        return self.issuer.mint(self.tenant, roles or ROLES, **claims)

    def token_for(self, method):
        """The sandbox's law leaves removal to a person."""
        return self.mint("operator") if method == "Memory.DeleteMemory" else self.token

    def unique(self, what):
        return f"{what}-{next(_number)}"

    def fresh_memory(self):
        return self.http.remember(self.unique("to be removed"))["id"]

    def fresh_evaluation(self):
        return self.http.evaluate(self.unique("What then?"))["evaluation_id"]


@pytest.fixture(scope="session")
def stack():
    return Stack()


@pytest.fixture(scope="session")
def world(stack):
    return World(stack)


@pytest.fixture(scope="session")
def http(stack):
    transport = Http(stack)
    yield transport
    transport.close()


@pytest.fixture(scope="session")
def rpc(stack):
    transport = Grpc(stack)
    yield transport
    transport.close()
