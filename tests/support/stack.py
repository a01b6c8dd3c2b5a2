"""A running stack as tests see it: its ports, its secrets, its command line and its database."""
import json
import os
import pathlib
import subprocess

import psycopg

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Stack:
    """The stack that ./dev started in `root`: this clone, or a scratch folder of private_stack."""

    def __init__(self, root=ROOT):
        self.root = pathlib.Path(root)
        if not (self.root / "ports.json").exists():
            raise RuntimeError(f"no stack in {self.root}: run ./dev up")

    @property
    def state(self):
        return self.root / ".soma"

    def port(self, name):
        return json.loads((self.root / "ports.json").read_text())[name]

    @property
    def http_port(self):
        return self.port("SOMABRAIN_HTTP_PORT")

    @property
    def ops_port(self):
        return self.port("SOMABRAIN_OPS_PORT")

    def env(self):
        """The service's settings, as .soma/somabrain.env gives them."""
        pairs = (line.split("=", 1) for line in (self.state / "somabrain.env").read_text().split("\n")
                 if line.startswith("SOMABRAIN_"))
        return dict(pairs)

    def secret(self, name):
        return (self.state / "secrets" / name).read_text().strip()

    def run(self, *args, check=True, token=None, timeout=120, stdin=None):
        """./dev run ARGS; the finished process with text output."""
        environment = dict(os.environ)
        environment.pop("SOMABRAIN_TOKEN", None)
        if token is not None:
            environment["SOMABRAIN_TOKEN"] = token
        done = subprocess.run([str(self.root / "dev"), "run", *map(str, args)], text=True,
                              capture_output=True, timeout=timeout, env=environment, input=stdin,
                              stdin=subprocess.DEVNULL if stdin is None else None)
        if check and done.returncode != 0:
            raise RuntimeError(f"somabrain {args}: exit {done.returncode}\n{done.stderr}")
        return done

    def create_tenant(self, name):
        """The new tenant's uuid."""
        return self.run("tenant", "create", name).stdout.strip().splitlines()[-1]

    def connect(self):
        """The database as its superuser, whom row-level security does not bind."""
        return psycopg.connect(host="127.0.0.1", port=self.port("POSTGRES_PORT"), dbname="soma",
                               user="postgres", password=self.secret("postgres-superuser"),
                               autocommit=True, connect_timeout=5)

    def rows(self, query, *parameters):
        with self.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def pid(self, name):
        """Of a process ./dev started: serve, postgres, redis or openbao."""
        return int((self.state / "run" / f"{name}.pid").read_text().split()[0])
