"""Client of SomaBrain, a memory for AI agents: SomaBrain, and AsyncSomaBrain with its methods."""
from ._async.client import AsyncSomaBrain
from ._retry import RetryPolicy
from ._sync.client import SomaBrain
from ._version import __version__
from .errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ConnectionFailed,
    DeadlineExceededError,
    IdempotencyReusedError,
    InternalError,
    InvalidArgumentError,
    LawDeniedError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    ResourceExhaustedError,
    SomaBrainError,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswer,
    UnsupportedMediaTypeError,
)
from .requests import RememberRequest
from .results import (
    DeleteMemoryResponse,
    EndSessionResponse,
    Erasure,
    EvaluateResponse,
    FeedbackResponse,
    GetLinksResponse,
    Health,
    LinkRecord,
    LinkResponse,
    ListMemoriesResponse,
    MemoryHistoryResponse,
    MemoryRecord,
    PolicyDirective,
    RecalledMemory,
    RecallResponse,
    RememberBatchResponse,
    RememberResponse,
    WorkingMemoryItem,
)

__all__ = [
    "AlreadyExistsError", "ApiError", "AsyncSomaBrain", "ConflictError", "ConnectionFailed",
    "DeadlineExceededError", "DeleteMemoryResponse", "EndSessionResponse", "Erasure",
    "EvaluateResponse", "FeedbackResponse", "GetLinksResponse", "Health",
    "IdempotencyReusedError", "InternalError", "InvalidArgumentError", "LawDeniedError",
    "LinkRecord", "LinkResponse", "ListMemoriesResponse", "MemoryHistoryResponse", "MemoryRecord",
    "NotFoundError", "PayloadTooLargeError", "PermissionDeniedError", "PolicyDirective",
    "RecallResponse",
    "RecalledMemory", "RememberBatchResponse", "RememberRequest", "RememberResponse",
    "ResourceExhaustedError", "RetryPolicy", "SomaBrain", "SomaBrainError",
    "UnauthenticatedError", "UnavailableError", "UnexpectedAnswer", "UnsupportedMediaTypeError",
    "WorkingMemoryItem", "__version__",
]
