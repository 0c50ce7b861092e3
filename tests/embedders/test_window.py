"""The window of a model is the smallest that is known of it, and a tokenizer is at hand or it is said why not."""

import json
from pathlib import Path

import pytest

from ingest.embedders import DEFAULT_MODEL
from ingest.embedders.tokenizer import Tokenizer
from ingest.embedders.window import find_window
from ingest.model import Identity
from tests.embedders.tiny import write_folder, write_tokenizer


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
    assert window.tokenizer == f"the tokenizer of {model} is not on this machine"


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
