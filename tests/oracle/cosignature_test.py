"""Cosignatures as C2SP has them: `somabrain audit verify --witness-key` and an independent check agree.

    SOMABRAIN=build/release/src/somabrain python -m pytest tests/oracle/cosignature_test.py
"""
import base64
import subprocess

import pytest
from cosignature_verifier import cosigned_at
from cryptography.exceptions import InvalidSignature
from ledger_forge import KEY, PROGRAM, Key, log_files, make_events
from ledger_verifier import sha

TIME = 1_795_000_000


class Witness(Key):
    def __init__(self, seed):
        super().__init__(seed, "witness.example.com/w1")
        self.typed = b"\4" + self.typed[1:]
        self.head = sha(self.name.encode() + b"\n" + self.typed)[:4]

    def line(self, note, seconds=TIME, said=None):
        text = note.decode().rpartition("\n\n")[0] + "\n"
        signature = self.private.sign(f"cosignature/v1\ntime {said or seconds}\n{text}".encode())
        raw = base64.b64encode(self.head + seconds.to_bytes(8, "big") + signature).decode()
        return f"\u2014 {self.name} {raw}\n".encode()


WITNESS, IMPOSTOR = Witness(b"witness"), Witness(b"impostor")
NOTE = log_files(make_events(5), [5])[f"checkpoints/{5:020}"]
OTHER = log_files(make_events(4), [4])[f"checkpoints/{4:020}"]


@pytest.mark.parametrize("note, good", [
    (NOTE + WITNESS.line(NOTE), True),
    (NOTE + IMPOSTOR.line(NOTE) + WITNESS.line(NOTE), True),
    (NOTE, False),
    (NOTE + IMPOSTOR.line(NOTE), False),
    (NOTE + WITNESS.line(OTHER), False),
    (NOTE + WITNESS.line(NOTE, said=TIME + 1), False),
    (NOTE + WITNESS.line(NOTE)[:-12] + b"AAAAAAAAAAA\n", False),
], ids=["genuine", "beside another's", "none", "another's", "of another tree", "of another time", "damaged"])
def test_both_verifiers_agree(tmp_path, note, good):
    for file, data in {**log_files(make_events(5), [5]), f"checkpoints/{5:020}": note}.items():
        path = tmp_path / "log" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "key").write_text(KEY.public() + "\n")
    (tmp_path / "witness").write_text(WITNESS.public() + "\n")
    done = subprocess.run([PROGRAM, "audit", "verify", "--dir", tmp_path / "log", "--key", tmp_path / "key",
                           "--witness-key", tmp_path / "witness"], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == good, done
    if good:
        assert cosigned_at(note, WITNESS.public()) == TIME
    else:
        with pytest.raises((ValueError, InvalidSignature)):
            cosigned_at(note, WITNESS.public())
