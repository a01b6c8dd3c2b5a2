"""The package itself: quickstart, generated files, types, what the contract has and it has not."""
import ast
import dataclasses
import inspect
import os
import re
import subprocess
import sys
import warnings
import zipfile

import pytest

import somabrain
from somabrain import requests, results
from stack import ROOT

HERE = ROOT / "clients/python"
SOURCES = sorted((HERE / "src").rglob("*.py"))
BLOCKS = re.findall(r"^```python\n(.*?)^```", (HERE / "README.md").read_text(), re.S | re.M)
PYTHON = os.environ["SDK_PYTHON"]  # of an environment with the wheel and what it depends on


def run_alone(code, folder, **settings):
    """In the wheel's own environment, with nothing of ours in sight."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("PYTHON", "SOMABRAIN_", "SDK_"))}
    return subprocess.run([PYTHON, "-I", "-c", code], cwd=folder, text=True, capture_output=True,
                          timeout=120, env={**clean, **settings}, stdin=subprocess.DEVNULL,
                          check=False)


def test_the_quickstart_runs_verbatim_and_is_short(stack):
    lines = [line for line in BLOCKS[0].splitlines() if line.strip()]
    assert lines[0].startswith("from somabrain import") and len(lines) <= 10
    done = run_alone(BLOCKS[0], stack.root / "docs")
    assert done.returncode == 0, done.stderr
    assert re.match(r"\d\.\d{3}  Ada has given up tea and drinks coffee now\.\n", done.stdout)


def test_the_other_examples_run_verbatim(stack):
    assert len(BLOCKS) == 2
    done = run_alone(BLOCKS[1], stack.root)
    assert done.returncode == 0, done.stderr
    assert "Grace brings the measurements." in done.stdout
    front_page = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", front_page, re.S | re.M)
    # gRPC's has a test of its own.
    first, loop = [block for block in blocks if "from somabrain import" in block]
    done = run_alone(first, stack.root / "src")
    assert done.stdout == "Ada has given up tea and drinks coffee now.\n", done.stderr
    done = run_alone(loop, stack.root / "src")
    assert done.returncode == 0, done.stderr
    answered, refused = done.stdout.splitlines()
    assert answered == "Which hall does Ada want for the review? the small hall"
    assert refused.startswith("not done: the planned action's utility -0.6"), refused


def test_without_a_stack_it_says_so(tmp_path):
    done = run_alone(BLOCKS[0], tmp_path)
    assert done.returncode != 0 and "is a stack up (./dev up)?" in done.stderr
    done = run_alone("import somabrain; somabrain.SomaBrain()", tmp_path)
    assert done.returncode != 0 and "SOMABRAIN_URL" in done.stderr


def test_where_it_looks(stack, tmp_path):
    ask = "import somabrain; print(somabrain.SomaBrain.local({}).recall('x').state_token)"
    url = f"http://127.0.0.1:{stack.http_port}"
    token = (stack.state / "secrets/sandbox-token").read_text().strip()
    for code, settings in [
            (ask.format(repr(str(stack.root / "src/base"))), {}),
            (ask.format(""), {"SOMABRAIN_PORTS_FILE": str(stack.root / "ports.json")}),
            (ask.replace(".local({})", "()"), {"SOMABRAIN_URL": url, "SOMABRAIN_TOKEN": token}),
            # A proxy is for other machines.
            (ask.format(repr(str(stack.root))), {"HTTP_PROXY": "http://127.0.0.1:9"})]:
        done = run_alone(code, tmp_path, **settings)
        assert done.returncode == 0 and len(done.stdout.strip()) == 22, done.stderr
    done = run_alone(ask.format(repr(str(stack.root))), tmp_path, SOMABRAIN_TOKEN="forged")
    assert (stack.state / "secrets/sandbox-token").stat().st_mode & 0o777 == 0o600
    assert "UnauthenticatedError" in done.stderr, "a token of one's own comes first"
    (tmp_path / "ports.json").write_text('{"REDIS_PORT": 1}')
    done = run_alone(ask.format(""), tmp_path)
    assert "no SOMABRAIN_HTTP_PORT" in done.stderr


def test_the_synchronous_client_is_up_to_date():
    done = subprocess.run([sys.executable, HERE / "make_sync.py", "--check"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, f"run make_sync.py: {done.stdout}"
    for path in (HERE / "src/somabrain/_sync").glob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.Name)}
        assert not names & {"anyio", "AsyncSomaBrain", "AsyncTransport"}
        assert not re.search(r"\b(async|await)\b", path.read_text()), path


def test_both_clients_have_the_same_methods():
    def methods(cls):
        return {name: str(inspect.signature(value)).replace("Async", "")
                for name, value in inspect.getmembers(cls, callable)
                if not name.startswith("_") and name not in ("close", "aclose")}
    assert methods(somabrain.SomaBrain) == methods(somabrain.AsyncSomaBrain)


def test_types_are_strict(tmp_path):
    """The sources, and the quickstart as its user would check it: against the installed wheel."""
    (tmp_path / "quickstart.py").write_text(BLOCKS[0] + "\nreveal_type(memory)\n" + BLOCKS[1])
    for where, what in [(HERE, ["src", "make_sync.py"]), (tmp_path, ["quickstart.py"])]:
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache",
             "--python-executable", PYTHON, *what], cwd=where, text=True, capture_output=True,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "RecalledMemory" in done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_sources_are_those_of_python_3_9(path):
    ast.parse(path.read_text(), feature_version=(3, 9))


def test_the_wheel_has_what_it_should():
    names = zipfile.ZipFile(os.environ["SDK_WHEEL"]).namelist()
    assert "somabrain/py.typed" in names and any(name.endswith("/LICENSE") for name in names)
    assert (HERE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert all(re.match(r"somabrain(-[\w.]+\.dist-info)?/", name) for name in names)


def contract():
    """({message: fields}, {method: request}) of the API's proto files."""
    messages, methods = {}, {}
    for path in (ROOT / "api/somabrain/v1").glob("*.proto"):
        text = re.sub(r"//[^\n]*", "", path.read_text())
        messages.update({name: set() for name in re.findall(r"^message (\w+) \{\}$", text, re.M)})
        for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.S | re.M):
            messages[name] = set(re.findall(r"^  (?:[\w.]+ )?[\w.<>, ]+ (\w+) = \d+", body, re.M))
        methods.update(re.findall(r"rpc (\w+)\((\w+)\)", text))
    return messages, methods


OUR_NAMES = {"GetMemory": "get", "DeleteMemory": "delete", "ListMemories": "list",
             "MemoryHistory": "history"}


def our_messages():
    return {name: value for name, value in vars(results).items()
            if dataclasses.is_dataclass(value) and name != "Health"}


def our_arguments(method):
    """The request's fields that a method takes, or None when there is no such method."""
    name = OUR_NAMES.get(method, re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower())
    found = getattr(somabrain.SomaBrain, name, None)
    names = found and {name.rstrip("_") for name in inspect.signature(found).parameters}
    return names and names - {"self", "idempotency_key"}


def test_nothing_is_invented():
    messages, methods = contract()
    assert len(messages) >= 13 and len(methods) >= 6
    for name, cls in our_messages().items():
        assert {field.name.rstrip("_") for field in dataclasses.fields(cls)} <= messages[name], name
    for method, request in methods.items():
        assert (our_arguments(method) or set()) <= messages[request], method
    item = set(requests.RememberRequest.__annotations__)
    assert item == our_arguments("Remember") and len(item) == 15


def test_what_the_contract_has_and_we_have_not():
    """A warning, so that an endpoint can land before its method does."""
    messages, methods = contract()
    missing = {method: messages[request] - (our_arguments(method) or set())
               for method, request in methods.items() if our_arguments(method) is None
               or messages[request] - our_arguments(method)}
    for name, cls in our_messages().items():
        lacking = messages[name] - {field.name.rstrip("_") for field in dataclasses.fields(cls)}
        missing.update({name: lacking} if lacking else {})
    for name, fields in missing.items():
        warnings.warn(f"the Python client lacks {name} {sorted(fields)}", stacklevel=1)
