"""What the failures of a Qdrant server mean: one table for REST, one for gRPC, and the errors that they become."""

import json
import re
from dataclasses import dataclass
from enum import Enum

import grpc  # type: ignore[import-untyped]  # it ships no types
import httpx
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from ingest.errors import CredentialError, IngestError, StoreError
from ingest.stores.strictness import is_too_much, name_setting

_FULL, _NO_ROOM, _LATE = "507", "No space left", "wait_timeout"
_PROXY = re.compile(r"http2 header with status: (\d{3})")  # gRPC's words for an answer that is not gRPC
_CLOSED = "Channel closed"  # by us, since the run ends
_LONGEST = 300  # characters of a server's words that an error repeats


class Kind(Enum):
    """What a failure means for the request that met it."""

    ABSENT = "there is no such collection"
    PRESENT = "there is such a collection already"
    KEY = "the key is missing, wrong, or lacks a right"
    LIMITED = "more than is let through at once: half of it may be"
    STRICT = "the collection's strict mode forbids it"
    PASSING = "may succeed later"
    SLOW = "took too long, may succeed later"
    UNREACHED = "no connection, may succeed later"
    FINAL = "will not succeed"


PASSING = frozenset({Kind.PASSING, Kind.SLOW, Kind.UNREACHED})

# What isn't named here is FINAL below 500 and PASSING from there on.
BY_STATUS = {401: Kind.KEY, 403: Kind.KEY, 408: Kind.SLOW, 409: Kind.PRESENT, 413: Kind.LIMITED}
BY_STATUS |= {429: Kind.LIMITED, 507: Kind.FINAL}
SERVER_ERROR, THROTTLED = 500, 429

BY_CODE = {
    grpc.StatusCode.OK: Kind.FINAL,
    grpc.StatusCode.CANCELLED: Kind.PASSING,
    grpc.StatusCode.UNKNOWN: Kind.PASSING,
    grpc.StatusCode.INVALID_ARGUMENT: Kind.FINAL,
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.SLOW,
    grpc.StatusCode.NOT_FOUND: Kind.FINAL,
    grpc.StatusCode.ALREADY_EXISTS: Kind.PRESENT,
    grpc.StatusCode.PERMISSION_DENIED: Kind.KEY,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Kind.LIMITED,
    grpc.StatusCode.FAILED_PRECONDITION: Kind.PASSING,
    grpc.StatusCode.ABORTED: Kind.PASSING,
    grpc.StatusCode.OUT_OF_RANGE: Kind.FINAL,
    grpc.StatusCode.UNIMPLEMENTED: Kind.FINAL,
    grpc.StatusCode.INTERNAL: Kind.PASSING,
    grpc.StatusCode.UNAVAILABLE: Kind.UNREACHED,
    grpc.StatusCode.DATA_LOSS: Kind.FINAL,
    grpc.StatusCode.UNAUTHENTICATED: Kind.KEY,
}


class NotApplied(Exception):  # noqa: N818 - the server took the write and says that it has not made it yet
    """A write that was accepted and not made in time: `wait_timeout`, or `acknowledged` in spite of `wait`."""


class AbsentError(StoreError):
    """The server has no such collection."""


class PresentError(StoreError):
    """The server has such a collection already."""


class LimitedError(StoreError):
    """So much will never be let through at once: by a rate limiter, the strict mode, or a proxy."""


_NEEDS_ROOM = (
    StoreError,
    "{said}. Give the server room on its disk, or raise its quota, then run again: what was written stays",
)
_WAYS_OUT: dict[Kind, tuple[type[IngestError], str]] = {
    Kind.ABSENT: (AbsentError, "there is no collection {collection!r}: {said}"),
    Kind.PRESENT: (PresentError, "there is a collection {collection!r} already: {said}. Run again"),
    Kind.KEY: (CredentialError, "{said}. Check QDRANT_API_KEY: it takes a key that may write {collection!r}"),
    Kind.LIMITED: (LimitedError, "{said}. Raise what limits it: {setting}, or the largest request of a proxy"),
    Kind.STRICT: (StoreError, "{said}. Raise what forbids it: {setting}"),
    Kind.PASSING: (StoreError, "{said}. It did not get better; what was written stays, and the next run goes on"),
    Kind.SLOW: (StoreError, "{said}. It did not get better; what was written stays, and the next run goes on"),
    Kind.UNREACHED: (StoreError, "no connection to {said}. Is a Qdrant server there, and the URL right (QDRANT_URL)?"),
    Kind.FINAL: (StoreError, "{said}. Is it a Qdrant server, 1.16 or later? If so, please report this as a bug"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as the server, or the way to it, put it.

    status: of HTTP or gRPC, "" where there was no answer. retry_after: seconds that the server asks to wait.
    unmet: no connection came about in the time that a request has.
    """

    kind: Kind
    words: str
    status: str = ""
    retry_after: float | None = None
    unmet: bool = False

    @property
    def timed_out(self) -> bool:
        """Whether it took all the time that a request has."""
        return self.unmet or self.kind is Kind.SLOW


def read_failure(error: Exception) -> Failure | None:
    """Look an exception up in the tables; None for what neither client nor server is known to raise."""
    words = _flatten(str(error)) or type(error).__name__
    failure = None
    match error:
        case NotApplied():
            failure = Failure(Kind.SLOW if _LATE in words else Kind.PASSING, words)
        case TimeoutError():
            failure = Failure(Kind.SLOW, "no answer in time")
        case ResourceExhaustedResponse():
            failure = Failure(Kind.PASSING, words, "429", float(error.retry_after_s))
        case QdrantException():  # a Retry-After that is a date
            failure = Failure(Kind.PASSING, words, "429")
        case UnexpectedResponse():
            failure = _read_answer(error)
        case ResponseHandlingException():
            failure = _read_transport(error.source)
        case grpc.RpcError():
            failure = _read_grpc(error)
        case ApiException() | ValueError() | KeyError() | AssertionError() | RuntimeError():
            failure = Failure(_refine(Kind.FINAL, words), words)  # the client's own, and all of its local mode's
    return failure


def explain(failure: Failure, host: str, collection: str) -> IngestError:
    """Make the error that ends a run: the host, the server's words, and the way out."""
    full = failure.status == _FULL or _lacks_room(failure.words)
    error, template = _NEEDS_ROOM if full else _WAYS_OUT[failure.kind]
    setting = f"{name_setting(failure.words) or 'the setting that it speaks of'} in the strict mode of {collection!r}"
    said = f"{host} answers {failure.status}: {failure.words}" if failure.status else f"{host}: {failure.words}"
    return error(template.format(said=said, collection=collection, setting=setting))


def _read_answer(error: UnexpectedResponse) -> Failure:
    status = error.status_code or 0
    try:
        said, kind = str(json.loads(error.content)["status"]["error"]), _judge(status)
    except (ValueError, KeyError, TypeError):
        said, kind = error.content.decode("utf-8", "replace"), _judge_proxy(status)
    words = _flatten(said) or error.reason_phrase
    return Failure(_refine(kind, words), words, str(status))


def _judge(status: int) -> Kind:
    return BY_STATUS.get(status, Kind.PASSING if status >= SERVER_ERROR else Kind.FINAL)


def _judge_proxy(status: int) -> Kind:
    """Read a status of HTTP that is not a Qdrant server's own: who throttles there counts requests, and not points."""
    return Kind.PASSING if status == THROTTLED else _judge(status)


def _read_transport(source: Exception) -> Failure:
    words = _flatten(str(source)) or type(source).__name__
    if isinstance(source, httpx.ConnectTimeout):
        return Failure(Kind.UNREACHED, "no connection in time", unmet=True)
    if isinstance(source, httpx.TimeoutException):
        return Failure(Kind.SLOW, words)
    if isinstance(source, httpx.TransportError):
        return Failure(Kind.UNREACHED, words)
    return Failure(Kind.FINAL, f"this is not how a Qdrant server answers ({words})")


def _read_grpc(error: grpc.RpcError) -> Failure:
    code, words = error.code(), _flatten(error.details() or "")
    proxy = _PROXY.search(words)
    kind = _judge_proxy(int(proxy[1])) if proxy else BY_CODE[code]
    kind = Kind.FINAL if _CLOSED in words else kind
    return Failure(_refine(kind, words), words or code.name, code.name)


def _refine(kind: Kind, words: str) -> Kind:
    """Tell by the words what a status does not: one that is no Qdrant server's 404 is no absent collection."""
    if _lacks_room(words):
        return Kind.FINAL
    if kind in (Kind.FINAL, Kind.KEY) and is_too_much(words):
        return Kind.LIMITED
    if kind in (Kind.FINAL, Kind.KEY) and name_setting(words):
        return Kind.STRICT
    if kind is Kind.FINAL and "ollection" in words:
        if "doesn't exist" in words or "not found" in words:
            return Kind.ABSENT
        if "already exists" in words:
            return Kind.PRESENT
    return kind


def _lacks_room(words: str) -> bool:
    return _NO_ROOM in words or "quota" in words.casefold()


def _flatten(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"
