from typing import Any

import numpy as np
import pytest

from ingest.embedders.endpoint import Endpoint
from ingest.errors import CredentialError, RefusedError, UnavailableError, UsageError
from tests.embedders.fakes import answer_embed, make_vector
from tests.loopback import Answer, Handler, Request, route, script, serve

INFO = {"model_id": "Alibaba-NLP/gte-multilingual-base", "max_client_batch_size": 4, "version": "1.9.3"}


def serve_tei(info: Any = INFO, path: str = "") -> Handler:
    return route({f"{path}/info": script(Answer(body=info)), f"{path}/embed": answer_embed})


def test_info_once_and_then_one_post_a_call() -> None:
    with serve(serve_tei()) as server:
        service = Endpoint(server.url)
        assert not server.requests
        assert service.identity.model == ""
        for _ in range(2):
            assert np.array_equal(service.embed(["a"]), np.array([make_vector("a")], np.float32))
        assert service.identity.model == INFO["model_id"]
    assert [(request.method, request.path) for request in server.requests] == [
        ("GET", "/info"),
        ("POST", "/embed"),
        ("POST", "/embed"),
    ]
    assert server.requests[1].json == {"inputs": ["a"], "truncate": True, "normalize": True}


@pytest.mark.parametrize("suffix", ["", "/", "/embed", "/embed/"])
@pytest.mark.parametrize("path", ["", "/tei/v2"])
def test_the_url_with_and_without_embed(path: str, suffix: str) -> None:
    with serve(serve_tei(path=path)) as server:
        service = Endpoint(server.url + path + suffix)
        service.embed(["a"])
        assert service.name == server.url + path
        assert [request.path for request in server.requests] == [f"{path}/info", f"{path}/embed"]


@pytest.mark.parametrize(
    "info",
    [
        Answer(404),
        Answer(405),
        Answer(401),
        Answer(500),
        Answer(200, b"<html>"),
        Answer(200, []),
        Answer(200, {"model_id": 3}),
    ],
)
def test_a_service_without_info_is_unknown_and_asked_once(info: Answer) -> None:
    with serve(route({"/info": script(info), "/embed": answer_embed})) as server:
        service = Endpoint(server.url, model="my-model")
        service.embed(["a"])
        service.embed(["a"])
        assert service.identity.model == "my-model"
    assert server.count("GET") == 1


def test_a_service_that_wakes_up_is_asked_for_its_info_again() -> None:
    routes = {"/info": script(Answer(503, {"error": "loading"}), Answer(body=INFO)), "/embed": answer_embed}
    with serve(route(routes)) as server:
        service = Endpoint(server.url)
        with pytest.raises(UnavailableError, match="503: loading"):
            service.embed(["a"])
        service.embed(["a"])
        assert service.identity.model == INFO["model_id"]
    assert (server.count("GET"), server.count("POST")) == (2, 1)


def test_another_model_than_the_one_given_is_refused_by_name() -> None:
    refusal = pytest.raises(UsageError, match="serves Alibaba-NLP/gte-multilingual-base, not BAAI/bge-m3")
    with serve(serve_tei()) as server, refusal:
        Endpoint(server.url, model="BAAI/bge-m3").embed(["a"])
    assert server.count("POST") == 0


@pytest.mark.parametrize("served", ["/repository", "/data/model", "./model", "models/org/name", "e5", "", "org/"])
@pytest.mark.parametrize("given", ["", "BAAI/bge-m3"])
def test_a_folder_of_the_server_says_nothing_of_the_model(served: str, given: str) -> None:
    with serve(serve_tei({"model_id": served})) as server:
        service = Endpoint(server.url, model=given)
        service.embed(["a"])
        assert service.identity.model == given


def test_the_name_of_a_model_is_compared_without_case() -> None:
    with serve(serve_tei({"model_id": "baai/BGE-M3"})) as server:
        service = Endpoint(server.url, model="BAAI/bge-m3")
        service.embed(["a"])
        assert service.identity.model == "BAAI/bge-m3"


def test_more_texts_than_the_service_takes_are_refused_without_asking() -> None:
    with serve(serve_tei()) as server:
        service = Endpoint(server.url)
        with pytest.raises(RefusedError, match="at most 4 texts a request, 5 are too many"):
            service.embed(list("abcde"))
        service.embed(list("abcd"))
    assert server.count("POST") == 1


def test_the_reply_of_the_default_container_is_unwrapped() -> None:
    with serve(script(Answer(404), Answer(body={"embeddings": [[1.0, 2.0], [3.0, 4.0]]}))) as server:
        assert Endpoint(server.url).embed(["a", "b"]).tolist() == [[1, 2], [3, 4]]


def test_the_token_is_sent_elsewhere_only_when_told_so() -> None:
    with serve(serve_tei()) as server:
        Endpoint(server.url, token="hf_secret").embed(["a"])
        assert all("authorization" not in request.headers for request in server.requests)
        Endpoint(server.url, token="hf_secret", send_token=True).embed(["a"])
        assert [request.headers.get("authorization") for request in server.requests[2:]] == ["Bearer hf_secret"] * 2


def test_user_and_password_of_the_url_are_sent_and_never_shown() -> None:
    refusal = Answer(401, "no s3cr%t for me")
    with serve(script(Answer(404), Answer(body=[[1.0]]), refusal)) as server:
        service = Endpoint(server.url.replace("//", "//me:s3cr%25t@"), token="hf_secret", send_token=True)
        service.embed(["a"])
        assert server.requests[1].headers["authorization"] == "Basic bWU6czNjciV0"
        assert service.name == server.url
        with pytest.raises(CredentialError, match="the token from the URL was not accepted") as caught:
            service.embed(["a"])
    assert "s3cr" not in str(caught.value) + repr(caught.value) + repr(service)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://host:port",
        "http://host:99999999",
        "https://host/?key=s3cr3t",
        "https://host/#s3cr3t",
        "http://[::1",
        "ftp://host/s3cr3t",
    ],
)
def test_a_url_that_is_none_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(UsageError, match="URL of the embedding service") as caught:
        Endpoint(url)
    assert "s3cr3t" not in str(caught.value)


def test_a_redirect_is_not_followed() -> None:
    with (
        serve(answer_embed) as other,
        serve(script(Answer(404), Answer(308, headers={"Location": other.url}))) as server,
    ):
        with pytest.raises(UsageError, match=f"moved to {other.url}: name the new URL"):
            Endpoint(server.url).embed(["a"])
        assert not other.requests


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    with serve(serve_tei()) as server, serve(script(Answer(502))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        Endpoint(server.url).embed(["a"])
        assert not proxy.requests


def test_a_connection_is_used_again() -> None:
    with serve(serve_tei()) as server:
        service = Endpoint(server.url)
        for _ in range(5):
            service.embed(["a"])
    assert len({request.port for request in server.requests}) == 1


def answer_root(request: Request) -> Answer:
    """Answer like the default container of Inference Endpoints: at the root, and with all else unknown."""
    if (request.method, request.path) != ("POST", "/"):
        return Answer(404, {"detail": "Not Found"})
    return Answer(body={"embeddings": [make_vector(text) for text in request.json["inputs"]]})


def test_the_default_container_is_asked_at_its_root_from_then_on() -> None:
    with serve(answer_root) as server:
        service = Endpoint(server.url)
        for _ in range(3):
            assert np.array_equal(service.embed(["a"]), np.array([make_vector("a")], np.float32))
    assert [(request.method, request.path) for request in server.requests] == [
        ("GET", "/info"),
        ("POST", "/embed"),
        *[("POST", "/")] * 3,
    ]
    assert server.requests[-1].json == {"inputs": ["a"]}


def test_a_service_with_info_is_never_asked_at_its_root() -> None:
    with serve(route({"/info": script(Answer(body=INFO)), "/": answer_root})) as server:
        with pytest.raises(UsageError, match="there is no /embed"):
            Endpoint(server.url).embed(["a"])
        assert [request.path for request in server.requests] == ["/info", "/embed"]


def test_what_the_root_refuses_is_told() -> None:
    refusals = script(Answer(400, {"error": "tensors"}), Answer(503, {"error": "loading"}))
    with serve(route({"/": refusals})) as server:
        service = Endpoint(server.url)
        with pytest.raises(RefusedError, match="400: tensors"):
            service.embed(["a", "b"])
        with pytest.raises(UnavailableError, match="503: loading"):
            service.embed(["a"])
        assert [request.path for request in server.requests] == ["/info", "/embed", "/", "/embed", "/"]


@pytest.mark.parametrize(("pooling", "expected"), [("mean", [[2, 3], [5, 6]]), ("cls", [[1, 2], [5, 6]])])
def test_tokens_are_pooled_where_that_is_asked_for(pooling: str, expected: list[list[float]]) -> None:
    reply = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]]
    with serve(script(Answer(404), Answer(body=reply))) as server:
        service = Endpoint(server.url, pooling=pooling)
        assert service.embed(["a b", "c"]).tolist() == expected
        assert service.identity.pooling == pooling


def test_a_pooling_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no pooling 'max': use mean or cls"):
        Endpoint("http://127.0.0.1:1", pooling="max")


def test_a_model_that_wants_prefixes_must_be_named_before_the_first_text() -> None:
    served = "intfloat/multilingual-e5-base"
    with serve(route({"/info": script(Answer(body={"model_id": served})), "/embed": answer_embed})) as server:
        with pytest.raises(UsageError, match=f"--model {served}"):
            Endpoint(server.url).embed(["a"])
        assert Endpoint(server.url, model=served).embed(["a"]).shape == (1, 8)
