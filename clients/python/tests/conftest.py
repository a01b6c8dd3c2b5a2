"""The running stack, fresh tenants in it, and both clients behind one way of calling them."""
import asyncio
import inspect
import os

import pytest

import somabrain
from private_stack import PrivateStack
from stack import Stack
from tokens import Issuer


class Blocking:
    """An AsyncSomaBrain on an event loop of its own, called like a SomaBrain."""

    def __init__(self, *args, **options):
        self.loop = asyncio.new_event_loop()
        self.inner = somabrain.AsyncSomaBrain(*args, **options)

    def __getattr__(self, name):
        value = getattr(self.inner, name)
        if inspect.isasyncgenfunction(value):
            return lambda *args, **options: self._each(value(*args, **options))
        if not inspect.iscoroutinefunction(value):
            return value
        return lambda *args, **options: self.loop.run_until_complete(value(*args, **options))

    def _each(self, items):
        while True:
            try:
                yield self.loop.run_until_complete(items.__anext__())
            except StopAsyncIteration:
                return

    @property
    def state_token(self):
        return self.inner.state_token

    @state_token.setter
    def state_token(self, token):
        self.inner.state_token = token

    def close(self):
        self.loop.run_until_complete(self.inner.aclose())
        self.loop.close()


class Tenant:
    """A tenant nobody else uses, and clients of it."""

    def __init__(self, stack, make_client):
        self.stack, self.make_client = stack, make_client
        self.id = stack.create_tenant(f"sdk-{os.getpid()}-{os.urandom(4).hex()}")
        self.token = Issuer(stack).mint(self.id)
        self.url = f"http://127.0.0.1:{stack.http_port}"

    def client(self, url=None, **options):
        return self.make_client(url or self.url, self.token, **options)

    def operator(self, url=None, **options):
        """Who may remove memories for good: the sandbox's law does not leave that to an agent."""
        return self.make_client(url or self.url, Issuer(self.stack).mint(self.id, ("operator",)),
                                **options)

    def memory_count(self):
        return self.stack.rows("SELECT count(*) FROM memories WHERE tenant = %s", self.id)[0][0]


@pytest.fixture(scope="session")
def stack():
    return Stack()


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    """Makes clients of either kind, and closes them."""
    made = []

    def make(*args, **options):
        kind = somabrain.SomaBrain if request.param == "sync" else Blocking
        made.append(kind(*args, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def tenant(stack, make_client):
    return Tenant(stack, make_client)


@pytest.fixture
def brain(tenant):
    return tenant.client()


@pytest.fixture(scope="session")
def private_stack(tmp_path_factory):
    """A second stack that tests may hurt; its requests have three seconds."""
    scratch = PrivateStack(tmp_path_factory.mktemp("sdk"))
    try:
        scratch.up()
        yield scratch
    finally:
        scratch.destroy()
