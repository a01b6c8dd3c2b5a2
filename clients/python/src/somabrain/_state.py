"""Reading one's own writes: the newest state that this client has seen."""
from __future__ import annotations

import base64
import binascii
import struct
import threading
from typing import Any, Optional, Tuple


class SeenState:
    """Keeps the newest state_token of all answers. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Optional[str] = None

    @property
    def token(self) -> Optional[str]:
        return self._token

    def reset(self, token: Optional[str]) -> None:
        with self._lock:
            self._token = token

    def see(self, answer: Any) -> None:
        """Looks for state tokens in an answer's JSON; a batch has one for each result."""
        if not isinstance(answer, dict):
            return
        self._advance(answer.get("state_token"))
        results = answer.get("results")
        if isinstance(results, list) and results and isinstance(results[-1], dict):
            self._advance(results[-1].get("state_token"))

    def forget(self, token: Optional[str]) -> None:
        """The service knows no such state; what was seen since then stays."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _advance(self, token: Any) -> None:
        if not isinstance(token, str) or not token:
            return
        with self._lock:
            # Answers of concurrent calls arrive in any order.
            if self._token is None or not _is_older(token, self._token):
                self._token = token


def _is_older(token: str, other: str) -> bool:
    """Within one epoch; between epochs the one seen last counts as the newer."""
    mine, its = _parts(token), _parts(other)
    return mine is not None and its is not None and mine[0] == its[0] and mine[1] < its[1]


def _parts(token: str) -> Optional[Tuple[int, int]]:
    """Epoch and sequence: base64url of two big-endian 64-bit numbers."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        epoch, sequence = struct.unpack(">QQ", raw)
    except (binascii.Error, struct.error, ValueError):
        return None
    return epoch, sequence
