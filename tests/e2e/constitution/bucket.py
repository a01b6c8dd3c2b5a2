"""A bucket of a test's own in a stack's object storage, where locked objects may be put as somebody with the
service's secret could put them."""
import datetime
import os
import subprocess
import tempfile

from stack import ROOT


class Bucket:
    """Made as deploy/object_store/setup.sh makes the stack's; it stays, since what is in it is locked."""

    def __init__(self, stack):
        self.stack, self.name = stack, f"test-{os.urandom(6).hex()}"
        self.settings = {"SOMABRAIN_S3_BUCKET": self.name}
        self.put_as_root("", b"", "x-amz-bucket-object-lock-enabled: true")
        policy = (ROOT / "deploy/object_store/bucket-policy.json").read_text()
        self.put_as_root("?policy=", policy.replace(":::somabrain", f":::{self.name}").encode())

    def put_as_root(self, path, body, *headers):
        # The secret travels on standard input: arguments are visible to the whole machine.
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            command = ["curl", "-s", "-S", "--fail-with-body", "--max-time", "30",
                       "--aws-sigv4", "aws:amz:us-east-1:s3", "-K", "-", "-X", "PUT"]
            for header in ("x-amz-content-sha256: UNSIGNED-PAYLOAD", *headers):
                command += ["-H", header]
            command += ["--data-binary", f"@{file.name}",
                        f"http://127.0.0.1:{self.stack.port('S3_PORT')}/{self.name}{path}"]
            done = subprocess.run(command, input=f'user = "root:{self.stack.secret("s3-root")}"\n',
                                  text=True, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def put_locked(self, name, body):
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        self.put_as_root("/" + name, body, "x-amz-object-lock-mode: COMPLIANCE",
                         f"x-amz-object-lock-retain-until-date: {until:%Y-%m-%dT%H:%M:%SZ}")
