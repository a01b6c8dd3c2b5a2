"""What a batch is made of, by the names of the API's fields."""
from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping, Sequence, TypedDict, Union

Time = Union[datetime, str]
"""An aware datetime, or RFC 3339 text with an offset and at most microseconds."""


Filter = Mapping[str, Any]
"""{"and": [...]}, {"or": [...]}, {"not": ...} or {"field": ..., "op": ..., "value": ...}."""


class _Text(TypedDict):
    text: str


class RememberRequest(_Text, total=False):
    """One item of `remember_batch`; the fields mean what they mean in `remember`."""

    subject: str
    kind: str
    speaker: str
    session_id: str
    turn: int
    occurred_at: Time
    valid_from: Time
    valid_to: Time
    ttl_seconds: int
    importance: float
    tags: Sequence[str]
    metadata: Mapping[str, Any]
    key: str
    embedding: Sequence[float]
