from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import pytest

from ingest.sources import session as module
from ingest.sources.book import Book, Head, Opened, PanicError
from ingest.sources.cells import Cell
from ingest.sources.frames import pack, receive, send, unpack
from ingest.sources.session import Session, serve
from ingest.sources.unreadable import UnreadableError
from tests.sources.hostile import GOOD

SECONDS = 9.0
OPEN = {"library": "calamine", "known": True}


class Library:
    """Opens a workbook of as many sheets as `sheets`; `opened` lists those that were asked for."""

    def __init__(self, *sheets: Callable[[], Iterator[Sequence[Cell]]], cells: int = 1) -> None:
        self.sheets, self.cells = sheets, cells
        self.opened: list[int] = []

    def __call__(self, content: bytes) -> Book:
        return Book(tuple(Head(str(index), False, "") for index in range(len(self.sheets))), self.open)

    def open(self, index: int) -> Opened:
        self.opened.append(index)
        return Opened(0, self.sheets[index], self.cells)


def ask(library: Callable[[bytes], Book], *requests: dict[str, Any]) -> list[tuple[dict[str, Any], list[Any]]]:
    stream, answers = BytesIO(), BytesIO()
    for request in requests:
        send(stream, pack({**request, "seconds": SECONDS}))
        if "library" in request:
            send(stream, GOOD)
    stream.seek(0)
    limits: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(module._LIBRARIES, "calamine", library)
        serve(stream, answers, limits.append)
    assert limits == [SECONDS, 0] * len(requests), "it is limited while it works, and not while it waits"
    answers.seek(0)
    said = []
    while (head := receive(answers)) is not None:
        rows = receive(answers)
        assert rows is not None
        said.append((unpack(head), unpack(rows)))
    assert len(said) == len(requests)
    return said


def fail_with(error: BaseException) -> Callable[[bytes], Book]:
    def fail(content: bytes) -> Book:
        raise error

    return fail


def long_rows() -> Iterator[Sequence[Cell]]:
    return ([f"{number}", "x" * 1000] for number in range(1000))


def broken_rows() -> Iterator[Sequence[Cell]]:
    yield ["a"]
    raise UnreadableError("bad cell")


def test_a_panic_and_a_lack_of_memory_are_told_from_other_failures() -> None:
    for error, failed in ((PanicError("p"), "panic"), (MemoryError(), "memory"), (UnreadableError("u"), "")):
        [(answer, rows)] = ask(fail_with(error), OPEN)
        assert (answer["failed"], answer["final"], rows) == (failed, False, [])


def test_what_an_answer_says_that_it_used_is_the_time_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1.0, 1.5, 3.0, 3.25])
    monkeypatch.setattr(module, "process_time", times.__next__)
    said = ask(Library(lambda: iter([["a"]])), OPEN, {"sheet": 0, "name": "0", "row": 0})
    assert [answer["used"] for answer, _ in said] == [0.5, 0.25]


def test_a_bug_is_not_taken_for_a_defect_of_the_workbook() -> None:
    with pytest.raises(RuntimeError):
        ask(fail_with(RuntimeError()), OPEN)


def test_rows_before_a_bad_one_are_given_with_the_error() -> None:
    _, (answer, rows) = ask(Library(broken_rows), OPEN, {"sheet": 0, "name": "0", "row": 0})
    assert (answer["error"], rows) == ("bad cell", [["a"]])


def test_a_block_is_bounded_and_the_next_goes_on_where_it_ended() -> None:
    library = Library(long_rows)
    _, (first, rows) = ask(library, OPEN, {"sheet": 0, "name": "0", "row": 0})
    assert not first["end"]
    assert 200 < len(rows) < 300
    library.opened.clear()
    *_, (second, more) = ask(
        library, OPEN, {"sheet": 0, "name": "0", "row": 0}, {"sheet": 0, "name": "0", "row": first["row"]}
    )
    assert more[0][0] == str(len(rows))
    assert second["row"] == len(rows) + len(more)
    assert library.opened == [0], "it is not read again"


def test_a_sheet_is_started_again_where_another_place_is_asked_for() -> None:
    library = Library(long_rows)
    *_, (_, rows) = ask(library, OPEN, {"sheet": 0, "name": "0", "row": 0}, {"sheet": 0, "name": "0", "row": 7})
    assert rows[0][0] == "7"
    assert library.opened == [0], "it is not parsed again"


def test_the_sheet_that_was_read_last_is_held_and_no_other() -> None:
    def ask_for(*indexes: int) -> list[int]:
        library = Library(lambda: iter([["a"]]), lambda: iter([["b"]]))
        ask(library, OPEN, *({"sheet": index, "name": str(index), "row": 0} for index in indexes))
        return library.opened

    assert ask_for(0, 0, 1, 1) == [0, 1]
    assert ask_for(0, 1, 0) == [0, 1, 0]


def test_sheets_that_are_large_together_are_not_held_together() -> None:
    _, (first, _) = ask(Library(long_rows), OPEN, {"sheet": 0, "name": "0", "row": 0})
    requests = [{"sheet": index, "name": str(index), "row": row} for index, row in ((0, 0), (1, 0), (0, first["row"]))]
    for cells, opened in ((module.DENSE // 2, [0, 1, 0]), (module.DENSE // 3, [0, 1])):
        library = Library(long_rows, long_rows, cells=cells + 1)
        *_, (_, rows) = ask(library, OPEN, *requests)
        assert rows[0][0] == str(first["row"])
        assert library.opened == opened


def test_a_row_without_measure_is_refused() -> None:
    _, (answer, rows) = ask(
        Library(lambda: iter([["a"], ["x" * (17 << 20)]])), OPEN, {"sheet": 0, "name": "0", "row": 0}
    )
    assert "row 2 holds 17,825,796 bytes; split" in answer["error"]
    assert rows == [["a"]]


def test_a_request_that_is_cut_off_ends_it() -> None:
    stream, answers = BytesIO(), BytesIO()
    send(stream, pack(OPEN))
    stream.seek(0)
    serve(stream, answers, lambda seconds: None)
    assert answers.getvalue() == b""


def test_rows_are_asked_of_an_open_workbook_only() -> None:
    with pytest.raises(AssertionError):
        Session().read(0, "0", 0, [])


def test_a_sheet_is_found_by_its_name_where_the_places_differ() -> None:
    library = Library(lambda: iter([["a"]]), lambda: iter([["b"]]))
    _, *answers = ask(library, OPEN, {"sheet": 2, "name": "1", "row": 0}, {"sheet": 0, "name": "2", "row": 0})
    assert answers[0][1] == [["b"]]
    assert 'sheet "2" was not found' in answers[1][0]["error"]


def test_merged_ranges_that_a_library_tells_are_marked_where_no_xml_does() -> None:
    session = Session()
    session._book = Book(
        (Head("A", hidden=False, kind=""),), lambda _: Opened(2, lambda: iter([["x"], [""]]), 2, [((0, 2), (1, 2))])
    )
    block: list[bytes] = []
    session.read(0, "A", 0, block)
    assert [unpack(packed) for packed in block] == [["x"], [["Covered", ""]]]
