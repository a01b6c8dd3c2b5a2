"""The service's refusals as exceptions."""
import pickle
import re

import pytest

import somabrain
from somabrain import errors
from stack import ROOT
from tokens import Issuer


def refused(kind, act, *args, **options):
    with pytest.raises(kind) as caught:
        act(*args, **options)
    return caught.value


def test_a_broken_limit_is_named(brain, tenant):
    error = refused(somabrain.InvalidArgumentError, brain.remember, "x" * 32769)
    assert (error.status, error.kind, error.field) == (400, "invalid_argument", "/text")
    assert error.type == "urn:somabrain:problem:invalid_argument"
    assert error.limit == "must have at most 32768 bytes"
    assert error.request_id and error.request_id in str(error)
    assert error.attempts == 1 and error.idempotency_key
    assert tenant.memory_count() == 0


@pytest.mark.parametrize("field, options", [
    ("/importance", {"importance": float("nan")}), ("/turn", {"turn": 1.5}),
    ("/tags/1", {"tags": ["a", ""]}), ("/embedding", {"embedding": [1.0, 2.0]}),
    ("/occurred_at", {"occurred_at": "yesterday"}), ("/speaker", {"speaker": "\ud800"}),
    ("/valid_to", {"valid_from": "2026-01-02T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}),
    ("Idempotency-Key", {"idempotency_key": "k" * 129}),
])
def test_the_service_judges(brain, field, options):
    error = refused(somabrain.InvalidArgumentError, brain.remember, "x", **options)
    assert error.field == field or (error.field == "" and error.detail), str(error)


def test_the_law_is_named(brain, tenant):
    made = brain.remember("x")
    error = refused(somabrain.LawDeniedError, brain.delete, made.id)
    assert isinstance(error, somabrain.PermissionDeniedError)
    assert (error.status, error.kind, error.article) == (403, "permission_denied", "human-review")
    assert "person" in error.article_text and "human-review" in error.detail
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.article) == (somabrain.LawDeniedError, error.article)
    assert tenant.memory_count() == 1


def test_top_k_and_views(brain):
    assert "at most 100" in refused(somabrain.InvalidArgumentError, brain.recall, "x",
                                    top_k=101).limit
    assert refused(somabrain.InvalidArgumentError, brain.recall, "x",
                   views=["colour"]).field.startswith("/views")
    assert refused(somabrain.InvalidArgumentError, brain.recall).kind == "invalid_argument"


def test_a_body_that_is_too_large(brain):
    error = refused(somabrain.PayloadTooLargeError, brain.remember, "x" * (1 << 20))
    assert error.status == 413 and "1048576" in error.limit


def test_credentials(stack, tenant, make_client):
    error = refused(somabrain.UnauthenticatedError, make_client(tenant.url, "forged").recall, "x")
    assert error.status == 401 and error.limit == ""
    reader = make_client(tenant.url, Issuer(stack).mint(tenant.id, ("reader",)))
    role = refused(somabrain.PermissionDeniedError, reader.remember, "x")
    assert role.status == 403 and not isinstance(role, somabrain.LawDeniedError)


def test_a_key_of_another_request(brain, tenant):
    first = brain.remember("one", idempotency_key="mine")
    assert brain.remember("one", idempotency_key="mine") == first
    error = refused(somabrain.IdempotencyReusedError, brain.remember, "two", idempotency_key="mine")
    assert error.status == 422 and error.idempotency_key == "mine"
    assert tenant.memory_count() == 1


def test_an_error_survives_pickling(brain):
    error = refused(somabrain.NotFoundError, brain.get, "019f0000-0000-7000-8000-000000000000")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is somabrain.NotFoundError
    assert (str(again), again.request_id) == (str(error), error.request_id)


def test_another_server_is_noticed(stack, make_client):
    """The operations port speaks HTTP, but not this API."""
    stranger = make_client(f"http://127.0.0.1:{stack.ops_port}")
    assert refused(somabrain.ApiError, stranger.recall, "x").status == 404
    bao = make_client(f"http://127.0.0.1:{stack.port('VAULT_PORT')}/v1/sys/seal-status#")
    with pytest.raises((somabrain.UnexpectedAnswer, somabrain.ApiError)):
        bao.health()


def test_every_kind_of_the_service_has_its_class():
    text = (ROOT / "src/base/error.h").read_text()
    kinds = re.findall(r"^ +(\w+), +///<", text.partition("enum class ErrorKind")[2], re.M)
    assert len(kinds) >= 12
    for kind in kinds:
        made = errors.api_error(500, {"type": f"urn:somabrain:problem:{kind}"}, "", None)
        name = "".join(part.capitalize() for part in kind.split("_")) + "Error"
        assert type(made).__name__ == name and getattr(somabrain, name) is type(made)


def test_a_proxys_answer_has_no_kind():
    error = errors.api_error(502, None, "<html>" + "x" * 1000, None)
    assert type(error) is somabrain.ApiError and error.kind == ""
    assert len(str(error)) < 600
