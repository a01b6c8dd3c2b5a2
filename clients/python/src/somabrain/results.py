"""The API's answers, by the names of its messages and fields. Times are aware datetimes in UTC,
exact to the microsecond. Fields that a newer service adds are ignored."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, List, Optional


@dataclass(frozen=True)
class RememberResponse:
    id: str
    sequence: int  # of the change within its tenant: dense, from 1
    state_token: str
    created_at: datetime


@dataclass(frozen=True)
class RememberBatchResponse:
    results: List[RememberResponse]  # in the order of the items


@dataclass(frozen=True)
class RecalledMemory:
    id: str
    text: str  # the best passage, at most 2 KiB
    score: float
    sequence: int
    created_at: datetime
    truncated: bool = False  # the whole text is longer: get(id)
    view_values: Dict[str, float] = field(default_factory=dict)  # with explain, each in [0, 1]
    speaker: str = ""
    session_id: str = ""
    occurred_at: Optional[datetime] = None
    tags: List[str] = field(default_factory=list)
    metadata: Dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    turn: Optional[int] = None
    weight: Optional[float] = None  # evaluate alone: the weights sum to 1


@dataclass(frozen=True)
class RecallResponse:
    results: List[RecalledMemory]  # best first
    state_token: str  # the state that was searched
    capped: List[str] = field(default_factory=list)  # what was cut to keep the answer's limit


@dataclass(frozen=True)
class MemoryRecord:
    id: str
    text: str
    sequence: int
    created_at: datetime
    subject: str = ""
    kind: str = ""
    speaker: str = ""
    session_id: str = ""
    turn: Optional[int] = None
    occurred_at: Optional[datetime] = None
    valid_from: Optional[datetime] = None  # inclusive
    valid_to: Optional[datetime] = None  # exclusive
    expires_at: Optional[datetime] = None
    importance: Optional[float] = None
    tags: List[str] = field(default_factory=list)
    metadata: Dict[str, Any] = field(default_factory=dict)
    key: str = ""
    superseded_by: Optional[str] = None


@dataclass(frozen=True)
class ListMemoriesResponse:
    memories: List[MemoryRecord]  # in the order they were recorded
    state_token: str  # the state that was listed: that of the first page
    next_cursor: Optional[str] = None  # None: that was all
    links: List["LinkRecord"] = field(default_factory=list)  # with include_links


@dataclass(frozen=True)
class MemoryHistoryResponse:
    memories: List[MemoryRecord]  # oldest first
    next_cursor: Optional[str] = None  # None: that was all


@dataclass(frozen=True)
class DeleteMemoryResponse:
    id: str
    sequence: int
    state_token: str


@dataclass(frozen=True)
class LinkResponse:
    from_: str  # "from" is a word of Python's own
    to: str
    type: str
    weight: float
    sequence: int
    state_token: str


@dataclass(frozen=True)
class LinkRecord:
    from_: str
    to: str
    type: str
    weight: float  # faded to the moment of the answer
    created_at: datetime
    reinforced_at: datetime
    sequence: int
    stated_weight: float = 0.0  # as it was when last said, before it faded


@dataclass(frozen=True)
class GetLinksResponse:
    links: List[LinkRecord]
    capped: List[str] = field(default_factory=list)  # links: there are more than were asked for


@dataclass(frozen=True)
class WorkingMemoryItem:
    kind: str  # turn, query or response
    text: str
    id: Optional[str] = None
    speaker: str = ""
    time: Optional[datetime] = None
    weight: Optional[float] = None  # how present it still is: the newest entry's is the largest


@dataclass(frozen=True)
class PolicyDirective:
    article: str  # of the constitution
    text: str


@dataclass(frozen=True)
class EvaluateResponse:
    evaluation_id: str
    digest: str
    memories: List[RecalledMemory]
    fused: List[float]  # the sum of weight × memory vector
    residual: List[float]  # query − fused: what memory does not explain
    working_memory: List[WorkingMemoryItem]
    prompt: str  # begins with the law's words; memories are quoted as data
    state_token: str
    constitution_version: int
    capped: List[str] = field(default_factory=list)
    policy: List[PolicyDirective] = field(default_factory=list)  # what the law says to whoever acts


@dataclass(frozen=True)
class FeedbackResponse:
    feedback_id: str
    evaluation_id: str
    sequence: int
    state_token: str
    created_at: datetime


@dataclass(frozen=True)
class EndSessionResponse:
    id: str
    sequence: int
    state_token: str


@dataclass(frozen=True)
class Erasure:
    id: str
    state: str  # done; before that, what is still to be erased: rows_owed or keys_owed
    requested_at: datetime
    sequence: int
    state_token: str
    completed_at: Optional[datetime] = None
    receipt: Dict[str, Any] = field(default_factory=dict)  # signed; empty until it is done


@dataclass(frozen=True)
class Health:
    status: str
