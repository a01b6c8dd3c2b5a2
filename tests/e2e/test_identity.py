"""Who may come in, and what each role may do: every cell of the published matrix."""
import json
import re
import time
import uuid

import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from api import Client, assert_problem, without_request_id
from stack import ROOT
from tokens import b64, segment

ROLES = ("agent", "reader", "operator", "signer", "auditor", "admin")
NO_LAW = "ab" * 64
ABSENT = "019f0000-0000-7000-8000-000000000000"
# A role that may call it gets this far: the memory does not exist, the rest succeeds.
CALLS = {
    "memory.remember": ("POST", "/v1/memories", {"text": "allowed"}, 201),
    "memory.remember_batch": ("POST", "/v1/memories:batch", {"items": [{"text": "ok"}]}, 201),
    "memory.recall": ("POST", "/v1/recall", {"query": "q"}, 200),
    "memory.get": ("GET", f"/v1/memories/{ABSENT}", None, 404),
    "memory.list": ("GET", "/v1/memories?limit=1", None, 200),
    "memory.history": ("GET", f"/v1/memories/{ABSENT}/history", None, 404),
    "memory.delete": ("DELETE", f"/v1/memories/{ABSENT}", None, 404),
    "brain.evaluate": ("POST", "/v1/brain/evaluate", {"query": "q"}, 200),
    "brain.feedback": ("POST", "/v1/brain/feedback", {"evaluation_id": ABSENT, "reward": 0}, 404),
    "memory.link": ("POST", "/v1/links", {"from": ABSENT, "to": ABSENT[:-1] + "1", "type": "next"},
                    404),
    "memory.links": ("GET", f"/v1/memories/{ABSENT}/links", None, 404),
    "subject.erase": ("DELETE", "/v1/subjects/never-seen", None, 404),
    "subject.erasure": ("GET", f"/v1/erasures/{ABSENT}", None, 404),
    "session.end": ("DELETE", "/v1/sessions/nobody", None, 200),
    "constitution.get": ("GET", "/v1/constitution", None, 200),
    "constitution.versions": ("GET", "/v1/constitution/versions", None, 200),
    "constitution.version": ("GET", "/v1/constitution/versions/1", None, 200),
    "constitution.diff": ("GET", "/v1/constitution/diff?from=0&to=1", None, 200),
    "constitution.propose": ("POST", "/v1/constitution/proposals", {"document": "{}"}, 400),
    "constitution.proposals": ("GET", "/v1/constitution/proposals", None, 200),
    "constitution.proposal": ("GET", f"/v1/constitution/proposals/{NO_LAW}", None, 404),
    "constitution.sign": ("POST", f"/v1/constitution/proposals/{NO_LAW}/signatures",
                          {"public_key": "A" * 43 + "=", "signature": "A" * 86 + "=="}, 404),
    "constitution.activate": ("POST", f"/v1/constitution/proposals/{NO_LAW}/activate", None, 404),
    "audit.events": ("GET", "/v1/audit/events?limit=1", None, 200),
    "audit.proof": ("GET", f"/v1/audit/events/{ABSENT}/proof", None, 404),
    "audit.checkpoints": ("GET", "/v1/audit/checkpoints?limit=1", None, 200),
    "brain.replay": ("POST", f"/v1/brain/evaluations/{ABSENT}/replay", None, 404),
    "brain.plan": ("POST", "/v1/brain/plan", {"goals": [ABSENT]}, 404),
    "brain.weights": ("GET", "/v1/brain/weights", None, 200),
    "brain.weights_history": ("GET", "/v1/brain/weights/history", None, 200),
    "brain.weights_rollback": ("POST", "/v1/brain/weights/rollback", {"to_version": 999}, 404),
}


def published_matrix():
    """endpoint -> roles; a test of ours holds the document and the compiled table together."""
    source = (ROOT / "docs/access.md").read_text()
    rows = re.findall(r"^\| (\w+\.\w+) \|(.*)\|$", source, re.MULTILINE)
    return {name: {role for role, cell in zip(ROLES, cells.split("|")) if cell.strip() == "yes"}
            for name, cells in rows}


MATRIX = published_matrix()


def test_the_matrix_is_whole():
    assert set(MATRIX) == set(CALLS)
    assert set().union(*MATRIX.values()) <= set(ROLES)


@pytest.mark.parametrize("endpoint", CALLS)
@pytest.mark.parametrize("role", ROLES)
def test_every_cell(shared, endpoint, role):
    verb, path, body, success = CALLS[endpoint]
    before = shared.sequence()
    reply = shared.client(role).call(verb, path, body)
    if (role, endpoint) == ("agent", "memory.delete"):
        # The matrix lets an agent ask; the sandbox's law leaves the deed to a person.
        assert assert_problem(reply, 403)["article"] == "human-review"
    elif role in MATRIX[endpoint]:
        assert reply.status == success, str(reply)
    else:
        assert_problem(reply, 403)
        assert shared.sequence() == before


def test_rights_add_up_and_no_role_opens_nothing(shared):
    both = shared.client("reader", "operator")
    assert both.recall("q")
    assert both.remember_batch([{"text": "ok"}])
    assert_problem(both.post("/v1/memories", {"text": "x"}), 403)
    for roles in ([], ["superuser"], ["Agent"], ["agent "]):
        client = Client(shared.stack.http_port, shared.issuer.mint(shared.id, roles))
        for verb, path, body, _ in CALLS.values():
            assert_problem(client.call(verb, path, body), 403)
        client.close()
    mixed = Client(shared.stack.http_port, shared.issuer.mint(shared.id, ["superuser", "reader"]))
    assert mixed.recall("q")
    mixed.close()


def test_role_comes_before_body(shared):
    reply = shared.client("auditor").post("/v1/memories", b"not json")
    assert_problem(reply, 403)


def test_open_paths_need_no_token(stack):
    client = Client(stack.http_port)
    assert client.call("GET", "/health").json == {"status": "ok"}
    document = client.call("GET", "/openapi.json")
    assert document.status == 200 and document.json["openapi"].startswith("3.1")
    assert set(document.json["paths"]) >= {"/v1/memories", "/v1/recall", "/v1/brain/evaluate"}
    client.close()


def test_operations_have_their_own_port(stack):
    client = Client(stack.ops_port)
    ready = client.call("GET", "/ready")
    assert ready.status == 200 and ready.json["status"] == "ok", str(ready)
    metrics = client.call("GET", "/metrics").body.decode()
    assert "somabrain_" in metrics
    assert_problem(client.call("POST", "/v1/recall", {"query": "q"}), 404)
    client.close()


def hs256(key, header, claims):
    signing_input = segment(header) + "." + segment(claims)
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(signing_input.encode())
    return signing_input + "." + b64(mac.finalize())


def rs256(key, header, claims):
    signing_input = segment(header) + "." + segment(claims)
    return signing_input + "." + b64(
        key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256()))


def public_jwk(key):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32, "big")),
            "y": b64(numbers.y.to_bytes(32, "big"))}


def flipped(token, part):
    """The token with one bit of one part's bytes changed, still base64url."""
    parts = token.split(".")
    middle = len(parts[part]) // 2
    other = "B" if parts[part][middle] == "A" else "A"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1:]
    return ".".join(parts)


def forged_tokens(shared):
    """name -> token; none of them may enter."""
    issuer, tenant = shared.issuer, shared.id
    header, claims = issuer.header(), issuer.claims(tenant)
    good = issuer.sign(header, claims)
    now = int(time.time())
    stranger = ec.generate_private_key(ec.SECP256R1())
    rsa_key = rsa.generate_private_key(65537, 2048)
    pem = issuer.public_pem()
    der = issuer.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = good.split(".")[1]

    def with_claims(**changes):
        return issuer.sign(header, {name: value for name, value in {**claims, **changes}.items()
                                    if value is not None})

    def with_header(**changes):
        return issuer.sign(issuer.header(**changes), claims)

    return {
        "nothing": "", "one word": "token", "two parts": ".".join(good.split(".")[:2]),
        "four parts": good + ".x", "blanks inside": good.replace(".", ". "),
        "padded": good + "==", "not base64": "!!!." + body + ".!!!",
        "no JSON": b64(b"{") + "." + b64(b"}") + "." + b64(b"x" * 64),
        "expired": with_claims(exp=now - 3600, iat=now - 7200),
        "expired long ago": with_claims(exp=1, iat=0),
        "not yet valid": with_claims(nbf=now + 3600),
        "issued in the future": with_claims(iat=now + 3600),
        "no exp": with_claims(exp=None), "exp a string": with_claims(exp=str(now + 3600)),
        "exp NaN": issuer.sign(header, {**claims, "exp": float("nan")}),
        "no sub": with_claims(sub=None), "empty sub": with_claims(sub=""),
        "no iss": with_claims(iss=None), "other issuer": with_claims(iss="https://evil.example"),
        "issuer with a slash": with_claims(iss=issuer.name + "/"),
        "no aud": with_claims(aud=None), "other audience": with_claims(aud="elsewhere"),
        "other audiences": with_claims(aud=["elsewhere", "nowhere"]),
        "no tenant": with_claims(tenant=None), "tenant no uuid": with_claims(tenant="sandbox"),
        "unknown tenant": issuer.mint(str(uuid.uuid4())),
        "nil tenant": issuer.mint(str(uuid.UUID(int=0))),
        "tenant a list": with_claims(tenant=[tenant]),
        "roles a string": issuer.sign(header, {**claims, "roles": "agent"}),
        "roles of numbers": issuer.sign(header, {**claims, "roles": [1]}),
        "alg none, no signature": segment({**header, "alg": "none"}) + "." + body + ".",
        "alg None": segment({**header, "alg": "None"}) + "." + body + "." + good.split(".")[2],
        "alg none, no kid": segment({"alg": "none"}) + "." + body + ".",
        "alg empty": with_header(alg=""), "alg missing": issuer.sign(
            {"typ": "JWT", "kid": header["kid"]}, claims),
        "HS256 by the public PEM": hs256(pem, {**header, "alg": "HS256"}, claims),
        "HS256 by the public DER": hs256(der, {**header, "alg": "HS256"}, claims),
        "HS256 by the JWK": hs256(json.dumps(issuer.jwk).encode(), {**header, "alg": "HS256"},
                                  claims),
        "HS256 by nothing": hs256(b"\0", {**header, "alg": "HS256"}, claims),
        "HS256 labelled ES256": hs256(pem, header, claims),
        "RS256 by a stranger": rs256(rsa_key, {**header, "alg": "RS256"}, claims),
        "ES256 by a stranger": issuer.sign(header, claims, stranger),
        "a stranger's jwk in the header": issuer.sign(
            issuer.header(jwk=public_jwk(stranger)), claims, stranger),
        "a stranger's jwk without kid": issuer.sign(
            {"alg": "ES256", "jwk": public_jwk(stranger)}, claims, stranger),
        "jku": with_header(jku="http://127.0.0.1:1/jwks.json"),
        "x5u": with_header(x5u="http://127.0.0.1:1/cert.pem"),
        "crit": with_header(crit=["exp"]), "b64 false": with_header(b64=False),
        "unknown kid": with_header(kid="no-such-key"),
        "kid a path": with_header(kid="../../../../dev/null"),
        "kid with a quote": with_header(kid="' OR 1=1 --"),
        "zero signature": ".".join(good.split(".")[:2]) + "." + b64(b"\0" * 64),
        "short signature": ".".join(good.split(".")[:2]) + "." + b64(b"\1" * 63),
        "empty signature": ".".join(good.split(".")[:2]) + ".",
        "header changed": flipped(good, 0), "claims changed": flipped(good, 1),
        "signature changed": flipped(good, 2),
        "claims of another token": ".".join(
            [good.split(".")[0], segment(issuer.claims(tenant, ["admin"])), good.split(".")[2]]),
        "claims named twice": b64(json.dumps(header).encode()) + "." + b64(
            (json.dumps(claims)[:-1] + ',"tenant":"x"}').encode()) + "." + good.split(".")[2],
        "far too long": issuer.sign(header, {**claims, "filler": "f" * 9000})[:7800],
    }


def test_forged_tokens_do_not_enter(shared):
    client = Client(shared.stack.http_port)
    before = shared.sequence(), shared.sequence("access")
    bodies = set()
    tokens = forged_tokens(shared)
    assert len(tokens) >= 50
    for name, token in tokens.items():
        reply = client.post("/v1/memories", {"text": "forged"}, token=token)
        assert reply.status == 401, (name, str(reply))
        assert_problem(reply, 401)
        assert reply.headers["www-authenticate"].startswith("Bearer"), name
        bodies.add(without_request_id(reply))
    # All look the same from outside: the answer helps nobody to forge a better one.
    assert len(bodies) == 1, bodies
    assert (shared.sequence(), shared.sequence("access")) == before
    client.close()


def test_credentials_elsewhere_do_not_count(shared):
    client = Client(shared.stack.http_port)
    token = shared.token()
    for headers in ({}, {"Authorization": token}, {"Authorization": "Basic YTpi"},
                    {"Authorization": f"Token {token}"}, {"Authorization": "Bearer"},
                    {"X-Auth-Token": token}, {"Cookie": f"token={token}"},
                    {"Authorization": f"Bearer {token} {token}"},
                    {"Authorization": f"Bearer {token}, Bearer {token}"}):
        assert_problem(client.post("/v1/recall", {"query": "q"}, headers=headers), 401)
    assert_problem(client.post(f"/v1/recall?access_token={token}", {"query": "q"}), 401)
    for verb, path, body, _ in CALLS.values():
        assert_problem(client.call(verb, path, body), 401)
    client.close()


def test_identity_comes_before_the_body(shared):
    client = Client(shared.stack.http_port)
    assert_problem(client.post("/v1/memories", b"not json"), 401)
    client.close()


def test_the_tenant_is_the_tokens_alone(shared, make_tenant):
    other = make_tenant()
    reply = shared.agent.post("/v1/memories", {"text": "whose?"},
                              headers={"Soma-Tenant": other.id, "X-Tenant": other.id})
    assert reply.status == 201
    assert other.sequence() == 0 and other.memory_count() == 0


def test_the_command_lines_token_enters(shared):
    done = shared.stack.run("token", "--tenant", shared.id, "--role", "reader")
    client = Client(shared.stack.http_port, done.stdout.strip().splitlines()[-1])
    assert client.call("POST", "/v1/recall", {"query": "q"}).status == 200
    assert_problem(client.post("/v1/memories", {"text": "x"}), 403)
    client.close()
