"""A run cuts by the window of its model, says so, and keeps to what it recorded."""

import json
from pathlib import Path

import pytest

from ingest.errors import UsageError
from tests.commandline import Command, command
from tests.embedders.tiny import write_folder

__all__ = ["command"]
TEXT = "Điều 1. Nghỉ phép\n" + "điều người lao động 근로자 휴가 article annual leave\n" * 20


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Command:
    folder = write_folder(tmp_path / "model", window=40)
    Path("texts").mkdir()
    Path("texts", "luật.md").write_text(TEXT, encoding="utf-8")
    words = ("--text-dir", "texts", "--embedder", f"local:{folder}", "--json")
    return lambda *more: command(*more[:1], *words, *more[1:]) if more[:1] == ("verify",) else command(*words, *more)


def test_the_window_of_a_folder_is_measured_by_its_own_tokenizer(run: Command) -> None:
    first = run()
    [dataset] = first.json["datasets"]
    assert (first.code, dataset["measured"]) == (0, first.json["added"])
    assert 20 < dataset["longest"] <= 40
    assert f"{dataset['measured']} chunks measured by the tokenizer of model" in first.json["notes"][0]
    again = run()
    assert (again.code, again.json["embedded"], again.json["notes"]) == (0, 0, [])
    assert run("verify").code == 0


def test_without_the_tokenizer_nothing_is_compared_with_another_cut(run: Command, command: Command) -> None:
    assert run().code == 0
    unseen = command("verify", "--text-dir", "texts", "--json")
    [dataset] = unseen.json["datasets"]
    assert unseen.code == UsageError.exit_code
    for words in ("cut into chunks of 40 tokens", "--embedder local:FOLDER", "--rechunk"):
        assert words in dataset["error"]


def test_another_tokenizer_cuts_nothing_anew_by_itself_and_is_not_compared_with(run: Command, tmp_path: Path) -> None:
    assert run().code == 0
    [file] = (tmp_path / "model").rglob("tokenizer.json")
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    again = run()
    assert (again.code, again.json["embedded"], again.json["notes"]) == (0, 0, [])
    verified = run("verify")
    assert verified.code == UsageError.exit_code
    for words in ("was cut by the tokenizer ", "the one at hand is ", "--rechunk"):
        assert words in verified.json["datasets"][0]["error"]
    anew = run("--rechunk")
    assert (anew.code, anew.json["embedded"]) == (0, 0)
    assert "tokenizer" in anew.json["notes"][0]
    assert run("verify").code == 0


def test_another_size_than_recorded_wants_rechunk(run: Command) -> None:
    assert run("--chunk-size", "400").code == 0
    assert run().json["datasets"][0]["measured"] == 0, "what was cut by characters stays so"
    refused = run("--chunk-size", "30t")
    assert refused.code == UsageError.exit_code
    assert "400 characters, not 30 tokens" in json.dumps(refused.json)
    anew = run("--chunk-size", "30t", "--rechunk")
    assert (anew.code, anew.json["datasets"][0]["longest"] <= 30) == (0, True)
    assert run("--chunk-size", "30t").json["embedded"] == 0


@pytest.mark.parametrize("size", ["many", "12t", "39", "1.5", "30 words"])
def test_a_size_that_is_none_is_refused_before_anything_is_opened(run: Command, size: str) -> None:
    refused = run("--chunk-size", size)
    assert refused.code == UsageError.exit_code
    assert refused.err.startswith("error: chunk size")
    assert not Path("qdrant_data").exists()


def test_a_dry_run_measures_like_the_run_that_follows(run: Command) -> None:
    dry, real = run("--dry-run"), run()
    assert dry.json["datasets"][0]["longest"] == real.json["datasets"][0]["longest"]
    assert dry.json["notes"] == real.json["notes"]


def test_hashing_is_cut_by_characters(command: Command) -> None:
    Path("texts").mkdir()
    Path("texts", "luật.md").write_text(TEXT, encoding="utf-8")
    done = command("--text-dir", "texts", "--embedder", "hashing", "--json")
    [dataset] = done.json["datasets"]
    assert (done.code, dataset["longest"] > 300, dataset["longest"] <= 400) == (0, True, True)
    assert not [note for note in done.json["notes"] if "measured" in note]
