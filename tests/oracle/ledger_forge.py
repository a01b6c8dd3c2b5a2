"""A genuine ledger, made by neither of the verifiers, and its files in a folder where they can be forged."""
import base64
import os
import re
import subprocess

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ledger_verifier import audit, mth, sha

PROGRAM = os.environ.get("SOMABRAIN", "build/release/src/somabrain")
TOOL = os.environ.get("SOMA_LEDGER_TOOL", "build/release/tests/ledger_tool")
ORIGIN = "somabrain.local/ledger/0197f3a0-0000-7000-8000-000000000000"
STREAMS = [("a", "state"), ("a", "access"), ("b", "access"), (None, "system")]


class Key:
    def __init__(self, seed, name=ORIGIN):
        self.private = Ed25519PrivateKey.from_private_bytes(sha(seed))
        self.name = name
        self.typed = b"\1" + self.private.public_key().public_bytes_raw()
        self.head = sha(name.encode() + b"\n" + self.typed)[:4]

    def public(self):
        return f"{self.name}+{self.head.hex()}+{base64.b64encode(self.typed).decode()}"

    def checkpoint(self, size, root, head=None):
        body = f"{self.name}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode((head or self.head) + self.private.sign(body.encode())).decode()
        return f"{body}\n— {self.name} {signature}\n".encode()


KEY, OTHER = Key(b"log"), Key(b"other")


def make_events(count):
    events, last = [], dict.fromkeys(STREAMS, 0)
    for n in range(count):
        tenant, stream = choice = STREAMS[(n * 7 // 3) % 4]
        last[choice] += 1
        events.append(b'{"action":"recall","actor":"agent-%d","stream":"%s","stream_sequence":%d,"tenant":%s,'
                      b'"time":"2026-11-23T10:%02d:%02d.000000Z"}' % (
                          n % 9, stream.encode(), last[choice],
                          b'"%s"' % tenant.encode() if tenant else b"null", n // 60 % 60, n % 60))
    return events


def bundle(entries):
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def name(kind, index, width):
    return f"tile/{kind}/{index:03}" + (f".p/{width}" if width < 256 else "")


def tiles(events, sizes):
    """Files of the tree at the last size, and what earlier sizes left: partial tiles stay where they were."""
    files, leaves = {}, [sha(b"\0" + event) for event in events]
    for size in sizes:
        hashes, level = leaves[:size], 0
        while hashes:
            above = []
            for at in range(0, len(hashes), 256):
                part = hashes[at:at + 256]
                files[name(level, at // 256, len(part))] = b"".join(part)
                if level == 0 and (file := name("entries", at // 256, len(part))) not in files:
                    files[file] = bundle(events[at:at + len(part)])
                if len(part) == 256:
                    above.append(mth(part))
            hashes, level = above, level + 1
    return files


def log_files(events, sizes, key=KEY):
    leaves = [sha(b"\0" + event) for event in events]
    return {**tiles(events, sizes),
            **{f"checkpoints/{size:020}": key.checkpoint(size, mth(leaves[:size])) for size in sizes}}


class Folder:
    """A genuine log on disk; forge() changes files until restore()."""

    def __init__(self, path, events, sizes):
        self.path, self.events, self.changed = path, events, set()
        self.genuine = log_files(events, sizes)
        self.key = path / "key"
        # What `somabrain audit verify` calls, a thousand times in one process.
        self.tool = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.key.write_text(KEY.public() + "\n")
        for file, data in self.genuine.items():
            self.write(file, data)

    def write(self, file, data):
        path = self.path / "log" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(data)

    def forge(self, files):
        self.changed = {file for file, data in files.items() if data != self.genuine.get(file)}
        for file in self.changed:
            self.write(file, files[file])

    def close(self):
        self.tool.communicate()

    def restore(self):
        for file in self.changed:
            self.write(file, self.genuine.get(file))

    def verdicts(self, kept):
        files = []
        for number, text in enumerate(kept):
            files.append(str(self.path / f"kept{number}"))
            (self.path / f"kept{number}").write_bytes(text)
        self.tool.stdin.write("\t".join(map(str, [self.path / "log", self.key, *files])) + "\n")
        self.tool.stdin.flush()
        independent = audit(self.path / "log", KEY.public(), kept)  # at the same time
        reason = self.tool.stdout.readline()
        said = re.match(r"leaf (\d+): ", reason)
        assert said or reason == "valid\n", reason
        return (int(said[1]) if said else None), independent, reason

    def program(self, kept=()):
        """Exit status of `somabrain audit verify`, and what it says of a bad leaf."""
        (self.path / "kept").write_bytes(b"".join(kept))
        answer = subprocess.run([PROGRAM, "audit", "verify", "--dir", self.path / "log", "--key", self.key,
                                 *(["--checkpoint", self.path / "kept"] if kept else [])],
                                capture_output=True, text=True, check=False)
        said = re.match(r"somabrain: leaf (\d+): ", answer.stderr)
        return answer.returncode, int(said[1]) if said else None
