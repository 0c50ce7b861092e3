"""Whole runs against loopback services that fail as the real ones do: what each ends with, and what it leaves."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np
import pytest

from ingest import open_source, open_store, sync
from ingest.embedders.endpoint import Endpoint
from ingest.embedders.huggingface import HuggingFace
from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import CredentialError, CreditsError, EmbeddingError, ItemsSkipped
from ingest.protocols import Service
from ingest.report import Report
from tests.embedders.fakes import FakeClock, answer_embed, make_unit
from tests.loopback import Answer, Handler, Request, Server, serve

ROWS = 200
TOKEN = "hf_secretsecret"
POISON = "poison"


def write_rows(path: Path, *, poison: bool = False) -> Path:
    lines = [f"answer {row}" for row in range(ROWS)]
    if poison:
        lines[150] = f"answer 150 {POISON}"
    path.write_text("answer\n" + "\n".join(lines), encoding="utf-8")
    return path


def make_hf(url: str) -> Service:
    return HuggingFace("org/model", token=TOKEN, token_name="HF_TOKEN", router=url, read=2.0)


def make_endpoint(url: str) -> Service:
    return Endpoint(url, model="org/model", token=TOKEN, token_name="HF_TOKEN", send_token=True, read=2.0)


Make = Callable[[str], Service]
services = pytest.mark.parametrize("make", [make_hf, make_endpoint])


def run(path: Path, folder: Path, make: Make, handler: Handler, max_wait: float = 600.0) -> tuple[Report, Server]:
    store = open_store(path=str(folder))
    with serve(handler) as server:
        embedder = SteadyEmbedder(make(server.url), clock=FakeClock(), random=lambda: 0.5, max_wait=max_wait)
        report = sync([open_source("excel", path)], embedder=embedder, store=store)
    store.close()
    return report, server


def every(number: int, failure: Answer) -> Handler:
    """Fail each n-th request that embeds."""
    count, lock = 0, Lock()

    def answer(request: Request) -> Answer:
        nonlocal count
        with lock:
            count += request.method == "POST"
            fails = request.method == "POST" and count % number == 0
        return failure if fails else answer_embed(request)

    return answer


def first(number: int, failure: Answer) -> Handler:
    """Fail the first n requests that embed."""
    count, lock = 0, Lock()

    def answer(request: Request) -> Answer:
        nonlocal count
        with lock:
            count += request.method == "POST"
            fails = request.method == "POST" and count <= number
        return failure if fails else answer_embed(request)

    return answer


def check(folder: Path, rows: int) -> None:
    """Every row is there once, each with the vector of its own text."""
    store = open_store(path=str(folder))
    points = list(store.scroll())
    store.close()
    assert len({point.payload["page_content"] for point in points}) == len(points) == rows
    for point in points:
        text = str(point.payload["page_content"])
        np.testing.assert_allclose(point.vector, make_unit(text), atol=1e-5)


@services
@pytest.mark.parametrize(
    "failing",
    [
        lambda: every(3, Answer(429, headers={"Retry-After": "7"})),
        lambda: every(3, Answer(429)),
        lambda: first(4, Answer(503, {"error": "Model is currently loading", "estimated_time": 20.0})),
        lambda: every(3, Answer(500, {"error": "oops"})),
        lambda: every(4, Answer(close=True)),
        lambda: every(4, Answer(body=[[0.5] * 8] * 32, cut=True)),
        lambda: every(4, Answer(body=[[1.0] * 8])),  # one vector for many texts
        lambda: every(4, Answer(body=[[float("nan")] * 8] * 32)),
        lambda: every(4, Answer(200, "<html>gateway</html>")),
    ],
    ids=["429 Retry-After", "429", "503 loading", "500", "closed", "cut", "too few", "NaN", "HTML"],
)
def test_passing_failures_are_waited_out_and_nothing_is_lost(
    tmp_path: Path, make: Make, failing: Callable[[], Handler]
) -> None:
    report, _ = run(write_rows(tmp_path / "faq.csv"), tmp_path / "store", make, failing())
    assert report.exit_code == 0, str(report.failure)
    assert report.retries > 0
    check(tmp_path / "store", ROWS)


@services
def test_a_request_that_is_never_answered_is_given_up_and_made_again(tmp_path: Path, make: Make) -> None:
    report, _ = run(write_rows(tmp_path / "faq.csv"), tmp_path / "store", make, every(6, Answer(stall=True)))
    assert report.exit_code == 0, str(report.failure)
    check(tmp_path / "store", ROWS)


@services
@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (401, {"error": "Invalid credentials in Authorization header"}, CredentialError, "HF_TOKEN"),
        (402, {"error": "You have exceeded your monthly included credits"}, CreditsError, "credits"),
        (403, {"error": "insufficient permissions"}, CredentialError, "lacks a right"),
    ],
)
def test_what_no_waiting_mends_stops_at_once_and_keeps_what_is_written(
    tmp_path: Path, make: Make, status: int, body: object, error: type[Exception], said: str
) -> None:
    count, lock = 0, Lock()

    def answer(request: Request) -> Answer:
        nonlocal count
        with lock:
            count += request.method == "POST"
            late = count > 4  # canaries and three batches have passed by then
        return Answer(status, body) if late else answer_embed(request)

    path = write_rows(tmp_path / "faq.csv")
    report, server = run(path, tmp_path / "store", make, answer)
    assert type(report.failure) is error
    assert said in str(report.failure)
    assert TOKEN not in str(report.failure)
    assert server.count("POST") <= 4 + 4, "it went on asking"
    check(tmp_path / "store", 3 * 32)
    report, server = run(path, tmp_path / "store", make, answer_embed)
    assert report.exit_code == 0
    assert report.total("embedded") == ROWS - 3 * 32, "what was paid for was paid again"
    check(tmp_path / "store", ROWS)


@services
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_poison_text_costs_itself_alone(tmp_path: Path, make: Make, status: int) -> None:
    def answer(request: Request) -> Answer:
        if request.method == "POST" and any(POISON in text for text in request.json["inputs"]):
            return Answer(status, {"error": "inputs cannot be read"})
        return answer_embed(request)

    report, _ = run(write_rows(tmp_path / "faq.csv", poison=True), tmp_path / "store", make, answer)
    assert report.exit_code == ItemsSkipped.exit_code
    (skipped,) = report.datasets[0].skipped
    assert (skipped.origin, skipped.where) == ("faq.csv", "row 152")
    assert "inputs cannot be read" in skipped.reason
    batches = 1 + -(-ROWS // 32)
    assert report.requests <= batches + 2 * 5 + 3  # 2·log2(32), and a repeat where a refusal may pass
    check(tmp_path / "store", ROWS - 1)


@services
def test_a_service_that_never_recovers_ends_with_its_last_word(tmp_path: Path, make: Make) -> None:
    report, _ = run(write_rows(tmp_path / "faq.csv"), tmp_path / "store", make, first(10**6, Answer(503, "asleep")))
    assert type(report.failure) is EmbeddingError
    assert "asleep" in str(report.failure)
    assert not (tmp_path / "store" / "legal_rag").exists()


@services
def test_a_service_that_refuses_everything_is_not_taken_for_poisonous_texts(tmp_path: Path, make: Make) -> None:
    def answer(request: Request) -> Answer:
        source = request.method == "POST" and any("answer" in text for text in request.json["inputs"])
        return Answer(422, {"error": "no"}) if source else answer_embed(request)

    report, _ = run(write_rows(tmp_path / "faq.csv"), tmp_path / "store", make, answer)
    assert type(report.failure) is EmbeddingError
    assert "not the texts" in str(report.failure)


@services
def test_a_second_run_asks_nothing(tmp_path: Path, make: Make) -> None:
    path = write_rows(tmp_path / "faq.csv")
    run(path, tmp_path / "store", make, answer_embed)
    report, server = run(path, tmp_path / "store", make, answer_embed)
    assert (report.exit_code, report.total("unchanged"), server.requests) == (0, ROWS, [])
