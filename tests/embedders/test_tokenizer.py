"""Tokens are counted as the model reads them, without asking anyone; where they can't be, it is said why."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.concurrency import map_ordered
from ingest.embedders.tokenizer import Tokenizer, find_tokenizer
from ingest.embedders.unasked import Unasked
from ingest.identity import CANARIES
from ingest.model import Identity
from tests.embedders.tiny import write_tokenizer

TEXTS = ["điều người lao động", "근로자 휴가", "annual leave of a very long article that is longer than five words"]
TOKENS = [4 + 2, 2 + 2, 13 + 2]  # with [CLS] and [SEP]; neither cut at five nor filled up to twenty


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tokenizer(tmp_path / "tokenizer.json")
    return tmp_path


def test_every_token_counts_and_no_padding(folder: Path) -> None:
    tokenizer = Tokenizer(folder / "tokenizer.json")
    assert [tokenizer.count([text]) for text in TEXTS] == TOKENS
    assert (tokenizer.count(TEXTS), tokenizer.count([]), tokenizer.count(["\ud800"])) == (sum(TOKENS), 0, 3)


@pytest.mark.parametrize("where", ["folder", "spec", "module"])
def test_a_local_folder_has_its_own(folder: Path, where: str) -> None:
    if where == "module":
        (folder / "0_Transformer").mkdir()
        (folder / "tokenizer.json").rename(folder / "0_Transformer" / "tokenizer.json")
    found = find_tokenizer(str(folder)) if where == "folder" else find_tokenizer("model", f"local:{folder}")
    assert isinstance(found, Tokenizer)
    assert found.count(TEXTS) == sum(TOKENS)


def test_what_was_fetched_from_the_hub_is_found_without_asking(folder: Path) -> None:
    snapshot = folder / "hub" / "models--org--model" / "snapshots" / "1234"
    snapshot.mkdir(parents=True)
    (folder / "tokenizer.json").rename(snapshot / "tokenizer.json")
    (folder / "hub" / "models--org--model" / "refs").mkdir()
    (folder / "hub" / "models--org--model" / "refs" / "main").write_text("1234")
    code = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('asked')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from ingest.embedders.tokenizer import find_tokenizer\n"
        "print(find_tokenizer('org/model').count(['annual leave']), find_tokenizer('org/other'))"
    )
    environment = {**os.environ, "HF_HOME": str(folder), "HF_HUB_CACHE": str(folder / "hub")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4 the tokenizer of org/other is not on this machine"


@pytest.mark.parametrize("model", ["org/absent", "hashing-1", "no id at all", "text-embedding-3-small", "a/b/c"])
def test_a_model_that_is_not_here_is_said_to_be_not_here(model: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert find_tokenizer(model) == f"the tokenizer of {model} is not on this machine"


def test_why_there_is_none_is_one_line(folder: Path) -> None:
    assert "first answer" in str(find_tokenizer(""))
    (folder / "tokenizer.json").write_text("{}")
    said = find_tokenizer(str(folder))
    assert isinstance(said, str)
    assert said.startswith(f"the tokenizer of {folder} cannot be read: ")
    assert "\n" not in said


def test_a_dry_run_counts_the_tokens_of_documents_with_their_prefix(folder: Path) -> None:
    tokenizer = Tokenizer(folder / "tokenizer.json")
    embedder = Unasked(Identity("m", document_prefix="annual "), "tei", tokenizer=tokenizer)
    embedder.probe(CANARIES)
    list(map_ordered(lambda text: embedder.embed_each([text]), TEXTS * 10, workers=4))
    assert embedder.tokens == 10 * (sum(TOKENS) + len(TEXTS))
    assert Unasked(Identity("m"), "tei", tokenizer="it is not here").tokens == "it is not here"
