"""How long a request is made again, and what a failure means: added up, never waited for."""

import inspect
import json
import math
import threading
from collections.abc import Callable
from contextlib import closing

import grpc  # type: ignore[import-untyped]  # it ships no types
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client.common import client_exceptions
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http import exceptions
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ingest.deadline import LEAST
from ingest.errors import CredentialError, StoreError
from ingest.stores import failures
from ingest.stores.connection import connect
from ingest.stores.failures import Kind, NotApplied, explain, read_failure
from ingest.stores.gate import Gate
from ingest.stores.patience import LONGEST, PATIENCE, SHORTEST, SLACK, SPREAD, TIMEOUT, TRIES, Patience, choose_timeout

HOST = "http://127.0.0.1:6333"


def answer(status: int, content: bytes = b'{"status": {"error": "its words"}}') -> UnexpectedResponse:
    return UnexpectedResponse(status, "reason", content, httpx.Headers())


class Rpc(grpc.RpcError):  # type: ignore[misc]  # without types, its base is Any
    def __init__(self, code: grpc.StatusCode, details: str = "its words") -> None:
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


def lost(source: Exception | None = None) -> ResponseHandlingException:
    return ResponseHandlingException(source or httpx.ConnectError("refused"))


class Requests:
    """A request that fails as it is told, then gives 42."""

    def __init__(self, *errors: Exception, forever: Exception | None = None) -> None:
        self._errors, self._forever, self.made = list(errors), forever, 0

    def __call__(self) -> int:
        self.made += 1
        if self._errors:
            raise self._errors.pop(0)
        if self._forever:
            raise self._forever
        return 42


def ask(request: Callable[[], int], *, draw: float = 1.0, answered: bool = True) -> tuple[object, list[float]]:
    slept: list[float] = []
    patience = Patience(HOST, "laws", slept.append, lambda: draw)
    if answered:
        patience.ask(lambda: 0)
    try:
        return patience.ask(request), slept
    except StoreError as error:
        return error, slept


PASSING = [
    *(answer(status) for status in (408, 500, 502, 503, 504, 529)),
    answer(429, b"<html>429 Too Many Requests</html>"),
    lost(),
    lost(httpx.ReadTimeout("")),
    lost(httpx.ConnectTimeout("")),
    lost(httpx.RemoteProtocolError("cut")),
    ResourceExhaustedResponse("slower", 3),
    QdrantException("Retry-After header value is not a valid integer: Wed, 21 Oct 2026 07:28:00 GMT"),
    NotApplied("wait_timeout"),
    NotApplied("acknowledged"),
    *(Rpc(grpc.StatusCode[name]) for name in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL", "UNKNOWN")),
    *(Rpc(grpc.StatusCode[name]) for name in ("CANCELLED", "FAILED_PRECONDITION")),
    Rpc(grpc.StatusCode.UNAVAILABLE, "Received http2 header with status: 429"),
]
FINAL = [
    *(answer(status) for status in (301, 400, 401, 403, 404, 405, 409, 413, 422, 429, 507)),
    answer(500, b'{"status": {"error": "Service internal error: No space left on device"}}'),
    lost(ValueError("1 validation error")),
    ValueError("local mode"),
    KeyError("id"),
    *(Rpc(grpc.StatusCode[name]) for name in ("INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND")),
    Rpc(grpc.StatusCode.RESOURCE_EXHAUSTED),
    Rpc(grpc.StatusCode.INTERNAL, "No space left on device"),
    Rpc(grpc.StatusCode.CANCELLED, "Channel closed!"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_a_passing_failure_is_outlasted(error: Exception) -> None:
    request = Requests(error, error)
    result, slept = ask(request)
    assert (result, request.made, len(slept)) == (42, 3, 2)
    assert all(wait >= SHORTEST for wait in slept)


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_a_final_failure_is_told_at_once(error: Exception) -> None:
    slept: list[float] = []
    request = Requests(forever=error)
    with pytest.raises((StoreError, CredentialError)) as caught:
        Patience(HOST, "laws", slept.append).ask(request)
    assert (request.made, slept) == (1, [])
    assert HOST in str(caught.value)


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_patience_ends(error: Exception) -> None:
    request = Requests(forever=error)
    result, slept = ask(request)
    assert isinstance(result, StoreError)
    assert HOST in str(result)
    failure = read_failure(error)
    assert failure
    timeouts = TIMEOUT * request.made if failure.timed_out else 0
    assert PATIENCE - LONGEST - TIMEOUT <= sum(slept) + timeouts <= PATIENCE + TIMEOUT


def test_the_server_is_taken_at_its_word() -> None:
    slower = [ResourceExhaustedResponse("", 7), ResourceExhaustedResponse("", 120), ResourceExhaustedResponse("", 0)]
    assert ask(Requests(*slower), draw=0.0) == (42, [7, 120, SHORTEST])
    _, slept = ask(Requests(*slower), draw=1.0)
    assert slept == pytest.approx([7 * (1 + SPREAD), 120 * (1 + SPREAD), SHORTEST * (1 + SPREAD)])


def test_a_server_that_asks_for_more_than_our_patience_is_told_so_at_once() -> None:
    result, slept = ask(Requests(forever=ResourceExhaustedResponse("come back tomorrow", 86_400)))
    assert isinstance(result, StoreError)
    assert "come back tomorrow" in str(result)
    assert slept == []


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_waits_grow_with_jitter_up_to_a_bound(draws: list[float]) -> None:
    slept: list[float] = []
    patience = Patience(HOST, "laws", slept.append, iter(draws).__next__)
    patience.ask(Requests(*[answer(503)] * 8))
    for number, wait in enumerate(slept):
        full = min(0.5 * 2**number, LONGEST)
        assert max(full / 2, SHORTEST) <= wait <= max(full, SHORTEST)


def test_a_host_that_never_answered_is_given_up_in_seconds() -> None:
    request = Requests(forever=lost())
    result, slept = ask(request, answered=False)
    assert isinstance(result, StoreError)
    assert "no connection to http://127.0.0.1:6333" in str(result)
    assert request.made == TRIES
    assert sum(slept) < 3


def test_a_refusal_is_an_answer() -> None:
    request = Requests(answer(503), *[lost()] * 5)
    assert ask(request, answered=False)[0] == 42


def test_what_is_a_bug_is_not_swallowed() -> None:
    with pytest.raises(TypeError):
        Patience(HOST, "laws", lambda _: None).ask(Requests(TypeError("a bug")))


def list_exceptions(module: object) -> list[type[Exception]]:
    return [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)]


def make(kind: type[Exception]) -> Exception:
    if kind is UnexpectedResponse:
        return answer(500)
    if kind is ResponseHandlingException:
        return lost()
    return kind("words", 1) if kind is ResourceExhaustedResponse else kind("words")


@pytest.mark.parametrize("kind", [*list_exceptions(exceptions), *list_exceptions(client_exceptions)])
def test_no_exception_of_the_client_is_missed(kind: type[Exception]) -> None:
    assert read_failure(make(kind))


@pytest.mark.parametrize("kind", [kind for kind in list_exceptions(httpx) if issubclass(kind, httpx.TransportError)])
def test_no_exception_of_the_transport_is_missed(kind: type[httpx.TransportError]) -> None:
    failure = read_failure(lost(kind("words")))
    assert failure
    assert failure.kind in (Kind.UNREACHED, Kind.SLOW)


@pytest.mark.parametrize("code", grpc.StatusCode)
def test_no_code_of_grpc_is_missed(code: grpc.StatusCode) -> None:
    failure = read_failure(Rpc(code))
    assert failure
    assert (failure.status, failure.words) == (code.name, "its words")


@given(st.integers(300, 599), st.binary(max_size=600))
def test_every_answer_is_explained_in_one_line(status: int, content: bytes) -> None:
    failure = read_failure(answer(status, content))
    assert failure
    message = str(explain(failure, HOST, "laws"))
    assert "\n" not in message
    assert f"{HOST} answers {status}: " in message
    assert len(message) < 700


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_way_out(kind: Kind) -> None:
    message = str(explain(failures.Failure(kind, "its {words}"), HOST, "laws"))
    assert "its {words}" in message
    assert HOST in message


STRICT = {
    'Limit exceeded 256 > 20 for "upsert limit". Help: Reduce the "upsert limit" parameter to or below 20.': (
        Kind.LIMITED,
        "upsert_max_batchsize",
    ),
    "Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity, please try to split "
    "your request": (Kind.LIMITED, "write_rate_limit"),
    'Index required but not found for "source" of one of the following types: [keyword]. Help: Create an index': (
        Kind.STRICT,
        "unindexed_filtering_retrieve",
    ),
    "Max vector storage size limit of 1MB reached!": (Kind.STRICT, "max_collection_vector_size_bytes"),
    "Max payload storage size limit of 1MB reached!": (Kind.STRICT, "max_collection_payload_size_bytes"),
    "Condition size limit reached (256 > 10). Help: Reduce the size of your condition.": (
        Kind.STRICT,
        "condition_max_size",
    ),
}


@pytest.mark.parametrize("words", STRICT)
@pytest.mark.parametrize(
    "make",
    [
        lambda words: answer(400, json.dumps({"status": {"error": f"Bad request: {words}"}}).encode()),
        lambda words: answer(403, json.dumps({"status": {"error": f"Forbidden: {words}"}}).encode()),
        lambda words: Rpc(grpc.StatusCode.INVALID_ARGUMENT, words),
        lambda words: Rpc(grpc.StatusCode.PERMISSION_DENIED, words),
    ],
)
def test_what_the_strict_mode_forbids_is_told_with_its_setting(make: Callable[[str], Exception], words: str) -> None:
    failure = read_failure(make(words))
    assert failure
    kind, setting = STRICT[words]
    assert failure.kind is kind
    assert f"{setting}" in str(explain(failure, HOST, "laws"))
    assert not isinstance(explain(failure, HOST, "laws"), CredentialError)


TWINS = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    422: "INVALID_ARGUMENT",
    500: "INTERNAL",
    408: "DEADLINE_EXCEEDED",
}


@pytest.mark.parametrize("status", TWINS)
@pytest.mark.parametrize(
    "words",
    [
        "its words",
        "Not found: Collection `laws` doesn't exist!",
        "Wrong input: Collection `laws` already exists!",
        "No space left on device",
        "disk quota exceeded",
        *STRICT,
    ],
)
def test_a_failure_of_grpc_means_what_its_twin_of_rest_means(status: int, words: str) -> None:
    rest = read_failure(answer(status, json.dumps({"status": {"error": words}}).encode()))
    twin = read_failure(Rpc(grpc.StatusCode[TWINS[status]], words))
    assert rest
    assert twin
    assert rest.kind is twin.kind


def test_a_write_that_was_not_made_in_time_counts_as_long_as_the_server_took() -> None:
    late, at_once = read_failure(NotApplied("wait_timeout")), read_failure(NotApplied("acknowledged"))
    assert late
    assert at_once
    assert (late.kind, at_once.kind) == (Kind.SLOW, Kind.PASSING)


def test_patience_is_as_long_as_it_is_said() -> None:
    for longest in (0, 20, 600):
        slept: list[float] = []
        with pytest.raises(StoreError):
            Patience(HOST, "laws", slept.append, longest=longest).ask(Requests(answer(503), forever=answer(503)))
        assert max(0, longest - LONGEST) <= sum(slept) <= longest


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_rejected_is_named(status: int) -> None:
    failure = read_failure(answer(status, b"Must provide an API key"))
    assert failure
    error = explain(failure, HOST, "laws")
    assert isinstance(error, CredentialError)
    assert "QDRANT_API_KEY" in str(error)


def test_only_a_qdrant_servers_404_is_an_absent_collection() -> None:
    absent = b'{"status": {"error": "Not found: Collection `laws` doesn\'t exist!"}, "time": 0.1}'
    assert read_failure(answer(404, absent)).kind is Kind.ABSENT  # type: ignore[union-attr]  # it is in the table
    assert read_failure(answer(404, b"<html>Not Found</html>")).kind is Kind.FINAL  # type: ignore[union-attr]  # it is in the table


@pytest.mark.parametrize("status", [401, 403, 404, 413, 429, 502, 503])
def test_what_a_proxy_answers_means_the_same_by_grpc(status: int) -> None:
    """gRPC's core gives a code of its own to what is not gRPC, and UNKNOWN to most of it."""
    rest = read_failure(answer(status, b"<html>"))
    twin = read_failure(Rpc(grpc.StatusCode.UNKNOWN, f"Received http2 header with status: {status}"))
    assert rest
    assert twin
    assert rest.kind is twin.kind


def test_a_connection_that_times_out_counts_as_long_as_it_took() -> None:
    request = Requests(forever=lost(httpx.ConnectTimeout("")))
    _, slept = ask(request)
    assert PATIENCE - LONGEST - TIMEOUT <= sum(slept) + TIMEOUT * request.made <= PATIENCE + TIMEOUT


@given(st.floats(0, 10_000))
def test_a_request_may_take_as_long_as_is_waited_at_all_within_bounds(longest: float) -> None:
    assert LEAST <= choose_timeout(longest) <= TIMEOUT
    assert choose_timeout(longest) in (LEAST, longest, TIMEOUT)


@pytest.mark.parametrize(("longest", "most"), [(0, 1), (5, 1), (LEAST, 2), (PATIENCE, PATIENCE // TIMEOUT + 1)])
def test_an_answer_that_never_comes_to_an_end_is_left(
    monkeypatch: pytest.MonkeyPatch, longest: float, most: int
) -> None:
    given_: list[float] = []

    def hang(seconds: float, _: object) -> None:
        given_.append(seconds)
        raise TimeoutError

    slept: list[float] = []
    patience = Patience(HOST, "laws", slept.append, lambda: 0.0, longest=longest)
    patience.ask(lambda: 0)
    monkeypatch.setattr("ingest.stores.patience.run_within", hang)
    with pytest.raises(StoreError, match=f"{HOST}: no answer in time. It did not get better"):
        patience.ask(lambda: 0)
    timeout = choose_timeout(longest)
    assert set(given_) == {timeout + SLACK}
    assert len(given_) <= most
    assert sum(slept) + timeout * (len(given_) - 1) <= longest


def test_the_client_is_given_the_time_that_a_request_has() -> None:
    for longest, seconds in ((5.0, LEAST), (33.3, 34), (PATIENCE, TIMEOUT)):
        with closing(connect("http://127.0.0.1:6333", "laws", max_wait=longest)) as store:
            assert store._client._client._timeout == seconds  # type: ignore[attr-defined]


class Bucket:
    """A server's limit of writes, with its own time, that moves on when somebody sleeps."""

    def __init__(self, capacity: float, per_second: float) -> None:
        self.now, self.tokens = 0.0, capacity
        self.capacity, self.per_second = capacity, per_second
        self.made = self.refused = self.asleep = self.most_asleep = 0
        self.lock = threading.Lock()

    def write(self, cost: float) -> None:
        with self.lock:
            if self.tokens < cost:
                self.refused += 1
                raise ResourceExhaustedResponse("limited", math.ceil((cost - self.tokens) / self.per_second))
            self.tokens -= cost
            self.made += 1

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.asleep += 1
            self.most_asleep = max(self.most_asleep, self.asleep)
        threading.Event().wait(0.002)
        with self.lock:
            self.asleep -= 1
            self.now += seconds
            self.tokens = min(self.capacity, self.tokens + seconds * self.per_second)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 8), st.sampled_from([60.0, 120.0, PATIENCE]))
def test_several_threads_under_one_limit_wait_together_and_all_come_through(threads: int, longest: float) -> None:
    """Each batch takes 51 s of the limit: all of them take many times as long as nothing may succeed."""
    bucket, each = Bucket(300, 5), 6
    patience = Patience(HOST, "laws", bucket.sleep, lambda: 0.5, longest=longest)
    errors: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(each):
                patience.ask(bucket.write, 256)
        except StoreError as error:
            errors.append(error)

    writers = [threading.Thread(target=write, daemon=True) for _ in range(threads)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert errors == []
    assert bucket.made == threads * each
    assert bucket.most_asleep == 1
    assert bucket.refused <= 2 * bucket.made
    assert bucket.now <= 1.2 * bucket.made * 256 / 5


def test_what_nobody_outlasts_ends_for_all_threads_with_the_first() -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        threading.Event().wait(0.3 if len(slept) == 1 else 0)  # in which the others queue up

    patience = Patience(HOST, "laws", sleep, lambda: 1.0, longest=60.0)
    patience.ask(lambda: 0)
    together, errors = threading.Barrier(4), []

    def write() -> None:
        once = iter([together.wait])

        def request() -> int:
            next(once, lambda: 0)()
            raise answer(503)

        try:
            patience.ask(request)
        except StoreError as error:
            errors.append(error)

    writers = [threading.Thread(target=write, daemon=True) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert len(errors) == 4
    assert 60 - LONGEST <= sum(slept) <= 60
    assert patience.ask(Requests(answer(503))) == 42  # who comes later begins anew


def test_who_queued_behind_one_that_waited_does_not_wait_again() -> None:
    slept: list[float] = []
    together, answers = threading.Barrier(4), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        threading.Event().wait(0.3)  # in which the others queue up

    patience = Patience(HOST, "laws", sleep, lambda: 1.0)

    def write() -> None:
        steps = iter([together.wait])

        def request() -> int:
            for step in steps:
                step()
                raise answer(503)
            return 42

        answers.append(patience.ask(request))

    writers = [threading.Thread(target=write, daemon=True) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert answers == [42] * 4
    assert 1 <= len(slept) < 4


def test_a_gate_that_is_open_holds_nobody_up() -> None:
    gate = Gate()
    assert not gate.enter()
    assert not gate.enter()
    assert gate.leave(taken=False)
    assert not gate.take()
    behind: list[bool] = []
    follower = threading.Thread(target=lambda: behind.append(gate.enter()), daemon=True)
    follower.start()
    follower.join(0.05)
    assert behind == []
    assert gate.leave(taken=True)
    follower.join(20)
    assert behind == [True]
    assert not gate.leave(taken=True)
    assert not gate.enter()
