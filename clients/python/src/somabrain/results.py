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
    coverage: Optional[float] = None  # of the query, in [0, 1]; None: text or vector lacked
    known: Optional[bool] = None  # coverage ≥ min_coverage (0.42), or likely no answer


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
class UtilityFigures:
    """U = baseline + lambda_ ln p - mu c - nu l - penalty."""
    utility: float
    minimum: float  # what is below it is refused
    probability: float
    probability_source: str  # caller; with no confidence stated calibrated, or assumed: 1
    cost: float  # cost_tokens × price
    latency_seconds: float
    penalty: float  # by the law's rules
    baseline: float
    lambda_: float  # "lambda" is a word of Python's own
    mu: float
    nu: float


@dataclass(frozen=True)
class PromptCandidate:
    name: str  # all, as_found, without_penalties, half, three, one or densest
    memory_ids: List[str]  # in the order they are quoted in
    coverage: float  # share of what is quoted in the weights of all memories that may be
    tokens: int  # word pieces of the lines that quote it
    penalty: float  # by the law, for its memories' tags
    chosen: bool
    utility: Optional[float] = None  # None: it covers nothing
    vetoed_by: str = ""  # the article that forbids it
    quoted: int = 0  # so many of its memories, from the first on, are within the budget


@dataclass(frozen=True)
class PromptMessage:
    role: str  # system or user
    content: str


@dataclass(frozen=True)
class PromptRendering:
    messages: List[PromptMessage]
    system: Optional[str] = None  # anthropic_messages alone, whose API takes it apart


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
    coverage: Optional[float] = None  # how much of the query is covered; None: no vector of it
    known: Optional[bool] = None  # coverage ≥ 0.42: False, and the memories likely do not answer
    utility: Optional[UtilityFigures] = None  # what the planned action is worth, and why
    rendering: Optional[PromptRendering] = None  # with render: the prompt for a chat API
    candidates: List[PromptCandidate] = field(default_factory=list)  # with explain


@dataclass(frozen=True)
class PlanStep:
    id: str  # the memory's
    text: str  # at most 2 KiB
    depends_on: List[str]  # steps that come before it
    depth: int  # 0: it needs nothing
    mass: float  # of the bridge from beginnings to goals, at its place
    is_goal: bool = False
    truncated: bool = False  # the whole text is longer: get(id)
    kind: str = ""
    speaker: str = ""


@dataclass(frozen=True)
class PlanCandidate:
    name: str  # bridge, path, layers, densest, half or shallow
    step_ids: List[str]  # in order, each after all it needs
    coverage: float  # share of its steps within the budget in what all are worth
    tokens: int  # word pieces of their texts
    quoted: int  # so many of its steps, from the first on, are within the budget
    chosen: bool
    utility: Optional[float] = None  # None: not one step fits


@dataclass(frozen=True)
class PlanResponse:
    steps: List[PlanStep]  # each after all it depends on
    utility: UtilityFigures
    constitution_version: int
    policy: List[PolicyDirective] = field(default_factory=list)
    capped: List[str] = field(default_factory=list)  # text, steps: only the first are here
    candidates: List[PlanCandidate] = field(default_factory=list)  # with explain


@dataclass(frozen=True)
class FeedbackResponse:
    feedback_id: str
    evaluation_id: str
    sequence: int
    state_token: str
    created_at: datetime


@dataclass(frozen=True)
class ViewWeight:
    view: str
    weight: float  # of the view's value in the score


@dataclass(frozen=True)
class CalibrationWeight:
    feature: str  # of an answer's coverage
    weight: float


@dataclass(frozen=True)
class CalibrationFigures:
    verdicts: int  # that it rests on
    needed: int  # so many before it is used
    features: List[CalibrationWeight]  # p = 1 / (1 + exp(-sum of weight × feature))


@dataclass(frozen=True)
class WeightFigures:
    version: int  # 0: nothing was learnt
    lambda_: float
    mu: float
    nu: float
    temperature: float
    views: List[ViewWeight]
    calibration: CalibrationFigures


@dataclass(frozen=True)
class GetWeightsResponse:
    weights: WeightFigures
    constitution_version: int


@dataclass(frozen=True)
class WeightsChange:
    version: int
    kind: str  # step, rollback, alarm or projection
    created_at: datetime
    sequence: int
    constitution_version: int
    before: List[float]  # in the order of the answer's coordinates
    after: List[float]
    gradient: List[float] = field(default_factory=list)  # of a step
    reward: Optional[float] = None  # of a step's feedback
    alarm: Optional[str] = None  # level, fixity or split
    restored_version: Optional[int] = None  # the version gone back to
    feedback_id: Optional[str] = None


@dataclass(frozen=True)
class WeightsHistoryResponse:
    coordinates: List[str]  # lambda, mu, nu, then a / tau of each view
    changes: List[WeightsChange] = field(default_factory=list)  # the newest first
    next: Optional[int] = None  # pass it as below; None: that was all


@dataclass(frozen=True)
class RollBackWeightsResponse:
    weights: WeightFigures
    restored_version: int
    sequence: int
    state_token: str


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
class AuditEvent:
    id: str
    log_id: str  # a restore begins another log
    log_index: int  # its place among all events of all tenants
    stream: str  # state or access
    stream_sequence: int
    time: datetime
    actor: str
    action: str
    body: Dict[str, Any]  # the whole event; its canonical form is what is hashed
    telemetry_ref: Optional[str] = None


@dataclass(frozen=True)
class ListAuditEventsResponse:
    events: List[AuditEvent]
    next: Optional[str] = None  # a cursor; None: that was all so far


@dataclass(frozen=True)
class ProveAuditEventResponse:
    id: str
    log_id: str
    leaf_index: int
    tree_size: int
    entry: str  # the event's bytes, base64
    leaf: str  # SHA-256 of a zero byte and the entry, hexadecimal
    hashes: List[str]  # the inclusion proof of RFC 9162, hexadecimal
    checkpoint: str  # a signed note


@dataclass(frozen=True)
class LogCheckpoint:
    log_id: str
    size: int
    root: str  # hexadecimal
    signed_at: datetime
    note: str


@dataclass(frozen=True)
class ListCheckpointsResponse:
    checkpoints: List[LogCheckpoint]
    next: Optional[str] = None  # a cursor; None: that was all


@dataclass(frozen=True)
class Health:
    status: str
