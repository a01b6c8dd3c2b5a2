"""Schemathesis over /openapi.json: generated requests, good and bad, must never meet a 5xx and must
be answered as the document says. It lives in an environment of its own; ./dev makes it."""
import json
import os
import pathlib
import re
import subprocess

import pytest

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
          "allow_header_conformance,unsupported_method,use_after_free,ignored_auth")


@pytest.fixture(scope="module")
def schemathesis():
    program = pathlib.Path(os.environ.get("SCHEMATHESIS", ""))
    assert program.is_file(), "SCHEMATHESIS names no program: run ./dev test e2e"
    return program


# CPython before 3.11.5 fails on a collection in the middle of ast.parse, which Hypothesis calls.
PROGRAM = """
import gc, runpy, sys
gc.disable()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(program, folder, location, *options):
    done = subprocess.run(
        [program.parent / "python", "-c", PROGRAM, program, "run", location, "--phases", "examples,coverage,fuzzing", "--workers", "1",
         "--request-timeout", "20", "--no-color", "--seed", "20", "--generation-database", "none",
         "--no-shrink", *options], cwd=folder, text=True, capture_output=True, timeout=300,
        stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout + done.stderr


def test_generated_requests(schemathesis, stack, shared, tmp_path):
    status, text = run(schemathesis, tmp_path, f"http://127.0.0.1:{stack.http_port}/openapi.json",
                       "--header", f"Authorization: Bearer {shared.token('admin')}",
                       "--checks", CHECKS, "--max-examples", "20", "--continue-on-failure")
    assert status == 0, text[-12000:]
    sent = re.search(r"(\d+) generated", text)
    assert sent and int(sent.group(1)) > 500, text[-3000:]


def test_it_can_fail(schemathesis, stack, shared, tmp_path):
    """The same run against a document that promises too much."""
    document = shared.agent.call("GET", "/openapi.json").json
    answer = document["components"]["schemas"]["RecallResponse"]["properties"]
    assert answer["results"]["type"] == "array"
    answer["results"] = {"type": "string"}
    (tmp_path / "false.json").write_text(json.dumps(document))
    status, text = run(schemathesis, tmp_path, str(tmp_path / "false.json"),
                       "--url", f"http://127.0.0.1:{stack.http_port}",
                       "--header", f"Authorization: Bearer {shared.token('admin')}",
                       "--checks", "response_schema_conformance", "--max-examples", "5",
                       "--mode", "positive", "--include-path", "/v1/recall")
    assert status == 1 and "violates schema" in text, text[-3000:]
