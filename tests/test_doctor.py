"""The doctor: what it tells of settings, token, service and store, that it asks little, and that no secret shows."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingest import open_source, sync
from ingest.commands.options import Invocation, takes_settings
from ingest.doctor import examine
from ingest.doctor.findings import Check, Examination, Setting, Status
from ingest.doctor.masks import TAIL, mask_token, mask_url
from ingest.doctor.origins import trace_settings
from ingest.doctor.page import render_examination
from ingest.embedders import DEFAULT_MODEL, open_embedder
from ingest.embedders.endpoint import Endpoint
from ingest.embedders.huggingface import HuggingFace
from ingest.embedders.steady import SteadyEmbedder
from ingest.environment import TOKENS
from ingest.errors import (
    CredentialError,
    CreditsError,
    EmbeddingError,
    GuardError,
    IdentityError,
    IngestError,
    LockedError,
    SourceError,
    StoreError,
    TerminationSignal,
    UsageError,
)
from ingest.ping import Ping
from ingest.protocols import Embedder
from ingest.report import Report, Tally
from ingest.settings import Settings
from ingest.stores import open_store
from tests.embedders.fakes import DIMENSION, FakeClock, answer_embed
from tests.fakes import CountingEmbedder, contents
from tests.loopback import Answer, Handler, Server, find_free_port, route, script, serve
from tests.stores.rest import serve_qdrant

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
TOKEN = "hf_" + "abcdefghijklmnopqrstuvwxyzABCD" + "7890"
KEY = "a-key-of-qdrant"
OWN = ("CREATE_VECTOR_DB_", "QDRANT_", "HF_", "HUGGING", "EMBED", "MODEL_PROVIDER", "AWS_", "USE_HF", "COLLECTION_NAME")
ACCOUNT = {
    "type": "user",
    "name": "minh",
    "email": "minh@example.org",
    "isPro": True,
    "orgs": [{"name": "acme"}],
    "auth": {"type": "access_token", "accessToken": {"displayName": "ci", "role": "fineGrained"}},
}
USAGE = {
    "usage": {
        "inferenceProviders": {
            "usedNanoUsd": 30_000_000,
            "includedNanoUsd": 2_000_000_000,
            "limitNanoUsd": 0,
            "numRequests": 412,
        }
    }
}
WHOAMI, BILLING = "/api/whoami-v2", "/api/settings/billing/usage-v2"
HASHING = Settings(embedder="hashing")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, an empty home, nothing set, and no sleeping."""
    for name in list(os.environ):
        if name.startswith(OWN) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(logging.getLogger("ingest"), "handlers", [])  # a command sets its own
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def hub() -> Iterator[Server]:
    """Hugging Face's hub and router as one server, where everything is well."""
    with serve_hub() as server:
        yield server


@contextmanager
def serve_hub(
    whoami: Handler | None = None, billing: Handler | None = None, embed: Handler = answer_embed
) -> Iterator[Server]:
    answers = route({WHOAMI: whoami or script(Answer(body=ACCOUNT)), BILLING: billing or script(Answer(body=USAGE))})
    with serve(lambda request: answers(request) if request.path.startswith("/api/") else embed(request)) as server:
        yield server


def invoke(app: typer.Typer, words: Sequence[str] = (), env_file: Path | None = None) -> int:
    found = Invocation(env_file, Ping(words, (), warn=print), json=False)
    return CliRunner().invoke(app, list(words), obj=found, catch_exceptions=False).exit_code


def make_hf(url: str, model: str = DEFAULT_MODEL) -> Callable[[], tuple[Embedder, list[str]]]:
    """Open the embedder that `hf` names, but for its router."""
    service = HuggingFace(model, token=TOKEN, token_name="HF_TOKEN", router=url, read=2.0)
    return lambda: (SteadyEmbedder(service, clock=FakeClock(), random=lambda: 0.5), [])


def fill(embedder: Embedder, **store: Any) -> None:
    """Fill the collection that the settings of these tests name."""
    Path("faq.csv").write_text("question,answer\na,b\nc,d\n", encoding="utf-8")
    with closing(open_store(**(store or {"path": "qdrant_data"}))) as opened:
        assert sync([open_source("excel", "faq.csv")], embedder=embedder, store=opened).exit_code == 0


def fail(embedder: Embedder) -> IngestError | None:
    """Run once more, with something new to embed; give what the run ends with."""
    Path("more.csv").write_text("question,answer\nx,y\n", encoding="utf-8")
    with closing(open_store(path="qdrant_data")) as opened:
        try:
            return sync([open_source("excel", "more.csv")], embedder=embedder, store=opened).failure
        except IdentityError as error:
            return error


def pick(examination: Examination, name: str) -> Check:
    (found,) = [check for check in examination.checks if check.name == name]
    return found


def show(examination: Examination) -> str:
    """Everything that a person or a program may be shown."""
    return "\n".join([*render_examination(examination), json.dumps(examination.as_json(), ensure_ascii=False)])


def read() -> dict[str, tuple[Any, ...]]:
    with closing(open_store(path="qdrant_data")) as store:
        return contents(store)


def list_files() -> list[str]:
    return sorted(str(path) for path in Path.cwd().rglob("*"))


def test_a_setup_that_works_leaves_no_trace_and_asks_nobody() -> None:
    examination = examine(HASHING)
    assert (examination.exit_code, examination.failure, list(examination.hosts)) == (0, None, [])
    assert [check.name for check in examination.checks] == ["token", "account", "credits", "store", "disk", "embedder"]
    assert "768 dimensions" in pick(examination, "embedder").sentence
    assert "first run" in pick(examination, "store").sentence
    assert "a run would work" in show(examination)
    assert not list_files()


def test_a_collection_is_told_and_its_vectors_are_compared() -> None:
    fill(open_embedder("hashing"))
    before = read()
    examination = examine(HASHING)
    store, embedder = pick(examination, "store"), pick(examination, "embedder")
    assert examination.exit_code == 0
    assert (store.details["points"], store.details["dimension"], store.details["datasets"]) == (4, 768, ["faq.csv"])
    assert embedder.details["compared"] is True
    assert read() == before


def test_hugging_face_tells_account_and_credits_in_one_request_each(
    hub: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HUGGINGFACE_API_KEY", "hf_another_one_of_many_tokens")
    examination = examine(Settings(embedder="hf"), open_embedder=make_hf(hub.url), hub=hub.url)
    assert examination.exit_code == 0, show(examination)
    asked = [request.path.partition("?")[0] for request in hub.requests]
    assert asked[:2] == [WHOAMI, BILLING]
    assert len(asked) == 3, "one request embeds"
    assert all(request.headers["authorization"] == f"Bearer {TOKEN}" for request in hub.requests)
    assert pick(examination, "token").sentence == ("hf_…7890 from HF_TOKEN; set too, and not used: HUGGINGFACE_API_KEY")
    assert pick(examination, "account").sentence == "minh (PRO), a fineGrained token, member of acme"
    assert pick(examination, "credits").sentence == "$0.03 spent this month, $2.00 are included, 412 requests"
    embedder = pick(examination, "embedder")
    assert (embedder.details["dimension"], embedder.details["requests"]) == (DIMENSION, 1)
    assert DEFAULT_MODEL in embedder.sentence
    assert list(examination.hosts) == [urlsplit(hub.url).netloc, "router.huggingface.co"]


def test_the_credits_are_those_of_the_month(hub: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    examine(Settings(embedder="hf"), open_embedder=make_hf(hub.url), hub=hub.url)
    query = parse_qs(urlsplit(hub.requests[1].path).query)
    start, end = (datetime.fromtimestamp(int(query[name][0]), UTC) for name in ("startDate", "endDate"))
    assert (start.day, start.hour, start.minute, start.second) == (1, 0, 0, 0)
    assert (start.year, start.month) == (end.year, end.month)
    assert start <= end


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"error": f"Invalid credentials {TOKEN}"}),
        Answer(403, {"error": "no"}),
        Answer(429, {"error": "slow down"}, {"Retry-After": "300"}),
        Answer(500, "oops"),
        Answer(302, headers={"Location": "http://elsewhere.example/"}),
        Answer(200, "<html>"),
        Answer(200, []),
        Answer(200, {}),
        Answer(200, {"name": 3, "usage": {"inferenceProviders": {"usedNanoUsd": "much"}}}),
        Answer(200, {"name": "x", "orgs": 5, "auth": [], "usage": [1]}),
        Answer(200, {"name": "x", "orgs": ["acme", {"name": 3}], "auth": {"accessToken": None}, "usage": None}),
        Answer(close=True),
        Answer(200, ACCOUNT, cut=True),
    ],
    ids=lambda answer: f"{answer.status} {str(answer.body)[:20]}",
)
def test_what_the_hub_will_not_tell_fails_nothing(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serve_hub(script(answer), script(answer)) as server:
        examination = examine(Settings(embedder="hf"), open_embedder=make_hf(server.url), hub=server.url)
        assert server.count("GET") == 2, "it was asked again"
    assert examination.exit_code == 0
    assert pick(examination, "credits").status is Status.SKIPPED
    assert TOKEN not in show(examination)


@pytest.mark.parametrize("embedder", ["hashing", "http://127.0.0.1:9", "openai:http://127.0.0.1:9", "sagemaker:x"])
def test_no_token_is_shown_to_the_hub_for_a_service_that_is_not_its(
    embedder: str, hub: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fake = CountingEmbedder()
    examination = examine(Settings(embedder=embedder), open_embedder=lambda: (fake, []), hub=hub.url)
    assert hub.requests == []
    assert pick(examination, "account").status is Status.SKIPPED
    assert fake.requests == 1


@pytest.mark.parametrize(
    ("embedder", "send", "expected"),
    [
        ("hf", False, "HF_TOKEN"),
        ("local", False, "HF_TOKEN"),
        ("https://x.endpoints.huggingface.cloud", False, "HF_TOKEN"),
        ("http://x.example", False, "EMBEDDINGS_API_KEY"),
        ("openai:https://x.example/v1", True, "EMBEDDINGS_API_KEY"),
        ("hashing", False, None),
        ("sagemaker:name", False, None),
    ],
)
def test_the_credential_of_the_service_is_named(
    embedder: str, send: bool, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("EMBEDDINGS_API_KEY", KEY)
    monkeypatch.setattr("ingest.doctor.ask_account", lambda *_: Check("account", Status.SKIPPED, ""))
    monkeypatch.setattr("ingest.doctor.ask_credits", lambda *_: Check("credits", Status.SKIPPED, ""))
    settings = Settings(embedder=embedder, send_token=send)
    examination = examine(settings, open_embedder=lambda: (CountingEmbedder(), []))
    assert pick(examination, "token").details.get("from") == expected
    assert TOKEN not in show(examination)
    assert KEY not in show(examination)
    monkeypatch.delenv("EMBEDDINGS_API_KEY")
    named = pick(examine(settings, open_embedder=lambda: (CountingEmbedder(), [])), "token").details.get("from")
    assert named == ("HF_TOKEN" if send or expected == "HF_TOKEN" else None)


def test_who_is_offline_does_not_ask_the_hub(hub: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    examine(Settings(embedder="hf"), open_embedder=lambda: (CountingEmbedder(), []), hub=hub.url)
    assert hub.requests == []


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (401, CredentialError, "HF_TOKEN"),
        (402, CreditsError, "credits"),
        (403, CredentialError, "Make calls to Inference Providers"),
        (404, UsageError, DEFAULT_MODEL),
    ],
)
def test_a_service_that_refuses_ends_as_the_run_would_and_the_rest_is_told(
    status: int, error: type[IngestError], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serve_hub(embed=script(Answer(status, {"error": "no"}))) as server:
        examination = examine(Settings(embedder="hf"), open_embedder=make_hf(server.url), hub=server.url)
    embedder = pick(examination, "embedder")
    assert type(examination.failure) is error
    assert examination.exit_code == error.exit_code
    assert said in embedder.sentence
    assert embedder.hosts == ("router.huggingface.co",)
    assert [check.name for check in examination.checks if check.status is Status.FAILED] == ["embedder"]
    assert f"a run would end with exit code {error.exit_code}" in show(examination)


def test_without_an_embedder_the_way_out_is_told() -> None:
    examination = examine(Settings())
    assert examination.exit_code == UsageError.exit_code
    assert "--embedder hashing" in pick(examination, "embedder").sentence
    assert pick(examination, "store").status is Status.OK
    assert not list_files()


def test_an_example_as_the_token_fails_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_xxxxxxxxxxxxxxxxxxxxx")
    examination = examine(Settings(embedder="hf"))
    assert (examination.exit_code, pick(examination, "token").status) == (2, Status.FAILED)
    assert "HF_TOKEN" in pick(examination, "token").sentence
    assert examine(HASHING).exit_code == 0, "hashing needs none"


@pytest.mark.parametrize("other", [CountingEmbedder(model="another"), CountingEmbedder(shift=1)])
def test_another_models_vectors_are_refused_in_the_words_of_a_run(other: CountingEmbedder) -> None:
    fill(CountingEmbedder())
    examination = examine(Settings(embedder="hf"), open_embedder=lambda: (other, []))
    assert isinstance(examination.failure, IdentityError)
    assert pick(examination, "embedder").sentence == str(fail(other))
    assert other.requests == (0 if other.model == "another" else 2), "what can be known is not asked"


def test_a_trial_does_not_stand_in_the_way() -> None:
    fill(open_embedder("hashing"))
    examination = examine(Settings(embedder="hf"), open_embedder=lambda: (CountingEmbedder(), []))
    assert examination.exit_code == 0
    assert "trial" in pick(examination, "embedder").sentence


def test_a_server_is_told_with_its_version_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", KEY)
    with serve_qdrant() as server:
        settings = Settings(embedder="hashing", qdrant_url=server.url)
        assert "first run" in pick(examine(settings), "store").sentence
        fill(open_embedder("hashing"), url=server.url)
        server.requests.clear()
        examination = examine(settings)
        store = pick(examination, "store")
        assert examination.exit_code == 0
        assert (store.details["points"], store.details["version"]) == (4, "1.16.3")
        assert {(request.method, request.path.rpartition("/")[2]) for request in server.requests} == {
            ("GET", "legal_rag"),
            ("POST", "count"),
            ("GET", ""),
        }
        assert len(server.requests) == 3
        assert list(examination.hosts) == [urlsplit(server.url).netloc]
        assert "disk" not in [check.name for check in examination.checks], "the disk of a server is its own"
        assert KEY not in show(examination)


def test_a_server_that_is_too_old_to_be_filled_fails() -> None:
    with serve_qdrant(version="1.15.4") as server:
        examination = examine(Settings(embedder="hashing", qdrant_url=server.url))
    assert examination.exit_code == StoreError.exit_code
    assert "1.15.4" in pick(examination, "store").sentence


def test_a_server_that_does_not_tell_its_version_is_used_all_the_same() -> None:
    with serve_qdrant(lambda request: Answer(404) if request.path == "/" else None) as server:
        examination = examine(Settings(embedder="hashing", qdrant_url=server.url))
    assert (examination.exit_code, pick(examination, "store").details["version"]) == (0, None)


def test_a_server_out_of_reach_keeps_nothing_else_from_being_told() -> None:
    port = find_free_port()
    settings = Settings(embedder="hashing", qdrant_url=f"http://admin:pass@word@127.0.0.1:{port}")
    examination = examine(settings)
    assert examination.exit_code in (StoreError.exit_code, UsageError.exit_code)
    assert pick(examination, "embedder").status is Status.OK
    assert "pass@word" not in show(examination)
    examination = examine(Settings(embedder="hashing", qdrant_host="127.0.0.1", qdrant_port=port))
    assert examination.exit_code == StoreError.exit_code
    assert list(examination.hosts) == [f"127.0.0.1:{port}"]
    assert pick(examination, "embedder").status is Status.OK


def test_a_password_in_a_url_is_in_no_sentence() -> None:
    settings = Settings(embedder="hashing", qdrant_url="http://admin:password@host:6333", qdrant_path=Path("x"))
    examination = examine(settings)
    assert examination.exit_code == UsageError.exit_code
    assert "password" not in show(examination)


def test_a_collection_in_use_is_told_as_a_run_would() -> None:
    with closing(open_store(path="qdrant_data")):
        examination = examine(HASHING)
    assert examination.exit_code == LockedError.exit_code
    assert str(os.getpid()) in pick(examination, "store").sentence
    assert pick(examination, "disk").status is Status.OK


def test_a_full_disk_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    examination = examine(HASHING)
    assert examination.exit_code == StoreError.exit_code
    assert pick(examination, "disk").status is Status.FAILED
    assert pick(examination, "embedder").status is Status.OK


def test_a_service_that_never_answers_is_not_waited_for() -> None:
    with serve(lambda request: Answer(stall=True)) as server:
        embedder = SteadyEmbedder(Endpoint(server.url), clock=FakeClock())
        examination = examine(Settings(embedder=server.url), open_embedder=lambda: (embedder, []), patience=0.1)
        assert isinstance(examination.failure, EmbeddingError)
        assert "has not answered" in pick(examination, "embedder").sentence
        assert pick(examination, "embedder").hosts == (urlsplit(server.url).netloc,)
        examination = examine(Settings(embedder="hashing", qdrant_url=server.url), patience=0.1)
        assert isinstance(examination.failure, StoreError)
        assert pick(examination, "embedder").status is Status.OK


@pytest.mark.parametrize("end", [TerminationSignal(), KeyboardInterrupt()])
def test_a_signal_ends_the_examination(end: BaseException) -> None:
    def open_() -> tuple[Embedder, list[str]]:
        raise end

    with pytest.raises(type(end)):
        examine(HASHING, open_embedder=open_)


def test_the_folder_of_a_local_model_is_measured() -> None:
    folder = Path("model")
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"x" * 3 * 2**20)
    fake = CountingEmbedder()
    examination = examine(Settings(embedder="local", model="model"), open_embedder=lambda: (fake, []))
    assert pick(examination, "model files").sentence == "model, 3 MiB"
    assert (examination.exit_code, fake.requests) == (0, 1)
    assert list(examination.hosts) == []


def test_a_local_model_that_is_not_there_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    fake = CountingEmbedder()
    settings = Settings(embedder="local", model="org/name")
    examination = examine(settings, open_embedder=lambda: (fake, []))
    assert (examination.exit_code, fake.requests) == (0, 0)
    assert "first run fetches it" in pick(examination, "model files").sentence
    (tmp_path / "models--org--name").mkdir()
    assert pick(examine(settings, open_embedder=lambda: (fake, [])), "model files").status is Status.OK
    assert fake.requests == 1


ERRORS = [CredentialError, EmbeddingError, StoreError, IdentityError, LockedError, SourceError, GuardError, UsageError]


@given(st.lists(st.sampled_from(ERRORS)))
def test_the_exit_code_is_that_of_a_run_with_the_same_failures(kinds: list[type[IngestError]]) -> None:
    errors = [kind("it failed") for kind in kinds]
    checks = [Check("x", Status.FAILED, str(error), error=error) for error in errors]
    report = Report([Tally("x", error=error) for error in errors], requests=0, retries=0, seconds=0.0)
    examination = Examination({}, [], [Check("y", Status.OK, "well"), *checks])
    assert examination.exit_code == report.exit_code
    assert examination.failure is report.failure


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=60), st.booleans())
def test_a_masked_token_shows_its_kind_and_at_most_its_end(body: str, hugging_face: bool) -> None:
    token = f"hf_{body}" if hugging_face else body
    shown = mask_token(token)
    head, _, tail = shown.partition("…")
    assert head in ("", "hf_")
    assert len(tail) <= TAIL
    assert token.endswith(tail)
    assert len(body) - len(tail) >= 3 * len(tail), "a short token is given away"


NOISE = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=9)


@given(NOISE, NOISE, NOISE)
def test_a_masked_url_has_neither_user_nor_query(before: str, between: str, after: str) -> None:
    shown = mask_url(f"https://{before}SECRET{between}@host.example:1/path?{after}SECRET")
    assert "SECRET" not in shown
    assert shown.startswith("https://***")


def test_what_is_no_secret_of_a_url_is_shown() -> None:
    assert mask_url("https://user:pass/w@rd@host.example:1/path?key=x") == "https://***@host.example:1/path?***"
    assert mask_url("openai:http://host.example/v1") == "openai:http://host.example/v1"
    assert mask_url("plain #name?") == "plain #name?"


def test_settings_are_traced_to_flag_variable_file_or_default(monkeypatch: pytest.MonkeyPatch) -> None:
    dotenv = Path(".env").absolute()
    dotenv.write_text("COLLECTION_NAME=laws\nQDRANT_PORT=1\nHF_MODEL_ID=org/name\n", encoding="utf-8")
    for name, value in {"COLLECTION_NAME": "laws", "QDRANT_PORT": "7333", "HF_MODEL_ID": "org/name"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("QDRANT_HOST", "somewhere")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    traced: list[Setting] = []
    app = typer.Typer()

    @app.callback()
    @takes_settings
    def parent(context: typer.Context, *, settings: Settings) -> None:
        pass

    @app.command("doctor")
    @takes_settings
    def child(context: typer.Context, *, settings: Settings) -> None:
        traced.extend(trace_settings(context, settings, context.obj.env_file))

    words = ["--qdrant-grpc-port", "5", "doctor", "--send-token"]
    assert invoke(app, words, dotenv) == 0
    assert {(setting.name, setting.value, setting.origin) for setting in traced} == {
        ("--collection", "laws", f"COLLECTION_NAME in {dotenv}"),
        ("--qdrant-port", "7333", "QDRANT_PORT"),
        ("--qdrant-host", "somewhere", "QDRANT_HOST"),
        ("--qdrant-grpc-port", "5", "flag"),
        ("--send-token", "True", "flag"),
        ("--model", "org/name", f"HF_MODEL_ID in {dotenv}"),
        ("--embedder", "hf", "since HF_MODEL_ID is set"),
        ("--provider", "hf-inference", "default"),
    }
    assert len(traced) == 8


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HF_TOKEN": TOKEN}, ("hf", "since HF_TOKEN is set")),
        ({"HF_TOKEN": TOKEN, "USE_HF_API": "false"}, ("local", "since USE_HF_API is set")),
        ({"HUGGINGFACE_API_KEY_FILE": "x"}, ("hf", "since HUGGINGFACE_API_KEY_FILE is set")),
        ({"MODEL_PROVIDER": "huggingface"}, ("hf", "since MODEL_PROVIDER is set")),
        ({"HF_INFERENCE_API": "https://u:p@host/?k=1"}, ("https://***@host/?***", "since HF_INFERENCE_API is set")),
        ({}, None),
    ],
)
def test_what_chose_the_embedder_is_named(
    environ: dict[str, str], expected: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    traced: list[Setting] = []
    app = typer.Typer()

    @app.command()
    @takes_settings
    def only(context: typer.Context, *, settings: Settings) -> None:
        traced.extend(trace_settings(context, settings, context.obj.env_file))

    assert invoke(app) == 0
    found = {setting.name: (setting.value, setting.origin) for setting in traced}
    assert found.get("--embedder") == expected
    assert found["--collection"] == ("legal_rag", "default")
    assert found["--qdrant-path"] == ("qdrant_data", "default")


def test_the_defaults_that_are_told_are_those_that_are_used(hub: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    traced: list[Setting] = []
    app = typer.Typer()

    @app.command()
    @takes_settings
    def only(context: typer.Context, *, settings: Settings) -> None:
        traced.extend(trace_settings(context, settings, context.obj.env_file))

    invoke(app)
    told = {setting.name: setting.value for setting in traced}
    examination = examine(Settings(), open_embedder=make_hf(hub.url), hub=hub.url)
    store, embedder = pick(examination, "store").details, pick(examination, "embedder").details
    assert (told["--qdrant-path"], told["--collection"]) == (store["store"], store["collection"])
    assert told["--provider"] == embedder["service"]
    assert isinstance(embedder["identity"], dict)
    assert told["--model"] == embedder["identity"]["model"]


def test_the_page_has_a_line_for_each_thing_and_json_says_the_same(
    hub: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in TOKENS:
        monkeypatch.setenv(name, TOKEN)
    settings = [Setting("--collection", "laws", "flag"), Setting("--model", "org/name", "HF_MODEL_ID")]
    examination = examine(Settings(embedder="hf"), traced=settings, open_embedder=make_hf(hub.url), hub=hub.url)
    lines = list(render_examination(examination))
    assert len(lines) <= 24, "one screen"
    assert not any("\n" in line for line in lines)
    page = "\n".join(lines)
    for check in examination.checks:
        assert f"{check.name}" in page
        assert check.sentence in page
    assert "--model       org/name  HF_MODEL_ID" in page
    told = json.loads(json.dumps(examination.as_json()))
    assert [check["name"] for check in told["checks"]] == [check.name for check in examination.checks]
    assert {check["status"] for check in told["checks"]} <= {"ok", "failed", "skipped"}
    assert told["settings"][0] == {"name": "--collection", "value": "laws", "origin": "flag"}
    assert told["exit_code"] == 0
    assert TOKEN not in show(examination)
    assert "minh@example.org" not in show(examination)
