"""When a call is repeated, and how long it waits before."""
from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Optional

from .errors import ApiError, ConnectionFailed, SomaBrainError

_RETRIED_STATUS = (429, 503, 504)
# The service takes so much longer for text to embed, of which a request may bring 1 MiB.
_SECONDS_PER_BYTE = 0.00025
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class RetryPolicy:
    """Bounds of one call. Repeated are lost connections and answers 429, 503 and 504; a write keeps
    its Idempotency-Key, so it happens once however often it is sent.

    Waits double from `first_wait_seconds` to `longest_wait_seconds`, are shortened at random by up
    to half so that clients do not return together, and last at least as long as the service's
    Retry-After. No attempt starts later than `max_seconds` after the first. `timeout_seconds` is
    the longest silence within an attempt; it should exceed the service's own deadline. Both times
    grow with the body by 0.25 ms a byte, up to 1 MiB: so does the service's deadline.
    """

    max_attempts: int = 4
    max_seconds: float = 30.0
    timeout_seconds: float = 15.0
    first_wait_seconds: float = 0.2
    longest_wait_seconds: float = 5.0

    @classmethod
    def never(cls) -> RetryPolicy:
        """One attempt."""
        return cls(max_attempts=1)


class Attempts:
    """The attempts of one call; not shared between calls."""

    def __init__(self, policy: RetryPolicy, body_bytes: int = 0) -> None:
        embedding = min(body_bytes, _MOST_BYTES) * _SECONDS_PER_BYTE
        self._policy = policy
        self._silence = policy.timeout_seconds + embedding
        self._end = time.monotonic() + policy.max_seconds + embedding
        self.count = 1

    def timeout_seconds(self) -> float:
        """For the attempt about to start: never longer than the call has left."""
        return max(0.001, min(self._silence, self._end - time.monotonic()))

    def wait_seconds(self, error: SomaBrainError) -> Optional[float]:
        """How long to wait before the next attempt, which is counted; None: give up."""
        if self.count >= self._policy.max_attempts or not is_retried(error):
            return None
        longest = min(self._policy.longest_wait_seconds,
                      self._policy.first_wait_seconds * 2.0 ** (self.count - 1))
        wait = longest * random.uniform(0.5, 1.0)
        if isinstance(error, ApiError) and error.retry_after is not None:
            wait += error.retry_after
        if time.monotonic() + wait >= self._end:
            return None
        self.count += 1
        return wait


def is_retried(error: SomaBrainError) -> bool:
    """Whether another attempt may end better than this one."""
    if isinstance(error, ApiError):
        return error.status in _RETRIED_STATUS
    return isinstance(error, ConnectionFailed)


def parse_retry_after(header: Optional[str]) -> Optional[float]:
    """Whole seconds; None for anything else (an HTTP date would need a clock both sides share)."""
    return float(header) if header is not None and header.isdecimal() else None
