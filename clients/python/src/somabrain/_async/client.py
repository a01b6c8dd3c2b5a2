"""The client: one method for each endpoint of the API."""
from __future__ import annotations

from types import TracebackType
from typing import Any, AsyncIterator, Iterable, Mapping, Optional, Sequence, Type, TypeVar
from urllib.parse import quote

from .. import results
from .._decode import decode
from .._encode import query as _query
from .._retry import RetryPolicy
from .._state import SeenState
from .._where import PathLike, from_environment, of_local_stack
from ..errors import ConflictError
from ..requests import Filter, RememberRequest, Time
from .transport import AsyncTransport

R = TypeVar("R")


def _memory_path(id: str) -> str:
    return f"/v1/memories/{quote(id, safe='')}"


class AsyncSomaBrain:
    """A client of one SomaBrain service, for the tenant that the token names.

    `url` and `token` default to SOMABRAIN_URL and SOMABRAIN_TOKEN; ValueError without a URL.
    `retry` bounds attempts and time of each call. `headers` are sent with every request, e.g.
    Soma-Telemetry-Ref or traceparent.

    With `read_your_writes`, recall and evaluate answer from the newest state that this client has
    seen, or a later one, whichever node answers; `at_least` of a call overrides that, and an empty
    string there asks for whatever state is at hand.

    Every method raises ApiError (a subclass for each kind of problem), ConnectionFailed when no
    answer came within the bounds of `retry`, UnexpectedAnswer when it makes no sense. Limits are
    the service's: its refusal names field and limit. Close it, or use it in a `with` block; calls
    may share it and run at the same time.
    """

    def __init__(
            self, url: Optional[str] = None, token: Optional[str] = None, *,
            read_your_writes: bool = True, retry: RetryPolicy = RetryPolicy(),
            headers: Optional[Mapping[str, str]] = None) -> None:
        url, token = from_environment(url, token)
        self._transport = AsyncTransport(url, token, retry, headers or {})
        self._reads_own_writes = read_your_writes
        self._seen = SeenState()

    @classmethod
    def local(
            cls, folder: Optional[PathLike] = None, token: Optional[str] = None, *,
            read_your_writes: bool = True, retry: RetryPolicy = RetryPolicy(),
            headers: Optional[Mapping[str, str]] = None) -> AsyncSomaBrain:
        """A client of the stack that `./dev up` started: its ports.json is looked for in `folder`
        (the working directory) and upwards. Without token and SOMABRAIN_TOKEN it is the agent of
        that stack's sandbox tenant. FileNotFoundError when there is no stack."""
        url, token = of_local_stack(folder, token)
        return cls(url, token, read_your_writes=read_your_writes, retry=retry, headers=headers)

    @property
    def state_token(self) -> Optional[str]:
        """The newest state that this client has seen; hand it to another client to read from there.
        None before the first answer, and after the service said that it knows no such state."""
        return self._seen.token

    @state_token.setter
    def state_token(self, token: Optional[str]) -> None:
        self._seen.reset(token)

    async def aclose(self) -> None:
        """Closes the connections; the client is of no use afterwards."""
        await self._transport.aclose()

    async def __aenter__(self) -> AsyncSomaBrain:
        return self

    async def __aexit__(
            self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
            trace: Optional[TracebackType]) -> None:
        await self.aclose()

    async def health(self) -> results.Health:
        """Whether the service answers at all; needs no token."""
        return await self._read(results.Health, "GET", "/health")

    async def remember(
            self, text: str, *, subject: Optional[str] = None, kind: Optional[str] = None,
            speaker: Optional[str] = None, session_id: Optional[str] = None,
            turn: Optional[int] = None, occurred_at: Optional[Time] = None,
            valid_from: Optional[Time] = None, valid_to: Optional[Time] = None,
            ttl_seconds: Optional[int] = None, importance: Optional[float] = None,
            tags: Optional[Sequence[str]] = None, metadata: Optional[Mapping[str, Any]] = None,
            key: Optional[str] = None, embedding: Optional[Sequence[float]] = None,
            idempotency_key: Optional[str] = None) -> results.RememberResponse:
        """Remembers one text; when this returns, it is stored and can be recalled.

        `subject`: whom it is about, the unit of erasure (the tenant). `kind`: a free class name.
        `session_id`, `turn`: its conversation and place there (the session's next). `valid_from`,
        `valid_to`: true in [from, to). `ttl_seconds`: hidden after that, then erased. `importance`:
        0 to 1. `metadata`: any JSON object. `key`: names a fact that changes, a new memory of the
        same key supersedes the old one. `embedding`: your own vector of the tenant's dimension.
        `idempotency_key`: made here for each call, unless given.
        """
        body = {
            "text": text, "subject": subject, "kind": kind, "speaker": speaker,
            "session_id": session_id, "turn": turn, "occurred_at": occurred_at,
            "valid_from": valid_from, "valid_to": valid_to, "ttl_seconds": ttl_seconds,
            "importance": importance, "tags": tags, "metadata": metadata, "key": key,
            "embedding": embedding,
        }
        return await self._write(
            results.RememberResponse, "POST", "/v1/memories", body, idempotency_key)

    async def remember_batch(
            self, items: Iterable[RememberRequest], *,
            idempotency_key: Optional[str] = None) -> results.RememberBatchResponse:
        """Remembers several, all or none; an error's `field` names the item, e.g. /items/3/text."""
        body = {"items": list(items)}
        return await self._write(
            results.RememberBatchResponse, "POST", "/v1/memories:batch", body, idempotency_key)

    async def recall(
            self, query: Optional[str] = None, *, embedding: Optional[Sequence[float]] = None,
            top_k: Optional[int] = None, at_least: Optional[str] = None,
            views: Optional[Sequence[str]] = None, explain: Optional[bool] = None,
            subject: Optional[str] = None, filter: Optional[Filter] = None,
            valid_at: Optional[Time] = None, as_of: Optional[Time] = None,
            min_coverage: Optional[float] = None) -> results.RecallResponse:
        """Finds the memories that answer a query, best first.

        `query` or `embedding`; `top_k`: how many (10). `at_least`: a state_token. `views`: keep
        only these views of the score (all). `explain`: fill in `view_values`. `subject`: under
        whose key this query's record is sealed (the tenant's). `filter`: which memories may answer,
        e.g. {"field": "tags", "op": "contains", "value": "tea"}. `valid_at`: ask for what is true
        then (now). `as_of`: a time or a state_token, for what had been recorded by then.
        `min_coverage`: return nothing where less of the query is covered (the best, however poor).
        """
        body = {
            "query": query, "embedding": embedding, "top_k": top_k, "at_least": at_least,
            "views": views, "explain": explain, "subject": subject, "filter": filter,
            "valid_at": valid_at, "as_of": as_of, "min_coverage": min_coverage,
        }
        return await self._read_fresh(results.RecallResponse, "POST", "/v1/recall", body)

    async def get(self, id: str) -> results.MemoryRecord:
        """One memory with its whole text. NotFoundError when it is absent or another tenant's."""
        return await self._read(results.MemoryRecord, "GET", _memory_path(id))

    async def list(
            self, *, filter: Optional[Filter] = None, valid_at: Optional[Time] = None,
            as_of: Optional[Time] = None, include_superseded: Optional[bool] = None,
            limit: Optional[int] = None, cursor: Optional[str] = None,
            at_least: Optional[str] = None,
            include_links: Optional[bool] = None) -> results.ListMemoriesResponse:
        """A page of memories, whole, in the order they were recorded.

        `filter`, `valid_at`, `as_of`, `at_least`: as in `recall`. `include_superseded`: also what
        is not true at that time. `limit`: 1 to 1,000 a page (100). `cursor`: `next_cursor` of the
        page before, with the same other arguments; all pages show the first one's state.
        `include_links`: also the links from the page's memories, as they are now.
        """
        parameters = {
            "filter": filter, "valid_at": valid_at, "as_of": as_of,
            "include_superseded": include_superseded, "limit": limit, "cursor": cursor,
            "at_least": at_least, "include_links": include_links,
        }
        return await self._read_fresh(
            results.ListMemoriesResponse, "GET", "/v1/memories", parameters)

    async def list_all(
            self, *, filter: Optional[Filter] = None, valid_at: Optional[Time] = None,
            as_of: Optional[Time] = None,
            include_superseded: Optional[bool] = None) -> AsyncIterator[results.MemoryRecord]:
        """Every memory that `list` would give, page after page as they are asked for."""
        cursor = None
        while True:
            page = await self.list(
                filter=filter, valid_at=valid_at, as_of=as_of,
                include_superseded=include_superseded, cursor=cursor)
            for memory in page.memories:
                yield memory
            cursor = page.next_cursor
            if cursor is None:
                return

    async def history(
            self, id: str, *, limit: Optional[int] = None,
            cursor: Optional[str] = None) -> results.MemoryHistoryResponse:
        """What was recorded under the memory's `key`, oldest first; without one, itself."""
        path = _memory_path(id) + "/history" + _query({"limit": limit, "cursor": cursor})
        return await self._read(results.MemoryHistoryResponse, "GET", path)

    async def delete(
            self, id: str, *,
            idempotency_key: Optional[str] = None) -> results.DeleteMemoryResponse:
        """Deletes one memory from every tier. NotFoundError when it is not there (any more)."""
        return await self._write(
            results.DeleteMemoryResponse, "DELETE", _memory_path(id), None, idempotency_key)

    async def link(
            self, from_: str, to: str, type: str, *, weight: Optional[float] = None,
            idempotency_key: Optional[str] = None) -> results.LinkResponse:
        """Links one memory to another, or strengthens the link; its weight then fades by 1 % a day.

        `type`: related, causes, contrasts, part_of, depends_on, motivates, summary_of or next.
        `weight`: at most 1 (0.5); said again, it takes that share of what is missing to 1.
        NotFoundError when one of them is absent.
        """
        body = {"from": from_, "to": to, "type": type, "weight": weight}
        return await self._write(
            results.LinkResponse, "POST", "/v1/links", body, idempotency_key)

    async def get_links(self, id: str, *, limit: Optional[int] = None) -> results.GetLinksResponse:
        """The links from and to one memory, the last said first; `limit`: how many (100)."""
        query = "" if limit is None else f"?limit={limit}"
        return await self._read(results.GetLinksResponse, "GET", f"{_memory_path(id)}/links{query}")

    async def evaluate(
            self, query: str, *, session_id: Optional[str] = None, top_k: Optional[int] = None,
            token_budget: Optional[int] = None, at_least: Optional[str] = None,
            subject: Optional[str] = None, embedding: Optional[Sequence[float]] = None,
            confidence: Optional[float] = None, cost_tokens: Optional[int] = None,
            price: Optional[float] = None, predicted_latency_seconds: Optional[float] = None,
            render: Optional[str] = None, explain: bool = False) -> results.EvaluateResponse:
        """The context bundle for a situation: weighted memories, working memory, a prompt.

        `session_id`: its working memory joins the bundle. `top_k`: how many memories (10; more
        than 20 are capped). `token_budget`: at most so many word pieces of prompt. `at_least`,
        `subject`, `embedding`: as in `recall`.

        Of the planned action: `confidence` in (0, 1] that it succeeds (without one: 1),
        `cost_tokens` and `price` of one, together or not at all, `predicted_latency_seconds`.
        LowUtilityError, with the figures, when it is worth less than the law's minimum.

        `render`: plain, or openai_messages or anthropic_messages: `rendering` then has the prompt
        for that API, and `prompt` is empty. `explain`: the prompts that were compared, with their
        figures, in `candidates`.
        """
        body = {
            "query": query, "session_id": session_id, "top_k": top_k,
            "token_budget": token_budget, "at_least": at_least, "subject": subject,
            "embedding": embedding, "confidence": confidence, "cost_tokens": cost_tokens,
            "price": price, "predicted_latency_seconds": predicted_latency_seconds,
            "render": render, "explain": explain or None,
        }
        return await self._read_fresh(
            results.EvaluateResponse, "POST", "/v1/brain/evaluate", body)

    async def replay(self, id: str) -> results.EvaluateResponse:
        """An evaluation's answer once more, the same byte for byte, from its sealed record.

        ConflictError, whose detail says why, when it is unreplayable: what it rested on was
        deleted, erased, has expired or was embedded anew. NotFoundError without such an evaluation.
        """
        path = f"/v1/brain/evaluations/{quote(id, safe='')}/replay"
        # Its state_token is of the past: nothing to read on from.
        return decode(results.EvaluateResponse, await self._transport.read("POST", path, None))

    async def plan(
            self, goals: Sequence[str], *, confidence: Optional[float] = None,
            cost_tokens: Optional[int] = None, price: Optional[float] = None,
            predicted_latency_seconds: Optional[float] = None, subject: Optional[str] = None,
            token_budget: Optional[int] = None, explain: bool = False) -> results.PlanResponse:
        """The steps to `goals` (ids of memories) over links of type depends_on, each after what it
        needs; among those that could be next, the likeliest on the way.

        `confidence` and the rest of the planned action as in `evaluate`. `token_budget`: at most so
        many word pieces of steps' texts; the order that covers most within it is chosen, and with a
        `price` fewer steps where that is worth more. `explain`: the plans that were compared, with
        their figures, in `candidates`. ConflictError, naming the ids, where steps depend on
        themselves; LawDeniedError for a step whose tags the law denies.
        """
        body = {
            "goals": goals, "confidence": confidence, "cost_tokens": cost_tokens, "price": price,
            "predicted_latency_seconds": predicted_latency_seconds, "subject": subject,
            "token_budget": token_budget, "explain": explain or None,
        }
        return await self._read(results.PlanResponse, "POST", "/v1/brain/plan", body)

    async def feedback(
            self, evaluation_id: str, reward: float, *,
            used_memory_ids: Optional[Sequence[str]] = None, response_text: Optional[str] = None,
            session_id: Optional[str] = None, tokens: Optional[int] = None,
            model: Optional[str] = None,
            metadata: Optional[Mapping[str, Any]] = None) -> results.FeedbackResponse:
        """How an evaluation turned out. One for each: the same again answers the same, another
        raises ConflictError; NotFoundError without such an evaluation.

        `reward`: -1 to 1. `used_memory_ids`: those of the evaluation's memories that were used.
        `response_text`: what was answered, joins the session's working memory. `session_id`: when
        given, the evaluation's. `tokens`, `model`: what answering took. `metadata`: any JSON
        object.
        """
        body = {
            "evaluation_id": evaluation_id, "reward": reward, "used_memory_ids": used_memory_ids,
            "response_text": response_text, "session_id": session_id, "tokens": tokens,
            "model": model, "metadata": metadata,
        }
        return await self._read(results.FeedbackResponse, "POST", "/v1/brain/feedback", body)

    async def get_weights(self) -> results.GetWeightsResponse:
        """What recall and evaluate weigh with, as feedback has moved it within the law's bounds."""
        return await self._read(results.GetWeightsResponse, "GET", "/v1/brain/weights")

    async def weights_history(
            self, *, limit: Optional[int] = None,
            below: Optional[int] = None) -> results.WeightsHistoryResponse:
        """A page of what changed the weights, the newest first.

        `limit`: 1 to 100 a page (100). `below`: `next` of the page before.
        """
        return await self._read(
            results.WeightsHistoryResponse, "GET",
            "/v1/brain/weights/history" + _query({"limit": limit, "below": below}))

    async def roll_back_weights(
            self, *, to_version: Optional[int] = None, steps: Optional[int] = None,
            idempotency_key: Optional[str] = None) -> results.RollBackWeightsResponse:
        """Back to the weights as they stood after `to_version` (0: before anything was learnt), or
        `steps` versions back. It is a new version. NotFoundError without such an earlier one.
        """
        return await self._write(
            results.RollBackWeightsResponse, "POST", "/v1/brain/weights/rollback",
            {"to_version": to_version, "steps": steps}, idempotency_key)

    async def end_session(
            self, id: str, *,
            idempotency_key: Optional[str] = None) -> results.EndSessionResponse:
        """Empties the working memory of the session named `id`, also where there was none; its
        turns stay memories."""
        path = f"/v1/sessions/{quote(id, safe='')}"
        return await self._write(
            results.EndSessionResponse, "DELETE", path, None, idempotency_key)

    async def erase_subject(
            self, id: str, *, idempotency_key: Optional[str] = None) -> results.Erasure:
        """Erases a subject from every tier; the tenant's own uuid is what has no subject.

        The answer holds a signed receipt, the same when asked again, unless the subject was used
        since. NotFoundError for a subject never seen. An UnavailableError after it has begun is
        no end of it: the service goes on by itself. Takes the role operator or admin.
        """
        path = f"/v1/subjects/{quote(id, safe='')}"
        return await self._write(results.Erasure, "DELETE", path, None, idempotency_key)

    async def get_erasure(self, id: str) -> results.Erasure:
        """How far an erasure has come, and its receipt. NotFoundError when there is none."""
        return await self._read(results.Erasure, "GET", f"/v1/erasures/{quote(id, safe='')}")

    async def audit_events(
            self, *, stream: Optional[str] = None, from_: Optional[Time] = None,
            to: Optional[Time] = None, action: Optional[str] = None, actor: Optional[str] = None,
            telemetry_ref: Optional[str] = None, order: Optional[str] = None,
            limit: Optional[int] = None,
            cursor: Optional[str] = None) -> AsyncIterator[results.AuditEvent]:
        """The tenant's events, page after page as they are asked for; asking is itself an event.

        `stream`: state (changes) or access (the rest). `from_`, `to`: in [from_, to). `action`:
        what was done, e.g. memory.recall. `order`: newest_first (also without) or oldest_first.
        `limit`: 1 to 100 a page (100). `cursor`: any event's id, the list goes on behind it: with
        oldest_first, what came since. Takes the role auditor or admin.
        """
        asked = {
            "stream": stream, "from": from_, "to": to, "action": action, "actor": actor,
            "telemetry_ref": telemetry_ref, "order": order, "limit": limit,
        }
        while True:
            page = await self._read_asking(
                results.ListAuditEventsResponse, "GET", "/v1/audit/events",
                {**asked, "cursor": cursor})
            for event in page.events:
                yield event
            cursor = page.next
            if cursor is None:
                return

    async def audit_proof(self, id: str) -> results.ProveAuditEventResponse:
        """That an event is in the log, under its newest signed checkpoint. NotFoundError when it is
        absent or another tenant's; UnavailableError when after all attempts no checkpoint covers
        it. Takes the role auditor or admin."""
        path = f"/v1/audit/events/{quote(id, safe='')}/proof"
        return await self._read(results.ProveAuditEventResponse, "GET", path)

    async def audit_checkpoints(
            self, *, limit: Optional[int] = None,
            cursor: Optional[str] = None) -> AsyncIterator[results.LogCheckpoint]:
        """The log's signed checkpoints, newest first, page after page as they are asked for.
        `limit`: 1 to 100 a page (100). `cursor`: `next` of a page. Takes the role auditor or
        admin."""
        while True:
            page = await self._read_asking(
                results.ListCheckpointsResponse, "GET", "/v1/audit/checkpoints",
                {"limit": limit, "cursor": cursor})
            for checkpoint in page.checkpoints:
                yield checkpoint
            cursor = page.next
            if cursor is None:
                return

    async def _write(
            self, kind: Type[R], verb: str, path: str, body: Optional[Mapping[str, Any]],
            idempotency_key: Optional[str]) -> R:
        answer = await self._transport.write(verb, path, body, idempotency_key)
        self._seen.see(answer)
        return decode(kind, answer)

    async def _read(
            self, kind: Type[R], verb: str, path: str,
            body: Optional[Mapping[str, Any]] = None) -> R:
        answer = await self._transport.read(verb, path, body)
        self._seen.see(answer)
        return decode(kind, answer)

    async def _read_asking(
            self, kind: Type[R], verb: str, path: str, asked: Mapping[str, Any]) -> R:
        """The arguments go into the body, or into the path where a GET has none."""
        if verb == "GET":
            return await self._read(kind, verb, path + _query(asked))
        return await self._read(kind, verb, path, asked)

    async def _read_fresh(
            self, kind: Type[R], verb: str, path: str, asked: Mapping[str, Any]) -> R:
        """A read that takes `at_least`: this client's own state, unless the caller names one."""
        token = self._seen.token if self._reads_own_writes else None
        if token is None or asked["at_least"] is not None:
            return await self._read_asking(kind, verb, path, asked)
        try:
            return await self._read_asking(kind, verb, path, {**asked, "at_least": token})
        except ConflictError:
            # The service was restored to an older state; the next call shall not fail as well.
            self._seen.forget(token)
            raise
