"""What a run tells a person besides its numbers."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import EmbeddingError, SourceError, UsageError
from ingest.notes import TEXTS
from ingest.protocols import Window
from ingest.report import Report
from ingest.stores.readonly import ReadOnlyStore
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, RowsSource, contents
from tests.stores.memory import MemoryStore

OCTOBER, NOVEMBER = "faq 2026-10.xlsx", "faq 2026-11.xlsx"


def make(folder: Path, name: str, answers: list[str], dataset: str | None = None, question: str = "") -> RowsSource:
    return RowsSource(folder / name, dataset=dataset or name).write(
        {"x.json": [(question, answer, "s") for answer in answers]}
    )


def run(*sources: RowsSource, store: Any, options: Options | None = None, **embedder: Any) -> Report:
    return sync(sources, embedder=CountingEmbedder(**embedder), store=store, options=options or Options())


def number(count: int, start: int = 0) -> list[str]:
    return [f"답변 {place}" for place in range(start, start + count)]


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    filled = MemoryStore()
    run(make(tmp_path, OCTOBER, number(10)), store=filled)
    filled.calls.clear()
    return filled


def find_twins(report: Report) -> list[str]:
    return [note for note in report.notes if "takes the place of that one" in note]


@pytest.mark.parametrize("dry", [False, True])
def test_a_new_dataset_that_says_what_another_one_says_is_told_with_what_to_write(
    tmp_path: Path, store: MemoryStore, dry: bool
) -> None:
    report = run(make(tmp_path, NOVEMBER, number(10, 4)), store=ReadOnlyStore(store) if dry else store)
    [note] = find_twins(report)
    for words in (
        f"{NOVEMBER} is new",
        "of 10 of its texts 6",
        f"--dataset {shlex.quote(OCTOBER)}",
        f"create-vector-db remove {shlex.quote(OCTOBER)}",
    ):
        assert words in note
    assert (report.exit_code, store.calls["count_datasets"]) == (0, 1)


def test_half_of_the_texts_are_not_most_of_them(tmp_path: Path, store: MemoryStore) -> None:
    assert not find_twins(run(make(tmp_path, NOVEMBER, number(10, 5)), store=store))


def test_only_a_new_dataset_asks_and_only_about_one_that_the_run_does_not_name(
    tmp_path: Path, store: MemoryStore
) -> None:
    both = [make(tmp_path, OCTOBER, number(10)), make(tmp_path, NOVEMBER, number(9))]
    assert not find_twins(run(*both, store=store))
    assert not find_twins(run(both[1].write({"x.json": [("질문", "답변 3", "s")] * 9}), store=store))
    assert store.calls["count_datasets"] == 0


def test_of_a_large_dataset_a_part_is_looked_at(tmp_path: Path) -> None:
    store = MemoryStore()
    run(make(tmp_path, OCTOBER, number(TEXTS * 2)), store=store)
    [note] = find_twins(run(make(tmp_path, NOVEMBER, number(TEXTS * 2)), store=store))
    assert f"of {TEXTS} of its texts {TEXTS}" in note


@pytest.mark.parametrize("dry", [False, True])
def test_datasets_that_a_run_does_not_name_are_told_even_where_it_fails(
    tmp_path: Path, store: MemoryStore, dry: bool
) -> None:
    run(make(tmp_path, "laws", ["Điều 1"]), store=store)
    empty = RowsSource(tmp_path / "empty", dataset="empty").write({})
    report = run(empty, store=ReadOnlyStore(store) if dry else store)
    assert report.exit_code == SourceError.exit_code
    assert report.notes == [f"left as they are, since this run does not name them: {OCTOBER}, laws"]
    failing = run(make(tmp_path, "laws", ["Điều 2"]), store=store, fail_after=0)
    assert failing.exit_code == EmbeddingError.exit_code
    assert failing.notes == [f"left as they are, since this run does not name them: {OCTOBER}"]


def test_another_cut_is_refused_without_a_word_to_that_effect(tmp_path: Path, store: MemoryStore) -> None:
    report = run(make(tmp_path, OCTOBER, number(10)), store=store, options=Options(chunk_size=200))
    assert report.exit_code == UsageError.exit_code
    for words in ("400", "200", "--rechunk"):
        assert words in str(report.failure)
    same = run(make(tmp_path, OCTOBER, number(10)), store=store, options=Options(chunk_size=400))
    assert (same.exit_code, same.notes) == (0, [])


@pytest.mark.parametrize("dry", [True, False])
def test_another_cut_says_how_many_texts_it_embeds(tmp_path: Path, dry: bool) -> None:
    store = MemoryStore()
    laws = make(tmp_path, "laws", [*number(10), "여름 휴가 " * 50])
    run(laws, store=store)
    options = Options(chunk_size=200, chunk_overlap=20, rechunk=True)
    report = run(laws, store=ReadOnlyStore(store) if dry else store, options=options)
    embedded = report.total("embedded")
    assert 1 < embedded < 10
    assert report.notes == [
        f"laws is cut anew, size 200 instead of 400, overlap 20 instead of 0: that embeds {embedded} texts"
    ]
    if not dry:
        assert run(laws, store=store, options=options).notes == []


class Words:
    """Counts words, and two tokens around them."""

    def count_each(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(text.split()) + 2 for text in texts]


ABSENT = "the tokenizer of m is not on this machine"


def window_of(tokens: int | None, tokenizer: Any) -> Options:
    return Options(find_window=lambda identity: Window(identity.model, tokens, tokenizer, identity.document_prefix))


@pytest.mark.parametrize("dry", [True, False])
def test_how_many_chunks_were_measured_and_the_longest(tmp_path: Path, dry: bool) -> None:
    store = MemoryStore()
    laws = make(tmp_path, "laws", ["một hai ba " * 50, "네 다섯"], question="질문")
    report = run(laws, store=ReadOnlyStore(store) if dry else store, options=window_of(128, Words()))
    [tally] = report.datasets
    assert (tally.measured, tally.longest <= 128, tally.longest > 70) == (5, True, True)
    assert report.notes == [
        f"laws: 5 chunks measured by the tokenizer of fake, the longest {tally.longest} tokens of 128"
    ]
    if not dry:
        assert run(laws, store=store, options=window_of(128, Words())).notes == []


def test_what_cannot_be_counted_is_estimated_and_stays_so(tmp_path: Path) -> None:
    store = MemoryStore()
    laws = make(tmp_path, "laws", ["근로자 휴가 " * 50], question="질문")
    [note] = run(laws, store=store, options=window_of(128, ABSENT)).notes
    assert note.startswith("laws: 4 chunks measured by their script, the longest about 1")
    assert note.endswith(f" tokens of 128; {ABSENT}. With it, --rechunk counts them")
    [note] = run(laws.write({"x.json": [("질문", "휴가", "s")]}), store=store, options=window_of(128, Words())).notes
    assert note.startswith("laws: 2 chunks measured by their script, ")
    assert "--rechunk" in note


@pytest.mark.parametrize(
    ("size", "over"), [("512t", "512 tokens"), (4_000, "4000 characters"), ("128t", ""), (600, "")]
)
def test_more_than_the_model_was_trained_on_is_said_to_be_so(tmp_path: Path, size: int | str, over: str) -> None:
    options = replace(window_of(128, Words()), chunk_size=size)
    notes = run(make(tmp_path, "laws", ["một hai"]), store=MemoryStore(), options=options).notes
    said = [note for note in notes if "trained on" in note]
    assert len(said) == bool(over)
    assert all(f"{over} are more than the 128 tokens that fake was" in note for note in said)


def test_a_tokenizer_that_is_gone_cuts_nothing_otherwise(tmp_path: Path) -> None:
    store = MemoryStore()
    laws = make(tmp_path, "laws", ["một hai ba " * 50])
    run(laws, store=store, options=window_of(128, Words()))
    before = contents(store)
    changed = laws.write({"x.json": [("질문", "một hai ba " * 60, "s")]})
    for options in (window_of(128, ABSENT), Options()):
        report = run(changed, store=store, options=options)
        assert report.exit_code == UsageError.exit_code
        assert "128 tokens" in str(report.failure)
        assert "--rechunk" in str(report.failure)
        assert contents(store) == before
    anew = run(changed, store=store, options=replace(window_of(128, ABSENT), rechunk=True))
    assert anew.exit_code == 0
    assert any("unit estimated tokens instead of tokens" in note for note in anew.notes)


def test_another_tokenizer_changes_no_cut_and_is_told(tmp_path: Path) -> None:
    store = MemoryStore()
    laws = RowsSource(tmp_path / "laws", dataset="laws").write(
        {"a.json": [("질문", "một hai ba " * 50, "s")], "b.json": [("질문", "bốn năm " * 50, "s")]}
    )

    def cut(digest: str, **options: Any) -> Report:
        window = Window("fake", 128, Words(), digest=digest)
        return run(laws, store=store, options=Options(find_window=lambda _: window, **options))

    assert len(cut("a1").notes) == 1
    assert (cut("b2").notes, cut("b2").total("embedded")) == ([], 0)
    laws.write({"a.json": [("질문", "một hai ba bốn " * 50, "s")], "b.json": [("질문", "bốn năm " * 50, "s")]})
    report = cut("b2")
    assert report.notes[1] == (
        "laws was cut by the tokenizer a1 of fake, and the one at hand is b2: files that changed are cut by that, and "
        "the rest stays as it is. --rechunk cuts all of them by it"
    )
    described: Any = store.describe()
    assert described.datasets["laws"]["chunking"]["tokenizer"] == "a1"
    anew = cut("b2", rechunk=True)
    assert anew.notes[0] == "laws is cut anew, tokenizer b2 instead of a1: that embeds 0 texts"
    assert len(anew.notes) == 2
    assert (cut("b2").notes, cut("b2").total("embedded")) == ([], 0)
