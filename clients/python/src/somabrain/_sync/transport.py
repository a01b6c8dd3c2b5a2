# Made from _async/transport.py by make_sync.py: change that file, not this one.
"""Requests and their repetition over one pool of connections."""
from __future__ import annotations

import uuid
from typing import Any, Mapping, Optional

import time
import httpx

from .._decode import decode_json
from .._encode import encode
from .._retry import Attempts, RetryPolicy, parse_retry_after
from .._version import __version__
from .._where import is_loopback
from ..errors import ConnectionFailed, SomaBrainError, UnexpectedAnswer, api_error


class Transport:
    """Sends a request as often as the policy allows; may be shared like the client that owns it."""

    def __init__(
            self, url: str, token: Optional[str], retry: RetryPolicy,
            headers: Mapping[str, str]) -> None:
        own = {"Accept": "application/json", "User-Agent": f"somabrain-python/{__version__}"}
        if token:
            own["Authorization"] = f"Bearer {token}"
        self._retry = retry
        self._http = httpx.Client(
            base_url=url, headers={**own, **headers}, trust_env=not is_loopback(url))

    def close(self) -> None:
        self._http.close()

    def read(self, verb: str, path: str, body: Optional[Mapping[str, Any]] = None) -> Any:
        """The answer's JSON. Raises as `write` does."""
        return self._call(verb, path, body, {})

    def write(
            self, verb: str, path: str, body: Optional[Mapping[str, Any]],
            idempotency_key: Optional[str]) -> Any:
        """The answer's JSON; every attempt carries the same Idempotency-Key, made here when None.

        Raises ApiError, ConnectionFailed or UnexpectedAnswer of the last attempt.
        """
        key = idempotency_key if idempotency_key is not None else uuid.uuid4().hex
        try:
            return self._call(verb, path, body, {"Idempotency-Key": key})
        except SomaBrainError as error:
            error.idempotency_key = key
            raise

    def _call(
            self, verb: str, path: str, body: Optional[Mapping[str, Any]],
            headers: Mapping[str, str]) -> Any:
        content = None
        if body is not None:
            content = encode(body)
            headers = {**headers, "Content-Type": "application/json"}
        attempts = Attempts(self._retry, len(content or b""))
        while True:
            try:
                return self._once(verb, path, content, headers, attempts)
            except SomaBrainError as error:
                error.attempts = attempts.count
                wait = attempts.wait_seconds(error)
                if wait is None:
                    raise
            time.sleep(wait)

    def _once(
            self, verb: str, path: str, content: Optional[bytes], headers: Mapping[str, str],
            attempts: Attempts) -> Any:
        try:
            answer = self._http.request(
                verb, path, content=content, headers=headers, timeout=attempts.timeout_seconds())
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol) as error:
            raise ValueError(f"cannot be sent: {error}") from error
        except httpx.RequestError as error:
            raise ConnectionFailed(f"{verb} {path}: {error!r}") from error
        value = decode_json(answer.content)
        if answer.is_error:
            wait = parse_retry_after(answer.headers.get("Retry-After"))
            raise api_error(answer.status_code, value, answer.text, wait)
        if not answer.is_success or value is None:
            raise UnexpectedAnswer(f"{verb} {path}: status {answer.status_code}, no JSON of ours")
        return value
