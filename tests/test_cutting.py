"""How texts are cut is said in the same way to every command that cuts them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.commandline import Command

TEXT = "Người lao động được nghỉ phép năm theo quy chế này. " * 40


@pytest.mark.parametrize(
    ("words", "environment", "size", "overlap"),
    [
        ((), {}, 400, 0),
        (("--chunk-size", "120"), {}, 120, 0),
        ((), {"CHUNK_SIZE": "150", "CHUNK_OVERLAP": "30"}, 150, 30),
        (("--chunk-size", "120", "--chunk-overlap", "20"), {"CHUNK_SIZE": "150"}, 120, 20),
    ],
)
def test_a_preview_cuts_as_a_run_does(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    words: Sequence[str],
    environment: dict[str, str],
    size: int,
    overlap: int,
) -> None:
    Path("luật").mkdir()
    Path("luật/a.txt").write_text(TEXT, encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(f"CREATE_VECTOR_DB_{name}", value)
    sources = ("--text-dir", "luật", "--embedder", "hashing", "--json", *words)
    seen, done = command("preview", *sources).json, command(*sources).json
    assert (seen["chunking"]["size"], seen["chunking"]["overlap"]) == (size, overlap)
    assert seen["datasets"][0]["lengths"]["count"] == done["added"]
    assert size - 60 < done["datasets"][0]["longest"] <= size


@pytest.mark.parametrize("words", [("--chunk-size", "many"), ("--chunk-overlap", "400")])
def test_both_refuse_the_same(command: Command, words: Sequence[str]) -> None:
    Path("luật").mkdir()
    Path("luật/a.txt").write_text(TEXT, encoding="utf-8")
    sources = ("--text-dir", "luật", "--embedder", "hashing", *words)
    seen, done = command("preview", *sources), command(*sources)
    assert (seen.code, done.code) == (2, 2)
    assert seen.err.splitlines()[-1].removeprefix("error: ") in done.err
