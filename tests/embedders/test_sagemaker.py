"""Through the real boto3, whose endpoint is the loopback server."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.embedders import sagemaker
from ingest.embedders.sagemaker import LARGEST, SageMaker
from ingest.errors import (
    CredentialError,
    CreditsError,
    IngestError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from tests.embedders.fakes import answer_embed, make_vector
from tests.loopback import Answer, Handler, Server, find_free_port, script, serve

TEXTS = ["Điều 1. Phạm vi", "제1조 목적"]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    import boto3  # noqa: PLC0415 - heavy

    yield
    boto3.DEFAULT_SESSION = None  # which keeps the credentials of the first test


def ask(
    monkeypatch: pytest.MonkeyPatch, handler: Handler, pooling: str = ""
) -> tuple[SageMaker, Server, list[Any] | IngestError]:
    with serve(handler) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", server.url)
        service = SageMaker("my-endpoint", model="org/model", pooling=pooling)
        try:
            return service, server, service.embed(TEXTS).tolist()
        except IngestError as error:
            return service, server, error


def refuse(status: int, code: str, **body: object) -> Answer:
    return Answer(status, body, {"x-amzn-errortype": code, "Content-Type": "application/json"})


def test_one_signed_post_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(answer_embed) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", server.url)
        service = SageMaker("my-endpoint", model="org/model")
        for _ in range(2):
            assert np.array_equal(service.embed(TEXTS), np.array([make_vector(text) for text in TEXTS], np.float32))
    assert [request.path for request in server.requests] == ["/endpoints/my-endpoint/invocations"] * 2
    request = server.requests[0]
    assert request.json == {"inputs": TEXTS, "truncate": True, "normalize": True}
    assert request.headers["content-type"] == "application/json"
    assert "Credential=AKIDEXAMPLE/" in request.headers["authorization"]
    assert len({request.port for request in server.requests}) == 1
    assert (service.name, service.identity.model) == ("sagemaker:my-endpoint", "org/model")
    assert service.limits.bytes == LARGEST


def test_the_reply_of_the_container_for_sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, reply = ask(monkeypatch, script(Answer(body={"embeddings": [[1.0, 2.0], [3.0, 4.0]]})))
    assert reply == [[1, 2], [3, 4]]


TOKENS = Answer(body=[[[[1.0, 2.0], [3.0, 4.0]]], [[[5.0, 6.0]]]])  # a pipeline of transformers


@pytest.mark.parametrize(("pooling", "expected"), [("mean", [[2, 3], [5, 6]]), ("cls", [[1, 2], [5, 6]])])
def test_tokens_are_pooled_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, pooling: str, expected: list[list[float]]
) -> None:
    service, _, reply = ask(monkeypatch, script(TOKENS), pooling)
    assert reply == expected
    assert service.identity.pooling == pooling


def test_tokens_are_refused_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, error = ask(monkeypatch, script(TOKENS))
    assert isinstance(error, UsageError)
    assert "token by token" in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (413, RefusedError),
        (422, RefusedError),
        (424, RefusedError),
        (429, UnavailableError),
        (500, UnavailableError),
        (503, UnavailableError),
        (504, UnavailableError),
        (401, UsageError),
        (404, UsageError),
        (402, CreditsError),
    ],
)
def test_a_failure_of_the_container_is_that_of_its_own_status(
    monkeypatch: pytest.MonkeyPatch, status: int, kind: type
) -> None:
    body = {"Message": "Received error from primary", "OriginalStatusCode": status, "OriginalMessage": '{"error":"no"}'}
    _, server, error = ask(monkeypatch, script(refuse(424, "ModelError", **body)))
    assert type(error) is kind
    assert f"answers {status}: " in str(error)
    assert "no" in str(error)
    assert len(server.requests) == 1
    if isinstance(error, UnavailableError):
        assert error.timed_out == (status == 504)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "ValidationError", UsageError, "Endpoint my-endpoint of account 1 not found"),
        (403, "AccessDeniedException", CredentialError, "sagemaker:InvokeEndpoint"),
        (403, "ExpiredTokenException", CredentialError, "AWS_PROFILE"),
        (403, "UnrecognizedClientException", CredentialError, "AWS_ACCESS_KEY_ID"),
        (400, "ThrottlingException", UnavailableError, "429"),
        (429, "ModelNotReadyException", UnavailableError, "429"),
        (503, "ServiceUnavailable", UnavailableError, "503"),
        (500, "InternalFailure", UnavailableError, "500"),
        (530, "InternalDependencyException", UnavailableError, "530"),
    ],
)
def test_a_failure_of_aws(monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type, words: str) -> None:
    message = "Endpoint my-endpoint of account 1 not found"
    _, server, error = ask(monkeypatch, script(refuse(status, code, Message=message)))
    assert type(error) is kind
    assert words in str(error)
    assert "a-secret-of-the-tests" not in str(error)
    assert len(server.requests) == 1  # boto3 tries nothing again


def test_an_answer_of_no_one_known_is_read_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    _, server, error = ask(monkeypatch, script(Answer(502, "<html><title>Bad Gateway</title>")))
    assert type(error) is UnavailableError
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(close=True), Answer(body=[[1.0, 2.0], [3.0, 4.0]], cut=True), Answer(200, b"<html>"), Answer(body={})],
)
def test_a_reply_that_is_none(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    _, _, error = ask(monkeypatch, script(answer))
    assert type(error) is UnavailableError
    assert not error.unreachable
    assert not error.timed_out


def test_a_container_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sagemaker, "READ", 0.2)
    _, server, error = ask(monkeypatch, script(Answer(stall=True)))
    assert isinstance(error, UnavailableError)
    assert error.timed_out
    assert len(server.requests) == 1


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{find_free_port()}")
    with pytest.raises(UnavailableError, match="cannot be reached") as caught:
        SageMaker("my-endpoint").embed(TEXTS)
    assert caught.value.unreachable


class TestBeforeAnyRequest:
    @pytest.fixture(autouse=True)
    def _no_request(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with serve(answer_embed) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", server.url)
            yield
            assert not server.requests

    def test_without_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(CredentialError, match=r"cannot be asked: .*AWS_PROFILE"):
            SageMaker("my-endpoint").embed(TEXTS)

    def test_with_half_of_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(CredentialError, match="AWS_SECRET_ACCESS_KEY"):
            SageMaker("my-endpoint").embed(TEXTS)

    def test_a_profile_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with pytest.raises(CredentialError, match="nobody"):
            SageMaker("my-endpoint").embed(TEXTS)

    def test_without_a_region(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        with pytest.raises(UsageError, match="set AWS_DEFAULT_REGION"):
            SageMaker("my-endpoint").embed(TEXTS)

    def test_more_than_a_request_may_hold_is_refused(self) -> None:
        with pytest.raises(RefusedError, match=f"at most {LARGEST} bytes a request"):
            SageMaker("my-endpoint").embed(["x" * (LARGEST // 2)] * 2)

    def test_a_text_that_utf8_cannot_hold(self) -> None:
        with pytest.raises(RefusedError, match="lone surrogate"):
            SageMaker("my-endpoint").embed(["tw\ud800o"])

    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "boto3", None)
        with pytest.raises(UsageError, match=r"pip install 'create-vector-db\[sagemaker\]'"):
            SageMaker("my-endpoint").embed(TEXTS)
