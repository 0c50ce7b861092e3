import gzip
from urllib.parse import urlsplit

import httpx
import pytest

from ingest.embedders import connection
from ingest.embedders.connection import READ, SCALE_UP, Connection
from ingest.embedders.credentials import is_hugging_face
from ingest.errors import RefusedError, UsageError
from tests.loopback import Answer, script, serve


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
    assert ("authorization" in Connection(url, token="hf_secret").open().headers) == ours


def test_other_hosts_are_reached_through_the_proxy_unless_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(script(Answer(204))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.invalid")
        Connection("http://tei.invalid").request("GET", "http://tei.invalid/info")
        assert [request.path for request in proxy.requests] == ["http://tei.invalid/info"]
        client = Connection("http://other.invalid").open()
        assert client._transport_for_url(httpx.URL("http://other.invalid")) is client._transport


@pytest.mark.parametrize(
    ("url", "held"),
    [
        ("https://x.eu-west-1.aws.endpoints.huggingface.cloud", True),
        ("https://router.huggingface.co", False),
        ("https://endpoints.huggingface.cloud.evil.example", False),
        ("http://127.0.0.1:8080", False),
    ],
)
def test_an_endpoint_that_sleeps_is_asked_to_hold_the_request(url: str, held: bool) -> None:
    assert Connection(url).open().headers.get("x-scale-up-timeout") == (str(SCALE_UP) if held else None)
    assert READ > SCALE_UP


def test_the_retired_host_is_refused() -> None:
    with pytest.raises(UsageError, match="is retired: use --embedder hf"):
        Connection("https://api-inference.huggingface.co/models/a/b")


def test_an_answer_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LARGEST", 2**20)
    with serve(script(Answer(body=b" " * 2**20), Answer(body=b" " * (2**20 + 1)))) as server:
        asked = Connection(server.url)
        assert len(asked.request("GET", server.url).content) == 2**20
        with pytest.raises(RefusedError, match="an answer of more than 1 MiB"):
            asked.request("GET", server.url)


def test_an_answer_may_be_packed() -> None:
    packed = gzip.compress(b"[[1.0]]")
    with serve(script(Answer(418, packed, {"Content-Encoding": "gzip", "Retry-After": "7"}))) as server:
        response = Connection(server.url).request("POST", server.url, {"inputs": ["a"]})
    assert (response.status_code, response.content, response.headers["retry-after"]) == (418, b"[[1.0]]", "7")
