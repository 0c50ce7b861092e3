"""What is shown of an origin is all that is stored of it, in its order, each row once."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunks import ANSWER
from ingest.contents import PAYLOADS, Origin
from ingest.errors import UsageError
from ingest.items import GAP, find_items, read_items
from ingest.sources import open_source
from ingest.stores import open_store
from ingest.sync import sync
from tests.fakes import CountingEmbedder, Row, RowsSource
from tests.stores.memory import WRITES, MemoryStore
from tests.test_sync import ANYTHING

FAQ = Origin("rows", "faq.json")
words = st.lists(st.sampled_from(["nghỉ", "phép", "연차", "leave.", "12", "a" * 30]), min_size=1, max_size=40)


def repeat(some: list[str], times: int) -> str:
    """Make a text that is never twice the same."""
    return " ".join(f"{word} {number}" for number in range(times) for word in some)


def fill(folder: Path, rows: list[Row]) -> MemoryStore:
    store = MemoryStore()
    source = RowsSource(folder).write({"faq.json": rows, "other.json": rows[:1]})
    sync([source], embedder=CountingEmbedder(), store=store, options=ANYTHING)
    return store


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(words, st.integers(1, 60)), min_size=1, max_size=8))
def test_each_row_is_there_once_in_order_whole_with_all_of_its_points(
    tmp_path_factory: pytest.TempPathFactory, answers: list[tuple[list[str], int]]
) -> None:
    rows = [(f"Câu {number}", repeat(some, times), "") for number, (some, times) in enumerate(answers)]
    store = fill(tmp_path_factory.mktemp("rows"), rows)
    store.calls.clear()
    shelf = find_items(store, FAQ)
    items = list(read_items(store, shelf.items))
    assert [(item.payload["question"], item.text) for item in items] == [(question, text) for question, text, _ in rows]
    assert sum(len(item.points) for item in items) == shelf.points == store.count_origins("rows")["faq.json"]
    assert shelf.complete
    assert not store.calls.keys() & WRITES


@pytest.mark.parametrize("length", [ANSWER, ANSWER + 1, 3 * ANSWER, 8 * ANSWER])
def test_an_answer_longer_than_a_point_holds_is_put_together(tmp_path: Path, length: int) -> None:
    answer = " ".join(f"từ{number}" for number in range(length))[:length].strip()
    store = fill(tmp_path, [("Dài?", answer, "")])
    (item,) = read_items(store, find_items(store, FAQ).items)
    assert item.text == answer
    assert item.as_json()["page_content"] == answer


def test_an_answer_whose_windows_fit_in_many_ways_is_not_guessed(tmp_path: Path) -> None:
    store = fill(tmp_path, [("Dài?", "nghỉ " * 2_000 + "phép", "")])
    (item,) = read_items(store, find_items(store, FAQ).items)
    assert GAP in item.text


def test_an_answer_with_a_gap_says_so(tmp_path: Path) -> None:
    answer = " ".join(f"từ{number}" for number in range(4_000))
    store = fill(tmp_path, [("Dài?", answer, "")])
    (ids,) = find_items(store, FAQ).items
    store.delete(ids[1:-1])
    (item,) = read_items(store, find_items(store, FAQ).items)
    head, tail = item.text.split(GAP)
    assert answer.startswith(head)
    assert answer.endswith(tail)


def test_a_row_is_picked_and_no_more_than_it_is_read_again(tmp_path: Path) -> None:
    store = fill(tmp_path, [(f"Câu {number}", f"Trả lời {number}", "") for number in range(3 * PAYLOADS)])
    shelf = find_items(store, FAQ, "12")
    store.calls.clear()
    (item,) = read_items(store, shelf.items)
    assert (item.text, store.calls["fetch_payloads"]) == ("Trả lời 10", 1)
    assert shelf.points == 2 * 3 * PAYLOADS


def test_items_are_read_as_they_are_taken(tmp_path: Path) -> None:
    store = fill(tmp_path, [(f"Câu {number}", f"Trả lời {number}", "") for number in range(3 * PAYLOADS)])
    found = find_items(store, FAQ).items
    store.calls.clear()
    next(read_items(store, found))
    assert store.calls["fetch_payloads"] == 1


def test_what_went_between_two_reads_is_left_out(tmp_path: Path) -> None:
    store = fill(tmp_path, [("một", "1", ""), ("hai", "2", "")])
    shelf = find_items(store, FAQ)
    store.delete(shelf.items[0])
    assert [item.text for item in read_items(store, shelf.items)] == ["2"]


@pytest.mark.parametrize("states", [{"state": None}, {"state": "another"}], ids=["one unmarked", "two marks"])
def test_an_origin_that_no_run_finished_is_incomplete(tmp_path: Path, states: dict[str, str | None]) -> None:
    store = fill(tmp_path, [("một", "1", ""), ("hai", "2", "")])
    id_, _ = find_items(store, FAQ).items[0]
    payload = store.fetch_payloads([id_])[id_]
    own = {**payload["ingest"], **states}  # type: ignore[dict-item]
    store.overwrite({id_: {**payload, "ingest": {name: value for name, value in own.items() if value}}})
    assert not find_items(store, FAQ).complete
    assert find_items(store, Origin("rows", "other.json")).complete


def test_a_place_that_is_not_there_is_a_usage_error_that_names_some(tmp_path: Path) -> None:
    store = fill(tmp_path, [("một", "1", ""), ("hai", "2", "")])
    with pytest.raises(UsageError, match=r"faq.json of rows has no '99': it has row 2 … row 3; without a place"):
        find_items(store, FAQ, "99")
    with pytest.raises(UsageError, match="the nearest are row"):
        find_items(store, FAQ, "row 22")


def test_the_embedded_store_shows_the_same(tmp_path: Path) -> None:
    rows = [(f"Câu {number}", "연차 유급휴가는 15일이다. " * (40 * number + 1), "") for number in range(4)]
    memory = fill(tmp_path / "rows", [(question, answer.strip(), source) for question, answer, source in rows])
    store = open_store(path=str(tmp_path / "store"))
    sync([RowsSource(tmp_path / "rows")], embedder=CountingEmbedder(), store=store, options=ANYTHING)
    shown, expected = ([*read_items(each, find_items(each, FAQ).items)] for each in (store, memory))
    for item in (*shown, *expected):
        item.payload["ingest"].pop("written")  # type: ignore[union-attr]  # the two may not be of one second
    assert shown == expected
    store.close()


LAW = """Chương I TIỀN LƯƠNG

Điều 8. Kỳ trả lương
1. Tiền lương được trả vào ngày 05 hằng tháng.
2. Tiền thưởng được trả vào cuối năm.

Điều 9. Hiệu lực
Quy chế này có hiệu lực từ ngày ký.
"""


@pytest.fixture
def law(tmp_path: Path) -> MemoryStore:
    folder, store = tmp_path / "laws", MemoryStore()
    folder.mkdir()
    (folder / "luật.txt").write_text(LAW, encoding="utf-8")
    options = replace(ANYTHING, chunk_size=90)
    sync([open_source("text", folder)], embedder=CountingEmbedder(), store=store, options=options)
    return store


@pytest.mark.parametrize(
    ("place", "reads"),
    [("Điều 9", 1), ("ĐIỀU 8 KHOẢN 2", 1), ("dieu 9", 2), ("Dieu 8 khoan 2", 2), ("hiệu lực", 2), ("ky tra luong", 2)],
)
def test_a_place_is_looked_for_loosely_only_where_it_is_not_there_as_typed(
    law: MemoryStore, place: str, reads: int
) -> None:
    law.calls.clear()
    items = find_items(law, Origin("laws", "luật.txt"), place).items
    text = "".join(item.text for item in read_items(law, items))
    assert "hiệu lực" in text if "9" in place or place[0] == "h" else "thưởng" in text
    assert law.calls["list_points"] == reads


@pytest.mark.parametrize(
    ("place", "nearest"),
    [
        ("Điều 9", []),
        ("dieu 9", ["Điều 9. Hiệu lực"]),
        ("kỳ trả lương", ["Điều 8 khoản 1, Điều 8. Kỳ trả lương", "Điều 8 khoản 2, Điều 8. Kỳ trả lương"]),
    ],
)
def test_what_was_taken_for_a_place_is_told(law: MemoryStore, place: str, nearest: list[str]) -> None:
    assert list(find_items(law, Origin("laws", "luật.txt"), place).nearest) == nearest


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Điều 8 khoản 7", "it has Điều 8 khoản 1 … Điều 8 khoản 2;"),
        ("điểm a Điều 9", "it has Điều 9;"),
        ("Điều 90", "the nearest are Điều 9"),
        ("thuế", "it has Điều 8 khoản 1 … Điều 9;"),
    ],
)
def test_a_place_that_is_not_there_is_refused_with_what_its_article_has(
    law: MemoryStore, place: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        find_items(law, Origin("laws", "luật.txt"), place)
