"""Bearer tokens: honest ones from the stack's local issuer, and every kind of forged one."""
import base64
import json
import pathlib
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segment(value):
    return b64(json.dumps(value).encode())


def sign_es256(key, signing_input):
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


class Issuer:
    """The stack's own issuer, by its private key: what `somabrain token` does, without a process."""

    def __init__(self, stack):
        env = stack.env()
        self.name = env["SOMABRAIN_JWT_ISSUER"]
        self.audience = env["SOMABRAIN_JWT_AUDIENCE"]
        pem = pathlib.Path(env["SOMABRAIN_JWT_ISSUER_KEY_FILE"]).read_bytes()
        self.key = serialization.load_pem_private_key(pem, None)
        jwks = json.loads(pathlib.Path(env["SOMABRAIN_JWT_JWKS_FILE"]).read_text())
        self.jwk = jwks["keys"][0]

    def header(self, **changes):
        return {"alg": "ES256", "typ": "JWT", "kid": self.jwk["kid"], **changes}

    def claims(self, tenant, roles=("agent",), subject="e2e", **changes):
        now = int(time.time())
        claims = {"iss": self.name, "aud": self.audience, "sub": subject, "tenant": tenant,
                  "roles": list(roles), "iat": now, "exp": now + 3600, "jti": str(uuid.uuid4())}
        claims.update(changes)
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, header, claims, key=None):
        signing_input = segment(header) + "." + segment(claims)
        return signing_input + "." + sign_es256(key or self.key, signing_input)

    def mint(self, tenant, roles=("agent",), **claims):
        return self.sign(self.header(), self.claims(tenant, roles, **claims))

    def public_pem(self):
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
