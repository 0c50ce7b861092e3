"""What every Service keeps, and what the table of failures says of each one that speaks HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ingest.embedders.endpoint import Endpoint
from ingest.embedders.hashing import Hashing
from ingest.embedders.huggingface import HuggingFace
from ingest.embedders.local import Local
from ingest.embedders.openai import OpenAI
from ingest.errors import (
    CredentialError,
    CreditsError,
    IngestError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from ingest.model import Identity
from ingest.protocols import Limits, Service
from tests.embedders.fakes import FakeService, answer_embed
from tests.embedders.tiny import write_folder
from tests.loopback import Answer, Handler, Server, find_free_port, script, serve

TOKEN = "hf_a-secret-of-the-tests"
TEXTS = ["Điều 1. Phạm vi", "제1조 목적", "Article 1", "", "Article 1"]


def open_hf(url: str, *, read: float = 10.0) -> Service:
    return HuggingFace("org/model", token=TOKEN, token_name="HF_TOKEN", router=url, read=read)


def open_endpoint(url: str, *, read: float = 10.0) -> Service:
    return Endpoint(url, token=TOKEN, token_name="HF_TOKEN", send_token=True, read=read)


def open_openai(url: str, *, read: float = 10.0) -> Service:
    return OpenAI(url, model="org/model", token=TOKEN, token_name="HF_TOKEN", send_token=True, read=read)


Open = Callable[..., Service]
OVER_HTTP = {"hf": open_hf, "endpoint": open_endpoint, "openai": open_openai}
# Statuses that are asked about once more: whether the root answers instead of /embed, or numbers instead of base64.
TWICE = {open_endpoint: (404,), open_openai: (400, 422)}


@dataclass(frozen=True)
class Case:
    service: Service
    posts: Callable[[], int]


@contextmanager
def _open(name: str, folder: Path) -> Iterator[Case]:
    if name == "local":
        yield Case(Local(str(write_folder(folder))), lambda: 0)
    elif name in OVER_HTTP:
        with serve(answer_embed) as server:
            yield Case(OVER_HTTP[name](server.url), lambda: server.count("POST"))
    else:
        fake = FakeService()
        yield Case(fake if name == "fake" else Hashing(), lambda: len(fake.asked))


@pytest.fixture(params=[*OVER_HTTP, "local", "hashing", "fake"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    with _open(request.param, tmp_path) as opened:
        yield opened


class TestEveryService:
    def test_gives_a_finite_row_for_each_text_in_order(self, case: Case) -> None:
        vectors = case.service.embed(TEXTS)
        assert vectors.dtype == np.float32
        assert vectors.shape[0] == len(TEXTS)
        assert np.isfinite(vectors).all()
        assert np.abs(vectors).max(axis=1).min() > 0
        assert np.array_equal(vectors[2], vectors[4])
        assert np.array_equal(case.service.embed(TEXTS[::-1]), vectors[::-1])

    def test_makes_one_request_a_call(self, case: Case) -> None:
        before = case.posts()
        case.service.embed(TEXTS[:2])
        case.service.embed(TEXTS)
        assert case.posts() - before in (0, 2)  # local and hashing make none

    def test_has_a_name_and_an_identity(self, case: Case) -> None:
        assert case.service.name
        assert isinstance(case.service.identity, Identity)
        assert isinstance(case.service.limits, Limits)


def answer_post(answer: Answer) -> Handler:
    """Answer a POST so, and any GET with 404."""
    return lambda request: answer if request.method == "POST" else Answer(404)


def fail(open_service: Open, answer: Answer, **options: float) -> tuple[IngestError, Server]:
    """Give the error that an answer becomes."""
    with serve(answer_post(answer)) as server:
        service = open_service(server.url, **options)
        with pytest.raises(IngestError) as caught:
            service.embed(["one", "two"])
        return caught.value, server


@pytest.mark.parametrize("open_service", OVER_HTTP.values(), ids=OVER_HTTP)
class TestTheTableOfFailures:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (408, UnavailableError),
            (425, UnavailableError),
            (429, UnavailableError),
            (500, UnavailableError),
            (502, UnavailableError),
            (503, UnavailableError),
            (504, UnavailableError),
            (529, UnavailableError),
            (413, RefusedError),
            (422, RefusedError),
            (400, RefusedError),
            (424, RefusedError),
            (401, CredentialError),
            (403, CredentialError),
            (404, UsageError),
            (410, UsageError),
            (402, CreditsError),
        ],
    )
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"error": f"no, said\nthe service to {TOKEN}"}, "no, said the service to ***"),
            (b"\xffno", "�no"),  # huggingface_hub before 2.0 and since stumbles over this one and the next
            (["no", "no"], "no; no"),
            (b"", ""),
        ],
    )
    def test_a_status(self, open_service: Open, status: int, kind: type, body: object, words: str) -> None:
        error, server = fail(open_service, Answer(status, body))
        assert type(error) is kind
        assert f"answers {status}" + (f": {words}" if words else "") in str(error)
        assert TOKEN not in str(error)
        assert server.count("POST") == 1 + (status in TWICE.get(open_service, ()))
        if isinstance(error, UnavailableError):
            assert error.timed_out == (status == 504)
        if isinstance(error, RefusedError):
            assert error.perhaps_transient == (status in (400, 424))

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"Retry-After": "7"}, 7),
            ({"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT", "Date": "Tue, 14 Nov 2023 22:14:00 GMT"}, 0),
            ({"RateLimit": '"inference-providers";r=0;t=9'}, 9),
        ],
    )
    def test_the_wait_that_is_asked_for(self, open_service: Open, headers: dict[str, str], seconds: float) -> None:
        error, _ = fail(open_service, Answer(429, {"error": "slow down"}, headers))
        assert isinstance(error, UnavailableError)
        assert error.retry_after == seconds

    def test_a_service_that_never_answers(self, open_service: Open) -> None:
        error, _ = fail(open_service, Answer(stall=True), read=0.2)
        assert isinstance(error, UnavailableError)
        assert error.timed_out

    @pytest.mark.parametrize("answer", [Answer(close=True), Answer(body=[[1.0, 2.0], [3.0, 4.0]], cut=True)])
    def test_a_connection_that_is_cut(self, open_service: Open, answer: Answer) -> None:
        error, _ = fail(open_service, answer)
        assert isinstance(error, UnavailableError)
        assert not error.timed_out
        assert not error.unreachable

    def test_a_host_that_is_not_there(self, open_service: Open) -> None:
        with pytest.raises(UnavailableError, match="cannot be reached") as caught:
            open_service(f"http://127.0.0.1:{find_free_port()}").embed(["one"])
        assert caught.value.unreachable

    @pytest.mark.parametrize(
        "body", [b"", b"<html>hello</html>", {"error": "busy"}, {"embeddings": None}, [["a"], ["b"]], [{}, {}]]
    )
    def test_a_reply_that_is_no_matrix(self, open_service: Open, body: object) -> None:
        error, _ = fail(open_service, Answer(200, body))
        assert type(error) is UnavailableError

    def test_a_reply_by_tokens(self, open_service: Open) -> None:
        reply = [[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]
        wrapped = {"data": [{"index": index, "embedding": tokens} for index, tokens in enumerate(reply)]}
        error, _ = fail(open_service, Answer(200, wrapped if open_service is open_openai else reply))
        assert type(error) is UsageError
        assert "token by token" in str(error)

    def test_a_text_that_utf8_cannot_hold(self, open_service: Open) -> None:
        with serve(answer_embed) as server:
            with pytest.raises(RefusedError, match="lone surrogate"):
                open_service(server.url).embed(["one", "tw\ud800o"])
            assert server.count("POST") == 0

    def test_a_token_goes_to_no_other_host(self, open_service: Open) -> None:
        with (
            serve(answer_embed) as other,
            serve(lambda request: Answer(307, headers={"Location": f"{other.url}{request.path}"})) as server,
        ):
            try:
                open_service(server.url).embed(["one"])
            except UsageError as error:
                assert other.url in str(error)  # noqa: PT017 - following, without the token, would do as well
            assert all("authorization" not in request.headers for request in other.requests)
            assert any(request.headers.get("authorization") == f"Bearer {TOKEN}" for request in server.requests)


@pytest.mark.parametrize("open_service", OVER_HTTP.values(), ids=OVER_HTTP)
def test_a_token_that_no_header_holds_is_refused_without_showing_it(open_service: Open) -> None:
    for token in ("hf_a secret", "hf_ä-secret", "hf_a\nsecret"):
        with pytest.raises(CredentialError, match="token from X holds characters") as caught:
            _open_with(open_service, token).embed(["a"])
        assert token not in str(caught.value)
        assert "secret" not in str(caught.value)


def _open_with(open_service: Open, token: str) -> Service:
    if open_service is open_hf:
        return HuggingFace("m", token=token, token_name="X")
    kind = Endpoint if open_service is open_endpoint else OpenAI
    return kind("http://127.0.0.1:1", model="m", token=token, token_name="X", send_token=True)


def test_the_script_of_the_server_keeps_its_last_answer() -> None:
    with serve(script(Answer(503), Answer(404))) as server:
        service = open_hf(server.url)
        for kind in (UnavailableError, UsageError, UsageError):
            with pytest.raises(kind):
                service.embed(["one"])
