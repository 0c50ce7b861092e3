import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx
import numpy as np
import pytest

from ingest.embedders.credentials import is_hugging_face
from ingest.embedders.endpoint import Endpoint, _make_trust
from ingest.errors import CredentialError, RefusedError, UnavailableError, UsageError
from tests.embedders.fakes import answer_embed, make_vector
from tests.loopback import Answer, Handler, route, script, serve

INFO = {"model_id": "intfloat/multilingual-e5-base", "max_client_batch_size": 4, "version": "1.9.3"}


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
    refusal = pytest.raises(UsageError, match="serves intfloat/multilingual-e5-base, not BAAI/bge-m3")
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


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://x.us-east-1.aws.endpoints.huggingface.cloud", True),
        ("https://huggingface.co/x", True),
        ("https://router.huggingface.co:443/x", True),
        ("https://HUGGINGFACE.CO", True),
        ("http://router.huggingface.co", False),
        ("https://huggingface.co.evil.example", False),
        ("https://evilhuggingface.co", False),
        ("https://huggingface.co@evil.example", False),
        ("https://someone.hf.space", False),
        ("http://127.0.0.1:8080", False),
        ("https://tei.example", False),
    ],
)
def test_whose_hosts_get_the_token_unasked(url: str, ours: bool) -> None:
    assert is_hugging_face(urlsplit(url)) == ours
    assert ("authorization" in Endpoint(url, token="hf_secret")._client.headers) == ours


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


def test_other_hosts_are_reached_through_the_proxy_unless_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(serve_tei()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.invalid")
        with pytest.raises(UsageError):  # this proxy knows no absolute URL: 404
            Endpoint("http://tei.invalid").embed(["a"])
        assert [request.path for request in proxy.requests] == ["http://tei.invalid/info", "http://tei.invalid/embed"]
        client = Endpoint("http://other.invalid")._client
        assert client._transport_for_url(httpx.URL("http://other.invalid")) is client._transport


def test_a_connection_is_used_again() -> None:
    with serve(serve_tei()) as server:
        service = Endpoint(server.url)
        for _ in range(5):
            service.embed(["a"])
    assert len({request.port for request in server.requests}) == 1


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_of_the_environment_are_the_only_ones(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = Path(certifi.where()).read_text(encoding="ascii").partition("-----END CERTIFICATE-----")
    (tmp_path / "ca.pem").write_text(f"{bundle[0]}{bundle[1]}\n", encoding="ascii")
    for other in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(other, str(tmp_path / "nothing"))
    monkeypatch.setenv(name, str(tmp_path / "ca.pem" if name == "SSL_CERT_FILE" else tmp_path))
    context = _make_trust("https")
    assert isinstance(context, ssl.SSLContext)
    assert len(context.get_ca_certs()) == (name == "SSL_CERT_FILE")  # a folder is read when it is needed


def test_the_system_is_trusted_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "truststore", None)
    assert len(_make_trust("https").get_ca_certs()) > 50
    monkeypatch.undo()
    assert not _make_trust("http").get_ca_certs()
