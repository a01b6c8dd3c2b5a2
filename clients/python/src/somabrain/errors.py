"""What can go wrong: one class for each kind of problem the service names, and two for answers that
never came or made no sense. All derive from SomaBrainError."""
from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Type

_SHOWN_DETAIL = 500  # characters of an answer that is no problem+json


class SomaBrainError(Exception):
    """Base of everything this package raises about a call.

    `attempts` says how often the request was sent. `idempotency_key` is set for writes: repeating
    the same call with it cannot write twice, whatever became of the first one.
    """

    attempts: int = 1
    idempotency_key: Optional[str] = None


class ConnectionFailed(SomaBrainError):
    """No whole answer arrived: refused, cut, or silent for too long. `__cause__` has httpx's error.

    A write may have happened all the same; `idempotency_key` lets it be repeated safely.
    """


class UnexpectedAnswer(SomaBrainError):
    """A success that is not what the API promises: most likely some other server answered."""


class ApiError(SomaBrainError):
    """The service said no, by problem+json (RFC 9457).

    Attributes: `problem` (the answer's JSON), `status` (HTTP), `type` (a URN), `kind` (its last
    segment, e.g. "invalid_argument"; empty when the answer is no problem+json), `title`, `detail`
    (a sentence), `field` (what was to blame: a JSON pointer or a header's name), `limit` (the rule
    that was broken, in words, e.g. "must have at most 256 bytes"), `request_id` (the service's log
    knows it), `retry_after` (seconds, when the service named a time). What does not apply is an
    empty string or None.
    """

    def __init__(self, status: int, problem: Mapping[str, Any],
                 retry_after: Optional[float] = None) -> None:
        # All of it to the base: that makes the exception picklable.
        super().__init__(status, problem, retry_after)
        self.status = status
        self.problem = problem
        self.type = str(problem.get("type", ""))
        self.kind = self.type.rpartition(":")[2]
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.field = str(problem.get("field", ""))
        self.request_id = str(problem.get("request_id", ""))
        self.retry_after = retry_after

    @property
    def limit(self) -> str:
        if not isinstance(self, (InvalidArgumentError, PayloadTooLargeError)):
            return ""
        prefix = self.field + ": "
        return self.detail[len(prefix):] if self.detail.startswith(prefix) else self.detail

    def __str__(self) -> str:
        text = f"{self.status} {self.kind or 'answer'}: {self.detail or self.title}"
        return text + (f" (request {self.request_id})" if self.request_id else "")


class InvalidArgumentError(ApiError):
    """400: a value is malformed or breaks the limit that `field` and `limit` name."""


class UnauthenticatedError(ApiError):
    """401: no token, or one that is not valid (any more)."""


class PermissionDeniedError(ApiError):
    """403: the token's roles, or the constitution, do not allow this."""


class LawDeniedError(PermissionDeniedError):
    """403: the constitution forbids this, or leaves it to a person.

    `article` is the id of the article it rests on, `article_text` its words (at most the first
    1,024 bytes).
    """

    @property
    def article(self) -> str:
        return str(self.problem.get("article", ""))

    @property
    def article_text(self) -> str:
        return str(self.problem.get("article_text", ""))


class LowUtilityError(LawDeniedError):
    """403: what the planned action is worth is below the law's minimum.

    `utility` has the figures, by the names of the API: `utility`, `minimum`, `probability`, …
    """

    @property
    def utility(self) -> Mapping[str, Any]:
        figures: Mapping[str, Any] = self.problem["utility"]
        return figures


class NotFoundError(ApiError):
    """404: absent, or another tenant's, which looks the same."""


class AlreadyExistsError(ApiError):
    """409: the name is taken."""


class ConflictError(ApiError):
    """409: the state has moved on, e.g. a state_token from before a restore."""


class PayloadTooLargeError(ApiError):
    """413: the request's body is over its limit."""


class UnsupportedMediaTypeError(ApiError):
    """415: a body in another form than JSON; this client sends none."""


class IdempotencyReusedError(ApiError):
    """422: the Idempotency-Key belongs to another request."""


class ResourceExhaustedError(ApiError):
    """429: too many requests; retried after `retry_after` seconds while attempts last."""


class InternalError(ApiError):
    """500: the service's own mistake; report it with `request_id`."""


class UnavailableError(ApiError):
    """503: a part the service needs is away; retried while attempts last."""


class DeadlineExceededError(ApiError):
    """504: the service ran out of its time; retried while attempts last."""


_BY_KIND: Dict[str, Type[ApiError]] = {
    "invalid_argument": InvalidArgumentError,
    "unauthenticated": UnauthenticatedError,
    "permission_denied": PermissionDeniedError,
    "not_found": NotFoundError,
    "already_exists": AlreadyExistsError,
    "conflict": ConflictError,
    "payload_too_large": PayloadTooLargeError,
    "unsupported_media_type": UnsupportedMediaTypeError,
    "idempotency_reused": IdempotencyReusedError,
    "resource_exhausted": ResourceExhaustedError,
    "internal": InternalError,
    "unavailable": UnavailableError,
    "deadline_exceeded": DeadlineExceededError,
}


def api_error(status: int, body: object, text: str, retry_after: Optional[float]) -> ApiError:
    """The error of an answer: `body` is its JSON or None, `text` the answer as it came."""
    if isinstance(body, dict) and isinstance(body.get("type"), str):
        kind = body["type"].rpartition(":")[2]
        if kind == "permission_denied" and "utility" in body:
            return LowUtilityError(status, body, retry_after)
        if kind == "permission_denied" and "article" in body:
            return LawDeniedError(status, body, retry_after)
        return _BY_KIND.get(kind, ApiError)(status, body, retry_after)
    return ApiError(status, {"detail": text[:_SHOWN_DETAIL]}, retry_after)
