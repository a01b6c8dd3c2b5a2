"""A second database in the cluster of a running stack, with a service of its own when one is wanted."""
import contextlib
import os
import socket
import subprocess

import psycopg

from api import Client
from private_stack import wait_until
from stack import ROOT


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class SecondDatabase:
    """Made as ./dev makes the stack's: roles and rights, no tables."""

    def __init__(self, stack, folder):
        self.stack, self.folder = stack, folder
        self.name = f"second_{os.urandom(6).hex()}"
        self.settings = {"SOMABRAIN_POSTGRES_DATABASE": self.name}
        with stack.connect() as connection:
            connection.execute(f"CREATE DATABASE {self.name}")
        secrets = stack.state / "secrets"
        script = "".join(f"\\set {name}_password '{(secrets / f'postgres-{name}').read_text().strip()}'\n"
                         for name in ("app", "migrate", "relay"))
        script += (ROOT / "deploy/postgres/roles.sql").read_text()
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                        "-p", str(stack.port("POSTGRES_PORT")), "-U", "postgres", "-d", self.name],
                       input=script, text=True, check=True, capture_output=True,
                       env={**os.environ, "PGPASSWORD": stack.secret("postgres-superuser")})

    def drop(self):
        with self.stack.connect() as connection:
            connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def run(self, *args, **how):
        """somabrain ARGS on this database."""
        return self.stack.run(*args, environment=self.settings, **how)

    def connect(self, application="tests"):
        return psycopg.connect(host="127.0.0.1", port=self.stack.port("POSTGRES_PORT"),
                               dbname=self.name, user="postgres", autocommit=True,
                               password=self.stack.secret("postgres-superuser"), connect_timeout=5,
                               application_name=application)

    def rows(self, query, *parameters):
        with self.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    @contextlib.contextmanager
    def serve(self):
        """The port of a service on this database, for the length of the block."""
        port, operations = free_ports(2)
        settings = {**self.stack.env(), **self.settings, "SOMABRAIN_HTTP_PORT": str(port),
                    "SOMABRAIN_OPS_PORT": str(operations), "SOMABRAIN_GRPC_PORT": "0"}
        log = self.folder / "serve.log"
        with open(log, "ab") as out:
            service = subprocess.Popen([self.stack.root / "build/release/src/somabrain", "serve"],
                                       env={**os.environ, **settings}, stdout=out, stderr=out)

        def answers():
            assert service.poll() is None, log.read_text()[-2000:]
            try:
                return Client(operations, timeout=5).call("GET", "/ready").status == 200
            except OSError:
                return False
        try:
            wait_until(answers, 60, "a second service")
            yield port
        finally:
            service.terminate()
            service.wait(30)
