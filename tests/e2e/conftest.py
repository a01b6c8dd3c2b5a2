"""The stack under test and fresh tenants in it. Without a running stack every test fails: none
passes by skipping."""
import itertools
import os

import pytest

from api import Client
from stack import Stack
from tokens import Issuer

_number = itertools.count(1)


class Tenant:
    """A tenant with clients by role; each client is one connection."""

    def __init__(self, stack, issuer, name=None):
        self.stack, self.issuer = stack, issuer
        self.name = name or f"e2e-{os.getpid()}-{os.urandom(4).hex()}-{next(_number)}"
        self.id = stack.create_tenant(self.name)
        self.clients = {}

    def token(self, *roles, **claims):
        return self.issuer.mint(self.id, roles or ("agent",), **claims)

    def client(self, *roles):
        """The one client of these roles."""
        if roles not in self.clients:
            self.clients[roles] = self.new_client(*roles)
        return self.clients[roles]

    def new_client(self, *roles, timeout=30):
        return Client(self.stack.http_port, self.token(*roles), timeout)

    @property
    def agent(self):
        return self.client("agent")

    @property
    def operator(self):
        """May remove memories for good; the sandbox's law leaves that to a person, not to an agent."""
        return self.client("operator")

    def sequence(self, stream="state"):
        return self.stack.rows("SELECT sequence FROM streams WHERE tenant = %s AND name = %s",
                               self.id, stream)[0][0]

    def memory_count(self):
        return self.stack.rows("SELECT count(*) FROM memories WHERE tenant = %s", self.id)[0][0]

    def close(self):
        for client in self.clients.values():
            client.close()


@pytest.fixture(scope="session")
def stack():
    return Stack()


@pytest.fixture(scope="session")
def issuer(stack):
    return Issuer(stack)


@pytest.fixture
def tenant(stack, issuer):
    """A tenant nobody else uses."""
    fresh = Tenant(stack, issuer)
    yield fresh
    fresh.close()


@pytest.fixture
def agent(tenant):
    return tenant.agent


@pytest.fixture
def operator(tenant):
    return tenant.operator


@pytest.fixture(scope="module")
def shared(stack, issuer):
    """One tenant for a module's tests that leave each other alone."""
    fresh = Tenant(stack, issuer)
    yield fresh
    fresh.close()


@pytest.fixture(scope="session")
def make_tenant(stack, issuer):
    return lambda: Tenant(stack, issuer)


@pytest.fixture(scope="session")
def private_stack(tmp_path_factory):
    """A second stack that tests may hurt: own stores, own service, in a scratch folder."""
    import private_stack as private
    scratch = private.PrivateStack(tmp_path_factory.mktemp("stack"), kafka=1)
    try:
        scratch.up()
        yield scratch
    finally:
        scratch.destroy()


@pytest.fixture(scope="session")
def make_private_tenant(private_stack):
    return lambda: Tenant(private_stack, Issuer(private_stack))


@pytest.fixture
def private_tenant(private_stack):
    fresh = Tenant(private_stack, Issuer(private_stack))
    yield fresh
    fresh.close()
