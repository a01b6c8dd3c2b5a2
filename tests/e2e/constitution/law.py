"""Genuine laws for tests: keys from a name, canonical texts, signatures by cryptography's Ed25519."""
import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack import ROOT

EXAMPLES = ROOT / "deploy/constitution"


def holder(name):
    """The key whose seed is the hash of a published sentence: the example constitutions' own."""
    return Ed25519PrivateKey.from_private_bytes(
        hashlib.sha256(f"somabrain example signer {name}".encode()).digest())


def public_key(name):
    raw = holder(name).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def canonical(law):
    """RFC 8785, for laws of ASCII texts and plain numbers."""
    return json.dumps(law, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def identity(law):
    return hashlib.sha3_512(canonical(law)).hexdigest()


def signed_bytes(law):
    previous = bytes.fromhex(law["previous"]) if law["previous"] else bytes(64)
    return (b"somabrain/constitution/v1\0" + struct.pack(">Q", law["version"]) + previous
            + bytes.fromhex(identity(law)))


def sign(law, *names):
    """Signatures in the order of the keys' bytes, as an envelope has them."""
    made = [{"public_key": public_key(name),
             "signature": base64.b64encode(holder(name).sign(signed_bytes(law))).decode()}
            for name in names]
    return sorted(made, key=lambda item: base64.b64decode(item["public_key"]))


def envelope(law, *names):
    return canonical({"signatures": sign(law, *names), "text": canonical(law).decode()})


def example(name="sandbox"):
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def following(law, **changes):
    """The next version: the same words, but for `changes`."""
    return {**law, "version": law["version"] + 1, "previous": identity(law), **changes}


def signers(*names):
    return [{"id": name, "public_key": public_key(name)} for name in names]
