"""A running stack as tests see it: its ports, its secrets, its command line and its database."""
import json
import os
import pathlib
import socket
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
    def grpc_port(self):
        return self.port("SOMABRAIN_GRPC_PORT")

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

    def run(self, *args, check=True, token=None, timeout=120, stdin=None,
            folder=None, environment=None):
        """./dev run ARGS; the finished process with text output. What `environment` names is set
        for the program itself, over the stack's own settings."""
        command = [str(self.root / "dev"), "run", *map(str, args)]
        if environment is not None:
            command = ["env", *(f"{name}={value}" for name, value in
                                {**self.env(), **environment}.items()),
                       str(self.root / "build/release/src/somabrain"), *map(str, args)]
        environment = dict(os.environ)
        environment.pop("SOMABRAIN_TOKEN", None)
        if token is not None:
            environment["SOMABRAIN_TOKEN"] = token
        done = subprocess.run(command, text=True,
                              capture_output=True, timeout=timeout, env=environment, input=stdin, cwd=folder,
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

    def kafka(self, user="soma-reader", **changes):
        """What librdkafka is told to reach this stack's brokers, as `user` where they ask."""
        env = self.env()
        if env.get("SOMABRAIN_KAFKA_SECURITY") != "tls":
            return {"bootstrap.servers": f"127.0.0.1:{self.port('KAFKA_PORT')}", **changes}
        return {"bootstrap.servers": env["SOMABRAIN_KAFKA_BROKERS"], "security.protocol": "SASL_SSL",
                "ssl.ca.location": env["SOMABRAIN_KAFKA_CA_FILE"], "sasl.mechanism": "PLAIN",
                "sasl.username": user, "sasl.password": self.secret(user.replace("soma-", "kafka-")),
                **changes}

    def redis(self, *words):
        """One command to `cache`; the answer as redis-py gives it without decoding: bytes, numbers, lists."""
        return self.ask_redis("REDIS_PORT", "redis", words)

    def buffer(self, *words):
        """The same to `buffer`."""
        return self.ask_redis("BUFFER_PORT", "buffer", words)

    def ask_redis(self, port, secret, words):
        with socket.create_connection(("127.0.0.1", self.port(port)), 10) as link:
            reader = link.makefile("rb")

            def read():
                line = reader.readline()
                kind, rest = line[:1], line[1:-2]
                if kind == b"-":
                    raise RuntimeError(rest.decode())
                if kind == b"*":
                    return [read() for _ in range(int(rest))]
                if kind == b"$":
                    return None if rest == b"-1" else reader.read(int(rest) + 2)[:-2]
                return int(rest) if kind == b":" else rest

            def say(*parts):
                coded = [p if isinstance(p, bytes) else str(p).encode() for p in parts]
                link.sendall(b"*%d\r\n" % len(coded) + b"".join(
                    b"$%d\r\n%s\r\n" % (len(p), p) for p in coded))
                return read()

            say("AUTH", self.secret(secret))
            return say(*words)

    def pid(self, name):
        """Of a process ./dev started: serve, postgres, redis, buffer or openbao."""
        return int((self.state / "run" / f"{name}.pid").read_text().split()[0])
