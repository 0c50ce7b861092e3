import gc
import importlib
import os
from collections.abc import Iterator
from typing import Any

import httpx
import huggingface_hub
import numpy as np
import pytest

from ingest.embedders import huggingface
from ingest.embedders.huggingface import HuggingFace
from ingest.errors import CredentialError, UnavailableError, UsageError
from tests.embedders.fakes import answer_embed, make_vector
from tests.loopback import Answer, Handler, Request, Server, route, script, serve

MODEL = "org/model"


def open_hf(url: str, *, provider: str = "hf-inference", token: str | None = "hf_secret") -> HuggingFace:
    return HuggingFace(MODEL, token=token, token_name="HF_API_TOKEN", provider=provider, router=url, read=0.5)


def test_one_post_to_the_full_url_and_nothing_else() -> None:
    with serve(answer_embed) as server:
        vectors = open_hf(server.url).embed(["a", "b"])
        assert np.array_equal(vectors, np.array([make_vector("a"), make_vector("b")], np.float32))
    [request] = server.requests
    assert request.method == "POST"
    assert request.path == "/hf-inference/models/org/model/pipeline/feature-extraction"
    assert request.json == {"inputs": ["a", "b"]}
    assert request.headers["authorization"] == "Bearer hf_secret"


def test_the_given_token_is_sent_and_not_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    with serve(answer_embed) as server:
        open_hf(server.url).embed(["a"])
    assert server.requests[0].headers["authorization"] == "Bearer hf_secret"


@pytest.mark.parametrize("token", [None, "", "  "])
def test_without_a_token_nothing_is_asked_and_the_way_to_one_is_told(
    token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    with serve(answer_embed) as server:
        service = open_hf(server.url, token=token)
        with pytest.raises(CredentialError, match=r"settings/tokens.*'Make calls to Inference Providers'.*HF_TOKEN"):
            service.embed(["a"])
    assert not server.requests


def test_a_rejected_token_is_told_by_its_variable() -> None:
    with (
        serve(script(Answer(401, {"error": "Invalid credentials: hf_secret"}))) as server,
        pytest.raises(CredentialError, match="token from HF_API_TOKEN was not accepted") as caught,
    ):
        open_hf(server.url).embed(["a"])
    assert "hf_secret" not in str(caught.value)


def test_no_reply_is_kept() -> None:
    def count() -> int:
        gc.collect()
        kinds = {httpx.Response, _get_library().Response}
        return sum(type(thing) in kinds for thing in gc.get_objects())

    with serve(answer_embed) as server:
        service = open_hf(server.url)
        service.embed(["a"])
        before = count()
        for _ in range(20):
            service.embed(["a"])
        assert count() <= before
        assert server.count("POST") == 21


def _get_library() -> Any:
    """Get what huggingface_hub speaks HTTP with: httpx before 2.0, httpx2 since."""
    base = next(cls for cls in huggingface_hub.errors.HfHubHTTPError.__mro__ if cls.__name__ == "HTTPError")
    return importlib.import_module(base.__module__.partition(".")[0])


def test_a_connection_is_used_again() -> None:
    with serve(answer_embed) as server:
        service = open_hf(server.url)
        for _ in range(5):
            service.embed(["a"])
    assert len({request.port for request in server.requests}) == 1


def test_telemetry_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY")
    with serve(answer_embed) as server:
        open_hf(server.url).embed(["a"])
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_offline_mode_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with serve(answer_embed) as server, pytest.raises(UsageError, match=r"HF_HUB_OFFLINE is set.*unset it"):
        open_hf(server.url).embed(["a"])
    assert not server.requests


def test_the_organisation_that_pays_is_named() -> None:
    with serve(answer_embed) as server:
        HuggingFace(MODEL, token="hf_secret", bill_to="my-org", router=server.url).embed(["a"])
        open_hf(server.url).embed(["a"])
    assert [request.headers.get("x-hf-bill-to") for request in server.requests] == ["my-org", None]


def test_an_organisation_that_no_header_holds_is_refused() -> None:
    with pytest.raises(UsageError, match="'tổ chức' of --bill-to"):
        HuggingFace(MODEL, token="hf_secret", bill_to="tổ chức")


class TestPooling:
    def _ask(self, answer: Answer, pooling: str = "mean") -> Any:
        with serve(script(answer)) as server:
            service = HuggingFace(MODEL, token="hf_secret", bill_to="my-org", pooling=pooling, router=server.url)
            assert service.identity.pooling == pooling
            try:
                return service.embed(["a b", "c"]).tolist()
            finally:
                [request] = server.requests
                assert request.path == "/hf-inference/models/org/model/pipeline/feature-extraction"
                assert request.headers["authorization"] == "Bearer hf_secret"
                assert request.headers["x-hf-bill-to"] == "my-org"
                assert request.json == {"inputs": ["a b", "c"]}

    @pytest.mark.parametrize(("pooling", "expected"), [("mean", [[2, 3], [5, 6]]), ("cls", [[1, 2], [5, 6]])])
    def test_tokens_of_texts_of_unlike_length(self, pooling: str, expected: list[list[float]]) -> None:
        assert self._ask(Answer(body=[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]]), pooling) == expected

    def test_what_is_pooled_already_stays(self) -> None:
        assert self._ask(Answer(body=[[1.0, 2.0], [3.0, 4.0]])) == [[1, 2], [3, 4]]

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (Answer(401), CredentialError),
            (Answer(503), UnavailableError),
            (Answer(200, b"<html>"), UnavailableError),
            (Answer(200, {"error": "busy"}), UnavailableError),
            (Answer(200, [["a"], ["b"]]), UnavailableError),
            (Answer(close=True), UnavailableError),
        ],
    )
    def test_failures_are_those_of_the_table(self, answer: Answer, kind: type) -> None:
        with pytest.raises(kind):
            self._ask(answer)

    def test_other_providers_pool_by_themselves(self) -> None:
        with pytest.raises(UsageError, match="scaleway pools the tokens by itself"):
            HuggingFace(MODEL, token="hf_secret", provider="scaleway", pooling="mean")


MAPPED = {
    "id": MODEL,
    "inferenceProviderMapping": {
        "scaleway": {"status": "live", "providerId": "their-model", "task": "feature-extraction"}
    },
}


class TestOtherProviders:
    """The client asks the hub who serves the model; here both the hub and the provider are the loopback server."""

    @pytest.fixture(autouse=True)
    def _forget_look_ups(self) -> Iterator[None]:
        from huggingface_hub.inference._providers import _common  # noqa: PLC0415 - where its cache is

        _common._fetch_inference_provider_mapping.cache_clear()
        yield
        _common._fetch_inference_provider_mapping.cache_clear()

    def _serve(self, monkeypatch: pytest.MonkeyPatch, server: Server) -> HuggingFace:
        from huggingface_hub.inference._providers import PROVIDERS  # noqa: PLC0415 - private, for this test only

        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
        monkeypatch.setattr(PROVIDERS["scaleway"]["feature-extraction"], "base_url", server.url)
        return open_hf(server.url, provider="scaleway", token="scaleway-key")

    def _ask(self, monkeypatch: pytest.MonkeyPatch, look_up: Handler) -> tuple[HuggingFace, Server, Exception | None]:
        def embed(request: Request) -> Answer:
            data = [{"embedding": make_vector(text)} for text in request.json["input"]]
            return Answer(body={"data": data})

        with serve(route({f"/api/models/{MODEL}": look_up, "/v1/embeddings": embed})) as server:
            service = self._serve(monkeypatch, server)
            try:
                vectors = service.embed(["a", "b"])
            except Exception as error:  # noqa: BLE001 - it is what the tests ask for
                return service, server, error
            assert np.array_equal(vectors, np.array([make_vector("a"), make_vector("b")], np.float32))
            return service, server, None

    def test_one_look_up_and_one_post(self, monkeypatch: pytest.MonkeyPatch) -> None:
        service, server, error = self._ask(monkeypatch, script(Answer(body=MAPPED)))
        assert error is None
        assert [request.method for request in server.requests] == ["GET", "POST"]
        assert server.requests[1].json["model"] == "their-model"
        assert service.name == "scaleway"

    def test_a_look_up_that_hangs_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(huggingface, "CONNECT", 0.0)
        monkeypatch.setattr(huggingface, "LOOK_UP", 0.0)
        _, server, error = self._ask(monkeypatch, script(Answer(stall=True)))
        assert isinstance(error, UnavailableError)
        assert error.timed_out
        assert server.count("POST") == 0

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (Answer(body={"id": MODEL, "inferenceProviderMapping": {}}), "org/model is not supported by provider"),
            (Answer(body={"id": MODEL}), "org/model"),
            (Answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}), "not on huggingface.co"),
            (Answer(403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"}), "private or gated"),
        ],
    )
    def test_a_model_that_is_not_served(self, monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str) -> None:
        _, server, error = self._ask(monkeypatch, script(answer))
        assert isinstance(error, UsageError)
        assert words in str(error)
        assert "\n" not in str(error)
        assert server.count("POST") == 0

    def test_a_hub_that_is_busy_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _, _, error = self._ask(monkeypatch, script(Answer(429, {"error": "slow"}, {"RateLimit": '"api";r=0;t=55'})))
        assert isinstance(error, UnavailableError)
        assert error.retry_after == 55

    def test_a_provider_that_is_none(self) -> None:
        with pytest.raises(UsageError, match="'nobody' not supported"):
            open_hf("http://127.0.0.1:1", provider="nobody").embed(["a"])

    def test_nobody_serves_the_model(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = Answer(body={"id": MODEL, "inferenceProviderMapping": {}})
        with serve(script(answer)) as server:
            monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
            with pytest.raises(UsageError, match="no provider serves 'org/model'"):
                open_hf(server.url, provider="auto").embed(["a"])
