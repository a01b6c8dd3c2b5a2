"""The parts of ./dev that must not go wrong: templates, secrets, and whose processes it ends. Each test runs
the real functions of tools/dev/common.sh in a scratch folder, on real processes."""
import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile
import time
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class Shell(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.strangers = []

    def tearDown(self):
        for process in self.strangers:
            process.kill()
            process.wait()
        for file in (self.root / ".soma/run").glob("*.pid"):
            self.bash(f"stop {file.stem} KILL 5")

    def bash(self, script, check=True):
        """Runs a script that has sourced the functions, as ./dev has."""
        text = (f"set -euo pipefail; ROOT={self.root}; source {REPOSITORY}/tools/dev/common.sh; "
                f"lock_stack; {script}")
        # Files, not pipes: a server that is left running must not keep us waiting for its output.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(["bash", "-c", text], stdout=out, stderr=err, timeout=60, check=False,
                                  stdin=subprocess.DEVNULL, cwd=self.root)
            out.seek(0)
            err.seek(0)
            done.stdout, done.stderr = out.read(), err.read()
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def pid(self, name):
        return int((self.root / f".soma/run/{name}.pid").read_text().split()[0])

    def alive(self, pid):
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
        except OSError:
            return False
        return state != "Z"

    def stranger(self):
        process = subprocess.Popen(["sleep", "300"])
        self.strangers.append(process)
        return process


class Templates(Shell):
    def render(self, template, *pairs, check=True):
        (self.root / "in").write_text(template)
        return self.bash("render in out " + " ".join(pairs), check)

    def out(self):
        return (self.root / "out").read_text()

    def test_names_are_filled_in_as_they_are(self):
        self.render("port = @PORT@\npath = '@DIR@/@DIR@'\n", "PORT=5432", r"'DIR=/a b/&/\1'")
        self.assertEqual(self.out(), "port = 5432\npath = '/a b/&/\\1//a b/&/\\1'\n")

    def test_the_end_of_the_file_is_kept(self):
        for template in ("a", "a\n", "a\n\n\n"):
            self.render(template)
            self.assertEqual(self.out(), template)

    def test_a_forgotten_name_is_an_error(self):
        done = self.render("x = @PORT@\ny = @OTHER@\n", "PORT=1", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("@OTHER@", done.stderr)

    def test_a_comment_may_speak_of_names(self):
        self.render("# @NAMES@ are filled in\nx\n")
        self.assertEqual(self.out(), "# @NAMES@ are filled in\nx\n")

    def test_what_is_rendered_is_ours_alone(self):
        self.render("password @P@\n", "P=x")
        self.assertEqual(stat.S_IMODE((self.root / "out").stat().st_mode), 0o600)

    def test_every_template_of_deploy_is_filled_by_the_scripts(self):
        scripts = "".join(p.read_text() for p in (REPOSITORY / "tools/dev").glob("*.sh"))
        for template in ("postgres/postgresql.conf", "redis/cache.conf", "redis/buffer.conf", "vault/config.hcl",
                         "object_store/versitygw.env", "kafka/server.properties", "kafka/cluster.properties",
                         "kafka/clients.env", "somabrain/somabrain.env"):
            text = (REPOSITORY / "deploy" / template).read_text()
            lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
            for name in re.findall(r"@([A-Z_]+)@", "\n".join(lines)):
                self.assertIn(f"{name}=", scripts, template)


class Secrets(Shell):
    def test_a_secret_is_made_once_and_for_us_alone(self):
        first = self.bash('cat "$(secret redis)"').stdout
        self.assertRegex(first, r"^[0-9a-f]{64}\n$")
        self.assertEqual(self.bash('cat "$(secret redis)"').stdout, first)
        self.assertNotEqual(self.bash('cat "$(secret other)"').stdout, first)
        path = self.root / ".soma/secrets/redis"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)


class Processes(Shell):
    def test_what_is_started_runs_apart_and_is_stopped(self):
        self.bash("start part sleep 300")
        pid = self.pid("part")
        self.assertTrue(self.alive(pid))
        for _ in range(100):  # on a busy machine setsid may not have run yet
            if os.getsid(pid) == pid:
                break
            time.sleep(0.05)
        self.assertEqual(os.getsid(pid), pid, "a session of its own: Ctrl-C does not reach it")
        self.bash("running part")
        self.bash("stop part TERM 5")
        self.assertFalse(self.alive(pid))
        self.assertNotEqual(self.bash("running part", check=False).returncode, 0)

    def test_output_goes_to_its_log(self):
        self.bash("start part sh -c 'echo said; echo complained >&2; sleep 300'")
        log = self.root / ".soma/log/part.log"
        for _ in range(100):
            if log.read_text().count("\n") == 2:
                break
            time.sleep(0.05)
        self.assertEqual(log.read_text(), "said\ncomplained\n")

    def test_a_recycled_pid_is_never_ended(self):
        """The number is somebody else's now: only its start time tells."""
        other = self.stranger()
        self.bash("true")
        (self.root / ".soma/run/part.pid").write_text(f"{other.pid} 12345\n")
        self.assertNotEqual(self.bash("running part", check=False).returncode, 0)
        self.bash("stop part KILL 1")
        self.assertIsNone(other.poll(), "the stranger lives")

    def test_a_damaged_record_ends_nothing(self):
        other = self.stranger()
        self.bash("true")
        for text in ("", "\n", f"{other.pid}", f"{other.pid} ", "x y", "-1 -1", "1"):
            (self.root / ".soma/run/part.pid").write_text(text)
            self.assertNotEqual(self.bash("running part", check=False).returncode, 0, text)
            self.bash("stop part KILL 1")
        self.assertIsNone(other.poll())

    def test_one_that_will_not_go_is_killed(self):
        self.bash("start part bash -c 'trap \"\" TERM; while :; do sleep 0.1; done'")
        pid = self.pid("part")
        time.sleep(0.3)
        done = self.bash("stop part TERM 1")
        self.assertIn("killed", done.stderr)
        for _ in range(100):
            if not self.alive(pid):
                break
            time.sleep(0.05)
        self.assertFalse(self.alive(pid))

    def test_a_dead_one_does_not_run(self):
        self.bash("start part sleep 300")
        pid = self.pid("part")
        os.kill(pid, signal.SIGKILL)
        for _ in range(100):
            if not self.alive(pid):
                break
            time.sleep(0.05)
        self.assertNotEqual(self.bash("running part", check=False).returncode, 0)

    def test_waiting_for_one_that_died_shows_its_log(self):
        done = self.bash("start part sh -c 'echo no such model; exit 1'; wait_for part 10 false",
                         check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no such model", done.stderr)
        self.assertIn("part is not ready", done.stderr)

    def test_waiting_ends_when_it_is_ready(self):
        self.bash("start part sh -c 'sleep 0.2; touch ready; sleep 300'; wait_for part 20 test -e ready")

    def test_names_with_brackets_and_blanks_do_not_confuse_the_start_time(self):
        program = self.root / "od) d (name"
        program.write_text("#!/bin/sh\nsleep 300\n")
        program.chmod(0o755)
        self.bash(f"start part '{program}'; running part; stop part TERM 5")


class Brokers(Shell):
    """tools/dev/kafka.sh: how many brokers a stack has is said once."""

    def kafka(self, script, check=True):
        return self.bash(f"source {REPOSITORY}/tools/dev/kafka.sh; {script}", check)

    def test_one_unless_said_otherwise(self):
        self.assertEqual(self.kafka("brokers; broker_names").stdout, "1\nkafka:KAFKA_PORT\n")
        self.kafka("choose_brokers 1")

    def test_three_have_a_port_and_a_controller_each(self):
        (self.root / "ports.json").write_text(
            '{\n"KAFKA_PORT": 9092,\n"KAFKA_2_PORT": 513,\n"KAFKA_3_PORT": 65535\n}\n')
        self.kafka("choose_brokers 3")
        self.assertEqual(self.kafka("broker_names").stdout.split(),
                         ["kafka:KAFKA_PORT", "kafka2:KAFKA_2_PORT", "kafka3:KAFKA_3_PORT"])
        self.assertEqual(self.kafka("kafka_list NODE@HOST:29093").stdout,
                         "1@127.35.132.1:29093,2@127.2.1.1:29093,3@127.255.255.1:29093\n")

    def test_another_number_is_refused_and_nothing_changes(self):
        for first, other in ((1, 3), (3, 1)):
            self.kafka(f"rm -rf $SOMA/kafka; choose_brokers {first}; mkdir -p $SOMA/kafka/data")
            done = self.kafka(f"choose_brokers {other}", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"has {first} broker(s), not {other}: ./dev reset", done.stderr)
            self.assertEqual(self.kafka("brokers").stdout, f"{first}\n")

    def test_numbers_that_no_cluster_has(self):
        for number in ("0", "2", "4", "three", "''"):
            done = self.kafka(f"choose_brokers {number}", check=False)
            self.assertEqual(done.returncode, 1, number)
            self.assertIn("--brokers takes 1 or 3", done.stderr)


class Files(Shell):
    def test_ports_are_read_from_the_flat_file(self):
        (self.root / "ports.json").write_text('{\n  "REDIS_PORT": 6001,\n  "VAULT_PORT": 6002\n}\n')
        self.assertEqual(self.bash("port VAULT_PORT").stdout, "6002\n")
        self.assertEqual(self.bash("port OTHER_PORT").stdout, "")

    def test_two_at_once_take_turns(self):
        """The second waits for the lock until the first is done."""
        self.bash("true")
        script = (f"ROOT={self.root}; source {REPOSITORY}/tools/dev/common.sh; lock_stack; "
                  f"echo in >> {self.root}/turns; sleep 0.3; echo out >> {self.root}/turns")
        both = [subprocess.Popen(["bash", "-c", script]) for _ in range(2)]
        self.assertEqual([process.wait(timeout=30) for process in both], [0, 0])
        self.assertEqual((self.root / "turns").read_text().split(), ["in", "out", "in", "out"])

    def test_a_command_gets_the_token_of_its_role_and_no_other(self):
        commands = {"recall x": "agent", "import a b": "agent", "constitution sign --signer s": "signer",
                    "constitution history": "signer", "constitution verify f": "", "constitution init s": "",
                    "constitution key n": "", "constitution restore": "", "tenant list": "", "": ""}
        script = f"source {REPOSITORY}/tools/dev/service.sh"
        for words, role in commands.items():
            done = self.bash(f"{script}; role_for {words}")
            self.assertEqual(done.stdout.strip(), role, words)

    def test_an_unknown_benchmark_names_those_there_are(self):
        done = subprocess.run([str(REPOSITORY / "dev"), "bench", "nope"], text=True, timeout=60,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 1)
        for name in ("nope", "locomo", "committer", "index"):
            self.assertIn(name, done.stderr)

    def test_ci_runs_what_a_developer_runs(self):
        text = (REPOSITORY / ".ci/run").read_text()
        self.assertIn("exec ./dev test </dev/null", text)


if __name__ == "__main__":
    unittest.main()
