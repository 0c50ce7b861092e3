"""The command as a test calls it: in an empty folder, with an empty home and nothing set."""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.cli import main

OWN = ("CREATE_VECTOR_DB_", "QDRANT_", "HF_", "HUGGING", "EMBED", "MODEL_PROVIDER", "AWS_", "USE_HF", "COLLECTION_NAME")


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, in an empty folder with an empty home and nothing set."""
    for name in list(os.environ):
        if name.startswith(OWN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home" / "hf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))
    monkeypatch.setattr("ingest.embedders.window.fetch_tokenizer", lambda _: "tests ask nobody")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*words: str) -> Outcome:
        before = dict(os.environ)
        try:
            code = main(words)
        finally:
            os.environ.clear()
            os.environ.update(before)
            logging.getLogger("ingest").handlers.clear()  # they write to what capsys is about to close
        return Outcome(code, *capsys.readouterr())

    return call


def write_faq(name: str = "faq.csv", rows: int = 3) -> Path:
    path = Path(name)
    lines = [f"Câu hỏi {name} số {row}?,Trả lời {row} của {name}" for row in range(rows)]
    path.write_text("Câu hỏi,Trả lời\n" + "\n".join(lines), encoding="utf-8")
    return path
