"""What every Embedder keeps, and what `open_embedder` opens."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from ingest.concurrency import map_ordered
from ingest.embedders import DEFAULT_MODEL, open_embedder
from ingest.embedders.huggingface import HuggingFace
from ingest.embedders.unasked import Unasked
from ingest.errors import CredentialError, EmbeddingError, UsageError
from ingest.identity import CANARIES
from ingest.model import Identity, Refused
from ingest.protocols import Embedder
from tests.embedders.fakes import FakeClock, FakeService, answer_embed, make_embedder, make_unit, make_vector
from tests.loopback import Answer, Request, script, serve

TEXTS = ["Điều 1", "제1조", "Article 1"]


@pytest.fixture(params=["hf", "url", "hashing", "fake", "unasked"])
def embedder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedder]:
    with serve(answer_embed) as server:
        if request.param == "hf":
            monkeypatch.setattr("ingest.embedders.HuggingFace", partial(HuggingFace, router=server.url))
            yield open_embedder("hf", token="hf_x")
        elif request.param == "url":
            yield open_embedder(server.url)
        elif request.param == "hashing":
            yield open_embedder("hashing")
        elif request.param == "fake":
            yield make_embedder(FakeService())
        else:
            yield Unasked(Identity("m"), "unasked")


class TestEveryEmbedder:
    def test_gives_an_outcome_for_each_text_in_order(self, embedder: Embedder) -> None:
        outcomes = embedder.embed_each(TEXTS)
        assert len(outcomes) == len(TEXTS)
        for text, outcome in zip(TEXTS, outcomes, strict=True):
            [alone] = embedder.embed_each([text])
            assert not isinstance(outcome, Refused)
            assert np.array_equal(outcome, alone)  # type: ignore[arg-type] # not refused either
            assert outcome.dtype == np.float32

    def test_no_text_is_no_request(self, embedder: Embedder) -> None:
        assert list(embedder.embed_each([])) == []
        assert embedder.requests == 0

    def test_what_is_at_hand_costs_no_request_and_is_what_was_given(self, embedder: Embedder) -> None:
        given = dict(zip(TEXTS, embedder.embed_each(TEXTS), strict=True))
        asked = embedder.requests
        recalled = embedder.recall([*TEXTS, "absent"])
        assert recalled.keys() <= given.keys()
        assert all(np.array_equal(vector, given[text]) for text, vector in recalled.items())  # type: ignore[arg-type]
        assert (embedder.requests, embedder.cached) == (asked, len(recalled))
        assert not embedder.recall([])

    def test_canaries_and_query_are_of_one_dimension(self, embedder: Embedder) -> None:
        vectors = embedder.probe(CANARIES)
        assert vectors.shape[0] == len(CANARIES)
        assert embedder.encode_query("Điều 1").shape == vectors.shape[1:]

    def test_counts_its_requests(self, embedder: Embedder) -> None:
        embedder.embed_each(TEXTS)
        embedder.probe(TEXTS)
        assert embedder.requests in (0, 2)
        assert embedder.retries == 0

    def test_many_threads_may_ask(self, embedder: Embedder) -> None:
        texts = [f"text {number}" for number in range(40)]
        found = list(map_ordered(lambda text: embedder.embed_each([text])[0], texts, workers=8))
        for text, outcome in zip(texts, found, strict=True):
            assert np.array_equal(outcome, embedder.embed_each([text])[0])  # type: ignore[arg-type] # none is refused


def test_prefixes_go_before_documents_canaries_and_queries() -> None:
    with serve(answer_embed) as server:
        embedder = open_embedder(server.url, model="m", query_prefix="query: ", document_prefix="passage: ")
        embedder.embed_each(["a"])
        embedder.probe(["b"])
        embedder.encode_query("c")
        sent = [request.json["inputs"] for request in server.requests if request.method == "POST"]
    assert sent == [["passage: a"], ["passage: b"], ["query: c"]]
    assert embedder.identity == Identity("m", query_prefix="query: ", document_prefix="passage: ")


@pytest.mark.parametrize("spec", ["sagemaker:", "openai:", "ftp://host", "http:host", "hf://x", "host:8080", ""])
def test_any_other_spec_is_refused_with_what_there_is(spec: str) -> None:
    with pytest.raises(UsageError, match=r"use hf .*the http\(s\) URL.*or hashing"):
        open_embedder(spec)


def test_opening_asks_nothing_and_needs_no_token() -> None:
    assert open_embedder("hf").identity == Identity(DEFAULT_MODEL)
    assert open_embedder("hf", model="org/model", provider="scaleway").name == "scaleway"
    with serve(answer_embed) as server:
        assert open_embedder(f"{server.url}/embed").name == server.url
    assert not server.requests
    with pytest.raises(CredentialError, match="HF_TOKEN"):
        open_embedder("hf").embed_each(["a"])


def test_importing_and_opening_loads_nothing_heavy() -> None:
    code = (
        "import sys; from ingest.embedders import open_embedder;"
        "open_embedder('hf'); open_embedder('hashing'); open_embedder('https://host');"
        "print({'numpy', 'httpx', 'httpx2', 'huggingface_hub', 'ssl', 'email'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "set()"


def test_a_rough_hour_ends_with_every_vector(caplog: pytest.LogCaptureFixture) -> None:
    """Everything a service does to its clients in one run, over real connections; the poison text alone is refused."""
    clock = FakeClock()
    trouble = iter(
        [
            Answer(503, {"error": "loading"}),
            Answer(429, {"error": "slow down"}, {"Retry-After": "20"}),
            Answer(close=True),
            Answer(500),
            Answer(body=[[1.0]]),
            Answer(200, b"<html>"),
            Answer(body=[[0.0] * 8] * 8),
            Answer(502),
        ]
    )
    lock = threading.Lock()

    def behave(request: Request) -> Answer:
        inputs = request.json["inputs"] if request.body else []
        if "poison" in inputs:
            return Answer(400, {"error": "index out of range in self"})
        with lock:
            answer = next(trouble, None) if len(inputs) == 8 and "text 3" not in inputs else None
        return answer or answer_embed(request)

    texts = [f"text {number}" for number in range(64)]
    texts[5] = "poison"
    with serve(behave) as server, caplog.at_level(logging.INFO, "ingest"):
        embedder = open_embedder(server.url, clock=clock, token="hf_secret", send_token=True)
        batches = [texts[start : start + 8] for start in range(0, 64, 8)]
        outcomes = [outcome for found in map(embedder.embed_each, batches) for outcome in found]
        assert server.count("POST") == embedder.requests
    assert outcomes[5] == Refused(f"{embedder.name} answers 400: index out of range in self")
    for text, outcome in zip(texts, outcomes, strict=True):
        assert text == "poison" or np.array_equal(outcome, make_unit(text))  # type: ignore[arg-type] # not refused
    assert embedder.retries == 8 + 2  # each trouble, and 400 once for the batch and once for the text alone
    assert 20 in clock.sleeps
    assert len(caplog.messages) == 8
    assert "hf_secret" not in caplog.text


def test_one_poison_text_over_http_costs_few_requests() -> None:
    def behave(request: Request) -> Answer:
        return (
            Answer(400, {"error": "bad"}) if request.body and "7" in request.json["inputs"] else answer_embed(request)
        )

    with serve(behave) as server:
        outcomes = open_embedder(server.url, clock=FakeClock()).embed_each([str(number) for number in range(32)])
        assert [isinstance(outcome, Refused) for outcome in outcomes].count(True) == 1
        assert server.count("POST") - 1 <= 12


def test_the_limit_that_info_tells_is_learned_without_asking_too_much() -> None:
    def behave(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(body={"max_client_batch_size": 8})
        assert len(request.json["inputs"]) <= 8
        return answer_embed(request)

    with serve(behave) as server:
        embedder = open_embedder(server.url, clock=FakeClock())
        for _ in range(2):
            assert len(embedder.embed_each([str(number) for number in range(32)])) == 32
        assert server.count("POST") == 8


def test_a_service_that_is_down_for_good_ends_the_run() -> None:
    clock = FakeClock()
    with serve(script(Answer(404), Answer(500, {"error": "Internal Error"}))) as server:  # no /info, and no answer
        embedder = open_embedder(server.url, clock=clock, max_wait=60)
        with pytest.raises(EmbeddingError, match=r"in 60 s \(--max-wait\).*500: Internal Error"):
            embedder.embed_each(["a"])
    assert sum(clock.sleeps) == pytest.approx(60)


def test_what_an_endpoint_scaled_to_zero_says_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    loading = Answer(503, {"error": "Model m is currently loading", "estimated_time": 20.5})
    with (
        serve(script(Answer(404), *[Answer(502)] * 15, loading, answer_embed_once())) as server,
        caplog.at_level(logging.INFO, "ingest"),
    ):
        open_embedder(server.url, clock=clock, max_wait=60).embed_each(["a"])
    assert sum(clock.sleeps) > 10 * 20
    assert 20.5 in clock.sleeps
    assert len(caplog.messages) == 1


def test_a_body_is_never_larger_than_the_service_takes() -> None:
    sizes: list[int] = []

    def behave(request: Request) -> Answer:
        sizes.append(len(request.body))
        return answer_embed(request)

    texts = ["Điều 1. " * 30_000] * 5 + ["ngắn"] * 27 + ["x" * 3_000_000]
    with serve(behave) as server:
        outcomes = open_embedder(server.url, model="m", clock=FakeClock()).embed_each(texts)
    assert not any(isinstance(outcome, Refused) for outcome in outcomes)
    large = [size for size in sizes if size > 2_000_000]
    assert len(large) == 1, "the text that is too large alone is sent alone"
    assert len(sizes) <= 1 + 2 + 3


def answer_embed_once() -> Answer:
    return Answer(body=[make_vector("a")])


def test_unasked_answers_canaries_with_what_was_recorded() -> None:
    canaries = np.eye(2, 5, dtype=np.float32)
    unasked = Unasked(Identity("m"), "tei", canaries)
    assert unasked.probe(CANARIES) is canaries
    assert unasked.encode_query("q").shape == (5,)
    assert make_vector("a") != make_vector("b")
