from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.openai import OpenAI
from ingest.errors import RefusedError, UnavailableError, UsageError
from tests.embedders.fakes import answer_embed, make_vector
from tests.loopback import Answer, Handler, Request, route, script, serve

MODEL = "BAAI/bge-m3"


def encode(vector: list[float]) -> str:
    return b64encode(np.array(vector, "<f4").tobytes()).decode()


def answer_base64(request: Request) -> Answer:
    """Answer in the encoding that is asked for."""
    make: Callable[[list[float]], Any] = encode if request.json["encoding_format"] == "base64" else list
    data = [{"index": index, "embedding": make(make_vector(text))} for index, text in enumerate(request.json["input"])]
    return Answer(body={"object": "list", "data": data, "model": MODEL})


def refuse_base64(status: int) -> Handler:
    def answer(request: Request) -> Answer:
        return Answer(status, "unknown field") if request.json["encoding_format"] == "base64" else answer_embed(request)

    return answer


def expect(*texts: str) -> "np.ndarray[Any, Any]":
    return np.array([make_vector(text) for text in texts], np.float32)


def test_one_post_in_base64_a_call() -> None:
    with serve(answer_base64) as server:
        service = OpenAI(server.url, model=MODEL)
        for _ in range(2):
            assert np.array_equal(service.embed(["a", "b"]), expect("a", "b"))
    assert [request.path for request in server.requests] == ["/v1/embeddings"] * 2
    assert server.requests[0].json == {"model": MODEL, "input": ["a", "b"], "encoding_format": "base64"}
    assert len({request.port for request in server.requests}) == 1


@pytest.mark.parametrize(
    ("given_path", "asked"),
    [
        ("", "/v1/embeddings"),
        ("/", "/v1/embeddings"),
        ("/v1", "/v1/embeddings"),
        ("/v1/", "/v1/embeddings"),
        ("/v1/embeddings", "/v1/embeddings"),
        ("/embeddings", "/embeddings"),
        ("/embeddings/", "/embeddings"),
        ("/proxy", "/proxy/v1/embeddings"),
        ("/openai/v1", "/openai/v1/embeddings"),
    ],
)
def test_which_url_is_asked(given_path: str, asked: str) -> None:
    with serve(answer_base64) as server:
        OpenAI(server.url + given_path, model=MODEL).embed(["a"])
    assert [request.path for request in server.requests] == [asked]


@pytest.mark.parametrize("status", [400, 422])
def test_a_service_that_refuses_base64_is_asked_for_numbers_from_then_on(status: int) -> None:
    with serve(refuse_base64(status)) as server:
        service = OpenAI(server.url, model=MODEL)
        for _ in range(3):
            assert np.array_equal(service.embed(["a"]), expect("a"))
    assert [request.json["encoding_format"] for request in server.requests] == ["base64", "float", "float", "float"]


def test_a_service_that_answers_numbers_is_asked_for_numbers_from_then_on() -> None:
    with serve(answer_embed) as server:
        service = OpenAI(server.url, model=MODEL)
        for _ in range(3):
            assert np.array_equal(service.embed(["a"]), expect("a"))
    assert [request.json["encoding_format"] for request in server.requests] == ["base64", "float", "float"]


def test_a_refusal_after_base64_was_served_is_of_the_texts() -> None:
    with serve(script(Answer(body={"data": [{"index": 0, "embedding": encode([1, 2])}]}), Answer(422))) as server:
        service = OpenAI(server.url, model=MODEL)
        service.embed(["a"])
        with pytest.raises(RefusedError):
            service.embed(["b"])
    assert server.count("POST") == 2


def test_a_service_that_refuses_the_texts_in_either_encoding_says_so() -> None:
    with serve(script(Answer(422, "base64?"), Answer(422, {"message": "batch size 2 > 1"}), Answer(422))) as server:
        with pytest.raises(RefusedError, match="batch size 2 > 1"):
            OpenAI(server.url, model=MODEL).embed(["a", "b"])
        assert server.count("POST") == 2


@given(st.permutations(range(6)), st.booleans())
def test_vectors_are_put_in_the_order_of_their_index(order: list[int], base64: bool) -> None:
    vectors = [make_vector(str(index)) for index in range(6)]
    data = [{"index": index, "embedding": encode(vectors[index]) if base64 else vectors[index]} for index in order]
    rows = OpenAI("http://127.0.0.1:1")._read({"data": data}, 6)
    assert np.array_equal(np.array(rows, np.float32), np.array(vectors, np.float32))


GOOD = [{"index": 0, "embedding": [1.0, 2.0]}, {"index": 1, "embedding": [3.0, 4.0]}]


@pytest.mark.parametrize(
    "data",
    [
        [],
        None,
        "vectors",
        GOOD[:1],
        [GOOD[0], GOOD[0]],
        [*GOOD, {"index": 2, "embedding": [1.0, 2.0]}],
        [*GOOD, GOOD[1]],
        [GOOD[0], {"index": 2, "embedding": [1.0, 2.0]}],
        [GOOD[0], {"embedding": [1.0, 2.0]}],
        [GOOD[0], {"index": "1", "embedding": [1.0, 2.0]}],
        [GOOD[0], {"index": True, "embedding": [1.0, 2.0]}],
        [GOOD[0], {"index": 1}],
        [GOOD[0], {"index": 1, "embedding": "no base64"}],
        [GOOD[0], {"index": 1, "embedding": b64encode(b"12345").decode()}],
        [GOOD[0], {"index": 1, "embedding": [1.0]}],
        [GOOD[0], {"index": 1, "embedding": ["a", "b"]}],
        [GOOD[0], 7],
    ],
)
def test_a_reply_that_is_not_a_vector_for_each_index_is_a_bad_one(data: object) -> None:
    with serve(script(Answer(body={"data": data}))) as server, pytest.raises(UnavailableError, match="gave"):
        OpenAI(server.url, model=MODEL).embed(["a", "b"])


def list_models(*names: object) -> Answer:
    return Answer(body={"object": "list", "data": [{"id": name} for name in names]})


class TestTheModel:
    def _ask(self, answer: Answer) -> tuple[OpenAI, list[Request]]:
        with serve(route({"/v1/models": script(answer), "/v1/embeddings": answer_base64})) as server:
            service = OpenAI(server.url)
            assert service.identity.model == ""
            try:
                for _ in range(2):
                    service.embed(["a"])
            finally:
                self.requests = server.requests
            return service, server.requests

    def test_the_one_that_is_served_is_taken_and_asked_for_once(self) -> None:
        service, requests = self._ask(list_models(MODEL))
        assert service.identity.model == MODEL
        assert [request.path for request in requests] == ["/v1/models", "/v1/embeddings", "/v1/embeddings"]
        assert requests[1].json["model"] == MODEL

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (list_models("a", "b"), "2 models, not one: name yours among a, b as --model"),
            (list_models(*"abcdefg"), "7 models, not one: name yours among a, b, c, d, e, … as --model"),
            (list_models(), "0 models, not one: name yours as --model"),
            (list_models(3), "0 models"),
            (Answer(404), "0 models"),
            (Answer(200, b"<html>"), "0 models"),
        ],
    )
    def test_otherwise_it_must_be_named(self, answer: Answer, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            self._ask(answer)
        assert [request.path for request in self.requests] == ["/v1/models"]

    def test_a_service_that_is_busy_is_asked_again(self) -> None:
        routes = {"/v1/models": script(Answer(503), list_models(MODEL)), "/v1/embeddings": answer_base64}
        with serve(route(routes)) as server:
            service = OpenAI(server.url)
            with pytest.raises(UnavailableError):
                service.embed(["a"])
            service.embed(["a"])
            assert service.identity.model == MODEL

    def test_one_that_is_not_served_is_told_by_name(self) -> None:
        answer = Answer(404, {"message": "The model `BAAI/bge-m3` does not exist"})
        refusal = pytest.raises(UsageError, match=r"404: The model `BAAI/bge-m3` does not exist — .*BAAI/bge-m3 served")
        with serve(script(answer)) as server, refusal:
            OpenAI(server.url, model=MODEL).embed(["a"])


def test_the_token_is_sent_only_when_told_so() -> None:
    with serve(answer_base64) as server:
        OpenAI(server.url, model=MODEL, token="sk-secret").embed(["a"])
        OpenAI(server.url, model=MODEL, token="sk-secret", send_token=True).embed(["a"])
    assert [request.headers.get("authorization") for request in server.requests] == [None, "Bearer sk-secret"]
