"""Vectors from an embedding server elsewhere: found by meaning while it answers, 503 when it is gone."""
import os
import subprocess

import pytest

import private_stack as private
from api import assert_problem
from conftest import Tenant
from stack import ROOT
from tokens import Issuer

SERVER = ROOT / "tests/support/oracle/embedding_server.py"


@pytest.fixture
def server(tmp_path):
    port = tmp_path / "port"
    process = subprocess.Popen([os.environ["SOMABRAIN_ORACLE_PYTHON"], str(SERVER),
                                os.environ["SOMABRAIN_MODEL_DIR"], str(port)],
                               stdin=subprocess.PIPE)
    try:
        private.wait_until(port.exists, 60, "the embedding server")
        yield process, f"http://127.0.0.1:{port.read_text()}/v1/embeddings"
    finally:
        process.kill()
        process.communicate()


def test_a_tenant_embedded_elsewhere(server, tmp_path_factory):
    process, url = server
    stack = private.PrivateStack(tmp_path_factory.mktemp("elsewhere"),
                                 SOMABRAIN_EMBEDDER_URL=url, SOMABRAIN_EMBEDDER_MODEL="minilm",
                                 SOMABRAIN_EMBEDDER_API_KEY="sesame",
                                 SOMABRAIN_EMBEDDER_DIMENSION=384)
    try:
        stack.up()
        tenant = Tenant(stack, Issuer(stack))
        assert "minilm-384 384" in stack.run("tenant", "list").stdout
        pets = tenant.agent.remember("Our dog sleeps in the hall.")["id"]
        tenant.agent.remember("The invoice was paid in March.")
        assert tenant.agent.recalled_ids("Where does the puppy rest?")[0] == pets
        process.kill()
        process.wait()
        for reply in (tenant.agent.post("/v1/memories", {"text": "not stored"}),
                      tenant.agent.post("/v1/recall", {"query": "a new question"})):
            assert_problem(reply, 503)
            assert int(reply.headers["retry-after"]) >= 1
        assert tenant.memory_count() == 2
        tenant.close()
    finally:
        stack.destroy()
