"""The window of a model is the smallest that is known of it, and a tokenizer is at hand or it is said why not."""

import hashlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.embedders import DEFAULT_MODEL
from ingest.embedders.tokenizer import Tokenizer, fetch_tokenizer
from ingest.embedders.window import find_window
from ingest.model import Identity
from tests.embedders.tiny import write_folder, write_tokenizer
from tests.loopback import Answer, Handler, Request, Server, find_free_port, script, serve

MODEL = Identity("org/model")


def test_hashing_reads_a_text_of_any_length() -> None:
    assert find_window(Identity("hashing-1")) is None


@pytest.mark.parametrize(
    ("model", "tokens"), [(DEFAULT_MODEL, 128), ("intfloat/multilingual-e5-base", 512), ("org/unheard-of", None)]
)
def test_without_its_files_a_window_is_that_of_the_table(
    model: str, tokens: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    window = find_window(Identity(model, document_prefix="passage: "))
    assert window
    assert (window.model, window.tokens, window.prefix) == (model, tokens, "passage: ")
    assert window.fetch is None
    assert window.tokenizer == (
        f"the tokenizer of {model} is not on this machine; a run that cuts anew asks huggingface.co for it"
    )
    assert "asks" not in str(getattr(find_window(Identity(model), "http://127.0.0.1"), "tokenizer", "asks"))


def test_a_folder_says_its_own(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", window=12)
    window = find_window(Identity("model"), f"local:{folder}")
    assert window
    assert (window.tokens, type(window.tokenizer)) == (12, Tokenizer)
    write_folder(folder, window=None)
    window = find_window(Identity("model"), f"local:{folder}")
    assert window
    assert window.tokens == 30  # of tokenizer_config.json, which is less than the positions


def test_what_the_files_allow_beyond_the_training_does_not_count(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", window=512)
    window = find_window(Identity(DEFAULT_MODEL), f"local:{folder}")
    assert window
    assert window.tokens == 128


def test_a_tokenizer_alone_says_nothing_of_the_window(tmp_path: Path) -> None:
    write_tokenizer(tmp_path / "tokenizer.json")
    window = find_window(Identity(str(tmp_path)))
    assert window
    assert (window.tokens, type(window.tokenizer)) == (None, Tokenizer)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10**30}))
    window = find_window(Identity(str(tmp_path)))
    assert window
    assert window.tokens is None


def point_at(url: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let huggingface_hub ask a URL, with an empty cache."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    for module in ("constants", "file_download"):
        if hasattr(importlib.import_module(f"huggingface_hub.{module}"), "HUGGINGFACE_CO_URL_TEMPLATE"):
            monkeypatch.setattr(f"huggingface_hub.{module}.HUGGINGFACE_CO_URL_TEMPLATE", template)


def publish(folder: Path) -> Handler:
    """Answer as the hub does for the files of one model."""

    def answer(request: Request) -> Answer:
        name = request.path.partition("/org/model/resolve/main/")[2]
        if not name or not (folder / name).is_file():
            return Answer(404, headers={"X-Error-Code": "EntryNotFound" if name else "RepoNotFound"})
        content = (folder / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return Answer(200, content, {"ETag": f'"{digest}"', "X-Repo-Commit": "1" * 40})

    return answer


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve(publish(write_folder(tmp_path / "model", window=12))) as server:
        point_at(server.url, tmp_path / "hub", monkeypatch)
        yield server


@pytest.mark.parametrize("spec", ["", "hf"])
def test_a_run_may_fetch_the_tokenizer_once_and_sends_no_token(hub: Server, spec: str, tmp_path: Path) -> None:
    window = find_window(MODEL, spec, fetch=True)
    assert window
    assert window.fetch
    assert (window.tokens, window.tokenizer, hub.requests) == (
        None,
        "the tokenizer of org/model is not on this machine",
        [],
    )
    fetched = window.fetch()
    assert isinstance(fetched.tokenizer, Tokenizer)
    digest = hashlib.sha256((tmp_path / "model" / "tokenizer.json").read_bytes()).hexdigest()
    assert (fetched.tokens, fetched.digest) == (12, digest[:12])
    assert hub.requests
    assert not any("authorization" in request.headers for request in hub.requests)
    asked = len(hub.requests)
    assert window.fetch() is fetched
    again = find_window(MODEL, spec, fetch=True)
    assert again
    assert (again.digest, again.tokens, again.fetch, len(hub.requests)) == (fetched.digest, 12, None, asked)


@pytest.mark.parametrize("spec", ["http://127.0.0.1:1", "openai:http://127.0.0.1:1", "sagemaker:a", "local:org/model"])
def test_the_hub_is_not_asked_for_the_model_of_another_service(hub: Server, spec: str) -> None:
    window = find_window(MODEL, spec, fetch=True)
    assert window
    assert (window.fetch, window.tokenizer) == (None, "the tokenizer of org/model is not on this machine")
    assert not hub.requests


@pytest.mark.parametrize("model", ["no id at all", "a/b/c", ""])
def test_what_is_no_id_is_not_asked_for(hub: Server, model: str) -> None:
    window = find_window(Identity(model), "hf", fetch=True)
    assert window
    assert window.fetch is None
    assert not hub.requests


@pytest.mark.parametrize(
    "handler",
    [
        script(Answer(404, headers={"X-Error-Code": "RepoNotFound"})),
        script(Answer(401, headers={"X-Error-Code": "GatedRepo"})),
        script(Answer(503, "busy")),
        script(Answer(close=True)),
        script(Answer(stall=True)),
        None,
    ],
    ids=["404", "401", "503", "closed", "stalled", "refused"],
)
def test_a_hub_that_does_not_give_it_costs_one_question_and_a_line(
    handler: Handler | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ingest.embedders.tokenizer._ANSWER", 0.5)
    with serve(handler or script(Answer())) as server:
        url = server.url if handler else f"http://127.0.0.1:{find_free_port()}"
        point_at(url, tmp_path / "hub", monkeypatch)
        window = find_window(MODEL, "hf", fetch=True)
        assert window
        assert window.fetch
        for _ in range(2):
            assert window.fetch().tokenizer == "the tokenizer of org/model is not on this machine"
        assert len(server.requests) == (1 if handler else 0)
    [record] = caplog.records
    assert record.message.startswith("the tokenizer of org/model is not on this machine and was not fetched: ")
    assert "\n" not in record.message
    assert "secret" not in record.message


def test_offline_nobody_is_asked(hub: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert fetch_tokenizer("org/model") == "HF_HUB_OFFLINE is set"
    assert not hub.requests
