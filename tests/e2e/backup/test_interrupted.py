"""A backup that is killed in its middle leaves nothing that looks whole."""
import os
import signal
import subprocess

import psycopg

from private_stack import wait_until


def test_a_killed_backup_leaves_no_folder(stack, tenant, tmp_path):
    tenant.agent.remember("A memory.")
    folder, partial = tmp_path / "backup", tmp_path / "backup.partial"
    environment = {**os.environ, **stack.env()}
    command = [stack.root / "build/release/src/somabrain", "backup", folder]
    with psycopg.connect(host="127.0.0.1", port=stack.port("POSTGRES_PORT"), dbname="soma",
                         user="postgres", password=stack.secret("postgres-superuser")) as blocker:
        # The last one, since it names others: by then these have been written.
        blocker.execute("LOCK TABLE streams IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(command, env=environment)
        wait_until(lambda: (partial / "streams.copy").exists(), 30, "the backup's last files")
        rival = stack.run("backup", folder, check=False)
        assert rival.returncode == 1 and "another backup" in rival.stderr
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert not folder.exists() and (partial / "memories.copy").exists()
    done = stack.run("restore", partial, check=False)
    assert done.returncode == 1 and "manifest.json cannot be read" in done.stderr
    stack.run("backup", folder)
    assert (folder / "manifest.json").exists() and not partial.exists()
