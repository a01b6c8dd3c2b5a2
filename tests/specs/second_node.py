"""A second `somabrain serve` on the stores of a stack: the other node of the specs."""
import http.client
import os
import socket
import subprocess

from private_stack import wait_until


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class SecondNode:
    def __init__(self, stack, log):
        self.stack, self.log, self.process = stack, log, None
        self.http_port, self.ops_port = free_port(), free_port()

    def start(self):
        settings = {**os.environ, **self.stack.env(), "SOMABRAIN_HTTP_PORT": str(self.http_port),
                    "SOMABRAIN_OPS_PORT": str(self.ops_port), "SOMABRAIN_GRPC_PORT": "0",
                    "SOMABRAIN_COMMIT_TRACE_FILE": str(self.log.with_suffix(".commits"))}
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [str(self.stack.root / "build/release/src/somabrain"), "serve"], env=settings,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out)
        wait_until(self.ready, 60, "a second node that is ready")

    def ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.ops_port, timeout=5)
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        """Whatever became of it."""
        if self.process is not None:
            self.kill()
