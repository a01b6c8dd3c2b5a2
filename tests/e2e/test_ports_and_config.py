"""The commands that need no service: ports, config, and how the program says no."""
import json
import os
import signal
import socket
import subprocess

import pytest

from stack import ROOT

BINARY = ROOT / "build/release/src/somabrain"
KEYS = ["SOMABRAIN_HTTP_PORT", "SOMABRAIN_GRPC_PORT", "SOMABRAIN_OPS_PORT", "POSTGRES_PORT", "REDIS_PORT",
        "VAULT_PORT", "S3_PORT", "SOMABRAIN_WITNESS_PORT", "BUFFER_PORT", "KAFKA_PORT", "SOMABRAIN_RELAY_PORT"]


def somabrain(*args, cwd=None, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SOMABRAIN_")}
    return subprocess.run([BINARY, *args], text=True, capture_output=True, cwd=cwd, timeout=60,
                          env={**clean, **environment}, stdin=subprocess.DEVNULL, check=False)


class Holder:
    """`somabrain ports --hold` in a folder of its own, until its standard input is closed."""

    def __init__(self, folder, *args):
        folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen([BINARY, "ports", "--hold", *args], cwd=folder, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        text = ""
        while not text.endswith("}\n"):
            line = self.process.stdout.readline()
            assert line, "ended before it printed its ports"
            text += line
        self.ports = json.loads(text)
        assert json.loads((folder / "ports.json").read_text()) == self.ports

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(timeout=10) == 0


def test_three_stacks_at_once_share_no_port(tmp_path):
    holders = [Holder(tmp_path / name) for name in "abc"]
    try:
        assert [list(h.ports) for h in holders] == [KEYS] * 3
        assert len({port for h in holders for port in h.ports.values()}) == 3 * len(KEYS)
    finally:
        for holder in holders:
            holder.close()


def test_a_server_starts_on_a_held_port_and_a_stranger_does_not(tmp_path):
    holder = Holder(tmp_path / "a")
    port = holder.ports["REDIS_PORT"]
    with socket.socket() as stranger, pytest.raises(OSError):
        stranger.bind(("127.0.0.1", port))
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        holder.close()
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_an_occupied_port_is_moved_and_a_kept_one_is_not(tmp_path):
    first = Holder(tmp_path / "a")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first.ports["VAULT_PORT"]))
        first.close()  # not before: it is preferred, and other stacks ask for ports at any time
        taken.listen()
        moved = Holder(tmp_path / "a")
        moved.close()
        assert moved.ports["VAULT_PORT"] != first.ports["VAULT_PORT"]
        (tmp_path / "a/ports.json").write_text(json.dumps(first.ports))
        kept = Holder(tmp_path / "a", "--keep", "VAULT_PORT")
        kept.close()
        assert kept.ports["VAULT_PORT"] == first.ports["VAULT_PORT"]


def test_added_ports_follow_and_stay(tmp_path):
    added = ["KAFKA_2_PORT", "KAFKA_3_PORT"]
    more = ("--add", added[0], "--add", added[1])
    first = Holder(tmp_path / "a", *more)
    first.close()
    assert list(first.ports) == [*KEYS, *added]
    again = Holder(tmp_path / "a", *more)
    again.close()
    assert [again.ports[key] for key in added] == [first.ports[key] for key in added]


def test_a_killed_holder_holds_nothing(tmp_path):
    # Whoever asks for ports next is given the preferred one that comes free here; this one nobody prefers.
    holder = Holder(tmp_path / "a", "--add", "UNKNOWN_PORT")
    holder.process.send_signal(signal.SIGKILL)
    holder.process.wait(timeout=10)
    with socket.socket() as server:
        server.bind(("127.0.0.1", holder.ports["UNKNOWN_PORT"]))


def test_ports_that_cannot_be_written(tmp_path):
    done = somabrain("ports", "--file", "/nonexistent/ports.json", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "somabrain: /nonexistent/ports.json.new: cannot be written\n"


def test_config_prints_settings_but_no_secret(tmp_path):
    done = somabrain("config", cwd=tmp_path, SOMABRAIN_REDIS_PASSWORD="marker-7f",
                     SOMABRAIN_WORKER_THREADS="7")
    assert done.returncode == 0
    assert "marker-7f" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "SOMABRAIN_REDIS_PASSWORD=(secret)" in lines
    assert "SOMABRAIN_WORKER_THREADS=7" in lines
    assert "SOMABRAIN_JWT_ALGORITHMS=ES256" in lines


def test_the_settings_document_is_up_to_date(tmp_path):
    printed = somabrain("config", "--markdown", cwd=tmp_path).stdout
    assert printed == (ROOT / "docs/configuration.md").read_text()


@pytest.mark.parametrize("command", ["config", "serve", "migrate"])
def test_a_wrong_setting_stops_every_command_with_one_line(command, tmp_path):
    done = somabrain(command, cwd=tmp_path, SOMABRAIN_HTTP_PORT="0")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == ("somabrain: SOMABRAIN_HTTP_PORT=0: must be a whole number "
                           "from 1 to 65535\n")


def test_a_wrong_secret_is_not_shown(tmp_path):
    done = somabrain("config", cwd=tmp_path, SOMABRAIN_POSTGRES_PASSWORD="q" * 5000)
    assert done.returncode == 1
    assert "qq" not in done.stderr and "SOMABRAIN_POSTGRES_PASSWORD" in done.stderr


def test_version_and_help():
    assert somabrain("--version").stdout.startswith("somabrain ")
    text = somabrain("--help").stdout
    for command in ("serve", "migrate", "tenant", "remember", "recall", "evaluate", "import",
                    "token", "ports", "config"):
        assert command in text
    assert somabrain("no-such-command").returncode != 0
    assert somabrain().returncode != 0
