"""A second stack for tests that kill and freeze: nothing it does reaches the stack beside it."""
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from stack import ROOT, Stack

LINKS = ("dev", "tools", "deploy", "build", "migrations")
SCRIPT = ROOT / "tests/support/private_stack.sh"


def children(pid):
    """Direct children: PostgreSQL's processes, each of which leads a group of its own."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rsplit(") ", 1)[1].split()
            if int(fields[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def adopt_orphans():
    """Servers outlive the script that starts them. Here they become children of this process, which
    can reap them: a killed PostgreSQL that stays a zombie, for want of an init, cannot restart."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def alive(pid):
    """A zombie is dead once it is reaped: PostgreSQL takes one for a server that still holds its data."""
    try:
        if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z":
            return True
    except OSError:
        return False
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return False


def wait_until(condition, seconds, what):
    """Polls a condition; the bound is there only so that a broken system ends the test."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class PrivateStack(Stack):
    def __init__(self, folder, kafka=0, **settings):
        """`kafka`: how many brokers, 1 or 3; 0 for none."""
        adopt_orphans()
        self.root = pathlib.Path(folder)
        if kafka:
            (self.root / "kafka").write_text(str(int(kafka)))
        for name in LINKS:
            if (ROOT / name).exists():
                (self.root / name).symlink_to(ROOT / name)
        self.trace_file = self.root / "commit.trace"
        settings = {"SOMABRAIN_COMMIT_TRACE_FILE": self.trace_file,
                    "SOMABRAIN_RELAY_TRACE_FILE": self.root / "relay.trace",
                    "SOMABRAIN_REQUEST_DEADLINE_MS": 3000, **settings}
        (self.root / "extra.env").write_text(
            "".join(f"{name}={value}\n" for name, value in settings.items()))

    def script(self, *args, timeout=180):
        # Output goes to a file: the servers it starts must not hold a pipe of ours open.
        log = self.root / "script.log"
        with open(log, "wb") as out:
            done = subprocess.run([str(SCRIPT), str(self.root), *args], stdout=out,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                  timeout=timeout, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"private stack, {args}:\n{log.read_text()[-4000:]}")

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, name, **options):
        """In a folder of its own, gone afterwards; not up yet."""
        folder = tempfile.mkdtemp(prefix=f"soma-{name}-")
        os.chmod(folder, 0o755)  # PostgreSQL's own account must reach its data
        stack = cls(folder, **options)
        try:
            yield stack
        finally:
            stack.destroy()

    def up(self):
        self.script("up")

    def destroy(self):
        self.script("reset")
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self, name):
        self.script("start", name)

    def pids(self, name):
        pid = self.pid(name)
        return [pid, *children(pid)]

    def signal_all(self, name, number):
        for pid in self.pids(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self, name):
        """kill -9 of the process and its children, at once; returns when all are gone."""
        pids = self.pids(name)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in pids), 20, f"the end of {name}")

    @contextlib.contextmanager
    def without(self, name):
        """The part is killed for the length of the block and started again after it."""
        self.kill(name)
        try:
            yield
        finally:
            self.start(name)

    @contextlib.contextmanager
    def frozen(self, name):
        """SIGSTOP for the length of the block."""
        pids = self.pids(name)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def ready(self):
        """(HTTP status, document) of /ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ops_port, timeout=10)
        try:
            connection.request("GET", "/ready")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def metrics(self):
        """Samples of /metrics by name and labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ops_port, timeout=10)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
            return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                    for line in lines if not line.startswith("#")}
        finally:
            connection.close()

    def bao(self, verb, path, body=None):
        """OpenBao as its root."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port("VAULT_PORT"), timeout=10)
        try:
            connection.request(verb, f"/v1/{path}", json.dumps(body) if body else None,
                               {"X-Vault-Token": self.secret("openbao-root-token")})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
