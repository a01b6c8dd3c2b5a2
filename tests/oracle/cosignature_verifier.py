"""A checkpoint's cosignature against the witness's public key, from the texts of C2SP alone."""
import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def cosigned_at(note, vkey):
    """Seconds since 1970 of the one cosignature by that key; raises when there is none or it is forged."""
    name, head, typed = vkey.strip().split("+", 2)
    typed = base64.b64decode(typed)
    assert typed[:1] == b"\4" and head == hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    body, _, lines = note.decode().rpartition("\n\n")
    signatures = [line.split(" ") for line in lines.splitlines()]
    [signature] = [bytes_ for dash, by, text in signatures if dash == "\u2014" and by == name
                   and (bytes_ := base64.b64decode(text, validate=True))[:4] == bytes.fromhex(head)]
    seconds = int.from_bytes(signature[4:12], "big")
    Ed25519PublicKey.from_public_bytes(typed[1:]).verify(
        signature[12:], f"cosignature/v1\ntime {seconds}\n{body}\n".encode())
    return seconds
