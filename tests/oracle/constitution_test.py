"""The shipped constitutions, against implementations that share nothing with ours: the schema by
jsonschema, the canonical form by rfc8785, SHA3-512 by hashlib, Ed25519 by PyNaCl and by cryptography.

    python -m pytest tests/oracle/constitution_test.py
"""
import base64
import copy
import hashlib
import json

import jsonschema
import pytest
import rfc8785
from constitution_keys import FOLDER, key, signed_bytes
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

SCHEMA = json.loads((FOLDER.parents[1] / "api/constitution/v1.schema.json").read_text("utf-8"))
NAMES = sorted(path.name.removesuffix(".source.json") for path in FOLDER.glob("*.source.json"))


def load(name):
    text = (FOLDER / f"{name}.json").read_bytes()
    return text, json.loads(text), json.loads((FOLDER / f"{name}.signatures.json").read_text("utf-8"))


def errors(law):
    return list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(law))


def test_there_are_examples():
    assert len(NAMES) >= 2


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_examples_satisfy_the_schema(name):
    assert errors(load(name)[1]) == []


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_canonical_and_are_their_sources(name):
    text, law, proof = load(name)
    assert rfc8785.dumps(law) == text
    assert hashlib.sha3_512(text).hexdigest() == proof["hash"]
    for signer in law["signers"]:
        assert base64.b64decode(signer.pop("public_key")) == bytes(key(signer["id"]).verify_key)
    assert law == json.loads((FOLDER / f"{name}.source.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_genuine_and_enough(name):
    text, law, proof = load(name)
    signers = {signer["public_key"] for signer in law["signers"]}
    message = signed_bytes(law, hashlib.sha3_512(text).digest())
    keys = set()
    for row in proof["signatures"]:
        public, signature = (base64.b64decode(row[field]) for field in ("public_key", "signature"))
        VerifyKey(public).verify(message, signature)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        keys.add(row["public_key"])
    assert keys <= signers
    assert len(keys) == len(proof["signatures"]) >= law["threshold"]


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_letter_is_noticed(name):
    text, law, proof = load(name)
    at = text.index(b"audit")
    message = signed_bytes(law, hashlib.sha3_512(text[:at] + b"A" + text[at + 1:]).digest())
    row = proof["signatures"][0]
    public, signature = (base64.b64decode(row[field]) for field in ("public_key", "signature"))
    with pytest.raises(BadSignatureError):
        VerifyKey(public).verify(message, signature)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def change(law, path, value):
    *folders, last = path
    for step in folders:
        law = law[step]
    if value is None:
        del law[last]
    else:
        law[last] = value


BAD = [
    (["extra"], 1), (["version"], 0), (["version"], "1"), (["version"], 1.5), (["previous"], "00"),
    (["previous"], "A" * 128), (["issued_at"], 5), (["threshold"], 0), (["threshold"], 33),
    (["signers"], []), (["signers", 0, "public_key"], "AAAA"), (["signers", 0, "algorithm"], "rsa"),
    (["signers", 0, "id"], "Not A Name"), (["articles"], []), (["articles", 0, "text"], ""),
    (["articles", 0, "text"], "x" * 4097), (["rules", 0, "effect"], {"type": "maybe"}),
    (["rules", 0, "effect"], {"type": "allow", "text": "x"}), (["rules", 0, "match", "roles"], []),
    (["rules", 0, "match", "classes"], ["pii"]), (["rules", 0, "match", "endpoints"], ["*"]),
    (["rules", 0, "match", "amounts"], [{"name": "cost"}]), (["rules", 0, "article"], None),
    (["utility", "b"], None), (["utility", "lambda"], -1), (["bounds", "tau", "min"], 0),
    (["bounds", "rollback"], None), (["limits", "robot"], {}),
    (["limits", "agent", "batch_items"], 1001), (["expires_at"], None),
]


@pytest.mark.parametrize("path,value", BAD, ids=lambda x: ".".join(map(str, x)) if isinstance(x, list) else "")
def test_the_schema_refuses(path, value):
    law = copy.deepcopy(load("sandbox")[1])
    change(law, path, value)
    assert errors(law) != []
