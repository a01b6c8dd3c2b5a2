"""Signs the example constitutions of deploy/constitution with keys that are no secret.

    python tests/oracle/constitution_keys.py      writes the canonical texts and their signatures anew

Each example's source is NAME.source.json, as a person writes it; signers are named there, their keys are
put in. A key's seed is SHA-256("somabrain example signer NAME"): anybody can sign, so nobody may trust them.
"""
import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

import rfc8785
from nacl.signing import SigningKey

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "constitution"


def key(name):
    return SigningKey(hashlib.sha256(f"somabrain example signer {name}".encode()).digest())


def signed_bytes(law, digest):
    previous = bytes.fromhex(law["previous"]) if law["previous"] else bytes(64)
    return b"somabrain/constitution/v1\0" + struct.pack(">Q", law["version"]) + previous + digest


def sign(source):
    law = json.loads(source.read_text("utf-8"))
    for signer in law["signers"]:
        signer["public_key"] = base64.b64encode(bytes(key(signer["id"]).verify_key)).decode()
    text = rfc8785.dumps(law)
    digest = hashlib.sha3_512(text).digest()
    message = signed_bytes(law, digest)
    signatures = [{
        "public_key": signer["public_key"],
        "signature": base64.b64encode(key(signer["id"]).sign(message).signature).decode(),
    } for signer in law["signers"][:law["threshold"]]]
    name = source.name.removesuffix(".source.json")
    (FOLDER / f"{name}.json").write_bytes(text)
    proof = {"hash": digest.hex(), "signatures": signatures}
    (FOLDER / f"{name}.signatures.json").write_text(json.dumps(proof, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    for each in sorted(FOLDER.glob("*.source.json")):
        sign(each)
        print(f"signed {each.name}", file=sys.stderr)
