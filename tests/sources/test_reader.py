"""Every library that reads workbooks, through the process that it reads them in; and how that process may end."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from itertools import count, islice
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Json
from ingest.sources import reader as module
from ingest.sources.book import CHART, Head
from ingest.sources.cells import write_json
from ingest.sources.limits import Limits
from ingest.sources.reader import LIBRARIES, Reader
from ingest.sources.sheet import Row
from ingest.sources.unreadable import UnreadableError
from tests.sources.hostile import GOOD, ROWS, SHEET, add_far_cells, replace_part
from tests.sources.workbooks import Value, make_workbook

MEMORY = 300 << 20  # bytes; the process begins with 35 MB of addresses
MUTE = [sys.executable, "-c", "import sys; sys.stdin.buffer.read()"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="no process counts its time there")
linux = pytest.mark.skipif(sys.platform != "linux", reason="no such limit elsewhere")
Cells = Mapping[int, Mapping[int, Json]]


@pytest.fixture(scope="module", params=LIBRARIES)
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    with closing(Reader(libraries=[request.param])) as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[Reader]:
    with closing(Reader()) as made:
        yield made


@pytest.fixture
def small() -> Iterator[Reader]:
    with closing(Reader(Limits(memory=MEMORY))) as made:
        yield made


@pytest.fixture
def dense() -> Iterator[Reader]:
    """What reads by calamine alone, which holds blank cells too."""
    with closing(Reader(Limits(memory=MEMORY), libraries=["calamine"])) as made:
        yield made


def place(opened: tuple[int, Iterator[Row]]) -> Cells:
    """The filled cells of a sheet by row and column, counted from 1 and from 0, as JSON."""
    first, rows = opened
    found: dict[int, dict[int, Json]] = {}
    for expected, row in enumerate(rows, start=1):
        assert row.number == expected
        values: dict[int, Json] = {
            first + at: value for at, cell in enumerate(row.cells) if (value := write_json(cell)) is not None
        }
        if values:
            found[row.number] = values
    return found


def read(reader: Reader, content: bytes, index: int = 0) -> Cells:
    return place(reader.read(reader.open(content), index))


def texts(rows: Sequence[Sequence[str]]) -> Cells:
    return {number: dict(enumerate(row)) for number, row in enumerate(rows, start=1)}


def test_every_kind_of_cell_is_read_alike(reader: Reader) -> None:
    values: list[Value] = [
        *("Điều 1", 2024, 0.5, -1e300, True, False, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4)),  # noqa: DTZ001 - cells have no zone
        *(time(3, 4), timedelta(hours=36), ValueError("#N/A"), None, " ", "007", "a_x000D_b", "x" * 50_000),
    ]
    assert read(reader, make_workbook({"A": [values]}, corner=(2, 3))) == {
        3: {
            3: "Điều 1",
            4: 2024,
            5: 0.5,
            6: -1e300,
            7: True,
            8: False,
            9: "2024-01-02",
            10: "2024-01-02T03:04:00",
            11: "03:04:00",
            12: "36:00:00",
            16: "007",
            17: "a\nb",
            18: "x" * 50_000,
        }
    }


xml_texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="_\ufffe\uffff"), max_size=9)
values = st.one_of(st.none(), xml_texts, st.booleans(), st.integers(-(2**31), 2**31))


@given(
    st.lists(st.lists(values, max_size=4), max_size=6),
    st.tuples(st.integers(0, 40), st.integers(0, 30)),
)
def test_every_cell_is_read_once_where_it_stands(
    reader: Reader, rows: list[list[Value]], corner: tuple[int, int]
) -> None:
    expected: dict[int, dict[int, Json]] = {}
    for number, row in enumerate(rows, start=corner[0] + 1):
        for column, value in enumerate(row, start=corner[1]):
            if value is not None and (written := write_json(value)) is not None:  # type: ignore[arg-type] # no exceptions here
                expected.setdefault(number, {})[column] = written
    assert read(reader, make_workbook({"A": rows}, corner=corner)) == expected


def test_sheets_are_listed_in_their_order_with_what_they_are(reader: Reader) -> None:
    rows = [["Q", "A"]]
    content = make_workbook(
        {"Một": rows, "숨김": rows, "Rất ẩn": []}, states={"숨김": "hidden", "Rất ẩn": "veryHidden"}
    )
    assert reader.open(content).heads == (Head("Một", False, ""), Head("숨김", True, ""), Head("Rất ẩn", True, ""))


def test_a_chart_is_no_sheet_of_rows(dense: Reader) -> None:  # openpyxl opens none without a drawing
    assert [head.kind for head in dense.open(make_workbook({"A": []}, charts=["Biểu đồ"])).heads] == ["", CHART]


def test_the_rows_in_which_a_header_is_looked_for_are_equally_wide(reader: Reader) -> None:
    _, rows = reader.read(reader.open(make_workbook({"A": [["a"], [], ["a", "b", "c"]]})), 0)
    assert {len(row.cells) for row in rows} == {3}


def test_damage_is_told_and_the_next_workbook_is_read(reader: Reader) -> None:
    with pytest.raises(UnreadableError, match="could not be read"):
        read(reader, replace_part(SHEET, lambda data: data[: len(data) // 2]))
    assert read(reader, GOOD) == texts(ROWS)


def test_beside_a_damaged_sheet_the_others_are_read(fresh: Reader) -> None:
    book = fresh.open(replace_part(SHEET, lambda data: data[: len(data) // 2]))
    with pytest.raises(UnreadableError, match="could not be read"):
        place(fresh.read(book, 0))
    assert place(fresh.read(book, 1)) == texts([["질문", "답변"], ["왜?", "그래서"]])


def test_one_process_reads_many_workbooks(fresh: Reader) -> None:
    for number in range(20):
        assert read(fresh, make_workbook({"A": [["a", number]]})) == {1: {0: "a", 1: number}}
    assert fresh.started == 1


def make_long(word: str) -> list[list[str]]:
    """Rows that fill several answers."""
    return [[f"{word} {number}", "x" * 500] for number in range(3000)]


def test_workbooks_and_sheets_are_read_side_by_side(fresh: Reader) -> None:
    first, second, third = make_long("một"), make_long("hai"), make_long("셋")
    one = fresh.open(make_workbook({"A": first, "B": second}))
    sheets = [fresh.read(one, 0)[1], fresh.read(one, 1)[1], fresh.read(fresh.open(make_workbook({"C": third})), 0)[1]]
    found: list[list[Sequence[object]]] = [[], [], []]
    while any(taken := [list(islice(rows, 700)) for rows in sheets]):
        for rows, more in zip(found, taken, strict=True):
            rows += [row.cells for row in more]
    assert found == [first, second, third]
    assert fresh.started == 1


def test_a_sheet_that_is_left_unread_costs_the_next_one_nothing(fresh: Reader) -> None:
    next(fresh.read(fresh.open(make_workbook({"A": make_long("một")})), 0)[1])
    assert read(fresh, GOOD) == texts(ROWS)


def test_after_a_large_workbook_the_memory_is_given_back(fresh: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGE", len(GOOD) - 1)
    read(fresh, GOOD)
    read(fresh, GOOD)
    assert fresh.started == 2


def test_the_columns_that_may_be_mixed_are_known_without_their_rows(reader: Reader) -> None:
    rows: list[list[Value]] = [["a", "b", "c", "d"], [1, "x", True, date(2024, 1, 2)], ["y", "z", 2, "w"], [None, 0.5]]
    book = reader.open(make_workbook({"A": rows}, corner=(2, 1)))
    assert reader.survey(book, 0, 0) is None, "no library has read it"
    first, reading = reader.read(book, 0)

    def survey(row: int) -> set[int]:
        found = reader.survey(book, 0, row)
        assert found is not None
        return {first + column for column in found}

    assert [survey(row) for row in (0, 3, 4, 5, 6)] == [{1, 2, 3}, {1, 2, 3}, {2}, set(), set()]
    assert len(place((first, reading))) == 4, "the rows that are being read are not disturbed"


def test_a_process_that_died_in_between_is_no_fault_of_a_workbook(fresh: Reader) -> None:
    rows = make_long("một")
    _, reading = fresh.read(fresh.open(make_workbook({"A": rows})), 0)
    begun = list(islice(reading, 30))
    kill(fresh)
    assert [row.cells for row in [*begun, *reading]] == rows
    kill(fresh)
    assert read(fresh, GOOD) == texts(ROWS)
    assert fresh.started == 3


def kill(reader: Reader) -> None:
    assert reader._child
    reader._child.kill()
    reader._child.wait()


def test_a_process_that_says_nothing_is_ended_and_no_other_library_is_asked() -> None:
    reader = Reader(Limits(seconds=0.01), command=MUTE)
    for _ in range(2):
        with pytest.raises(UnreadableError, match=r"no answer for 0\.\d+ seconds; run again when .*, or delete"):
            reader.open(GOOD)
    assert reader.started == 2
    assert reader._child is None


@posix
def test_a_process_that_works_too_long_ends_itself_and_no_other_library_is_asked() -> None:
    """It is the system that counts: calamine works for seconds without a look at what Python would do."""
    with closing(Reader(Limits(seconds=0.001, seconds_per_megabyte=0, patience=60_000))) as reader:
        for started in (1, 2):
            with pytest.raises(UnreadableError, match=r"took more than 0\.001 seconds of processor time; delete"):
                read(reader, make_workbook({"A": make_long("một")}))
            assert reader.started == started


@posix
def test_after_a_workbook_that_worked_too_long_the_next_is_read(fresh: Reader) -> None:
    book = fresh.open(make_workbook({"A": make_long("một")}))
    book.left = 0.001
    with pytest.raises(UnreadableError, match="seconds of processor time"):
        place(fresh.read(book, 0))
    assert read(fresh, GOOD) == texts(ROWS)


def test_the_seconds_are_those_of_the_whole_workbook(fresh: Reader) -> None:
    book = fresh.open(GOOD)
    assert place(fresh.read(book, 0))
    book.left = 0
    for index in (0, 1):
        with pytest.raises(UnreadableError, match="took more than 15"):
            fresh.read(book, index)
    assert fresh.started == 1


WORKING = """
import sys
from ingest.sources.frames import pack, receive, send
for used in (1.5, 2.25):
    receive(sys.stdin.buffer), receive(sys.stdin.buffer)
    send(sys.stdout.buffer, pack({"sheets": [], "used": used}))
    send(sys.stdout.buffer, pack([]))
"""


def test_what_a_workbook_used_is_what_its_process_says(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = count(0.0, 3600.0)
    monkeypatch.setattr(module, "monotonic", hours.__next__)
    with closing(Reader(command=[sys.executable, "-c", WORKING])) as reader:
        for used in (1.5, 2.25):
            assert Limits().allow(GOOD) - reader.open(GOOD).left == pytest.approx(used)


def test_one_who_reads_slowly_loses_no_row(fresh: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run does with a row, embedding it mostly, is no time of the workbook's."""
    watched: list[bool] = []
    hours = count(0.0, 3600.0)

    @contextmanager
    def watch(process: object, seconds: float) -> Iterator[Event]:
        watched.append(True)
        yield Event()
        watched.pop()

    monkeypatch.setattr(module, "watch", watch)
    monkeypatch.setattr(module, "monotonic", hours.__next__)
    rows = make_long("một")
    read = []
    for row in fresh.read(fresh.open(make_workbook({"A": rows})), 0)[1]:
        assert not watched
        read.append(row.cells)
    assert read == rows
    assert fresh.started == 1


def test_a_process_that_died_without_a_word_leaves_half_of_the_time_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hours = count(0.0, 3600.0)
    monkeypatch.setattr(module, "monotonic", hours.__next__)
    asked: list[float] = []

    def pack(request: Mapping[str, float]) -> bytes:
        asked.append(request["seconds"])
        return b""

    monkeypatch.setattr(module, "pack", pack)
    with pytest.raises(UnreadableError, match="ended the reader"):
        Reader(Limits(seconds=8, seconds_per_megabyte=0), command=[sys.executable, "-c", ""]).open(GOOD)
    assert asked == [8, 4]


def test_the_seconds_of_a_workbook_grow_with_its_file() -> None:
    assert Limits().allow(b"") == 15
    assert Limits().allow(bytes(41_000_000)) == 220
    assert Limits(patience=10).wait(b"") == 150


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('no module\\nnamed calamine')", r"ended the reader \(exit 1: named calamine\)"),
        ("import os; os.abort()", r"ended the reader \(exit -?\d+: no word\)"),
        ("import sys; sys.exit('memory allocation of 9 bytes failed')", r"takes more than 3\.0 GiB of memory"),
        ("import sys; sys.stdout.buffer.write(bytes(7) + b'9cut off')", r"ended the reader \(exit 0: no word\)"),
    ],
)
def test_a_process_that_ends_is_one_sentence(code: str, words: str) -> None:
    reader = Reader(command=[sys.executable, "-c", code])
    with pytest.raises(UnreadableError, match=words) as caught:
        reader.open(GOOD)
    assert "\n" not in str(caught.value)
    assert reader.started == len(LIBRARIES)


def test_a_process_that_cannot_start_is_said() -> None:
    with pytest.raises(UnreadableError, match="no process could be started"):
        Reader(command=["/nowhere/at/all"]).open(GOOD)


# Places in single quotes are read by the libraries, and missed by the look into the archive.
DENSE = replace_part(
    SHEET,
    lambda data: data.replace(
        b"</sheetData>", b"<row r='9000'><c r='XFD9000' t='inlineStr'><is><t>far</t></is></c></row></sheetData>"
    ),
)


@linux
def test_a_workbook_that_takes_too_much_memory_ends_the_process_and_is_read_row_by_row(small: Reader) -> None:
    book = small.open(DENSE)
    _, other = small.read(book, 1)
    assert place(small.read(book, 0)) == {**texts(ROWS), 9000: {16383: "far"}}
    assert small.started == 2
    assert [list(row.cells) for row in other][1] == ["왜?", "그래서"]


def test_a_library_that_refused_a_workbook_is_not_asked_again(fresh: Reader) -> None:
    book = fresh.open(replace_part(SHEET, lambda data: data[: len(data) // 2]))
    for _ in range(3):
        with pytest.raises(UnreadableError, match="could not be read"):
            fresh.read(book, 0)
    assert list(book.refused) == ["openpyxl"]


@linux
def test_where_nothing_reads_it_in_the_memory_there_is_that_is_said(dense: Reader) -> None:
    with pytest.raises(UnreadableError, match=r"takes more than 0\.3 GiB of memory; delete"):
        read(dense, DENSE)
    assert read(dense, GOOD) == texts(ROWS)


@linux
def test_no_process_takes_more_than_its_limit(small: Reader) -> None:
    small.open(GOOD)
    assert small._child
    limits = Path(f"/proc/{small._child.pid}/limits").read_text(encoding="utf-8")
    assert str(MEMORY) in next(line for line in limits.splitlines() if line.startswith("Max address space"))


def test_far_cells_are_left_to_the_library_that_reads_row_by_row(fresh: Reader, dense: Reader) -> None:
    book = fresh.open(add_far_cells("XFD1048576"))
    assert book.library == "openpyxl"
    assert place(fresh.read(book, 0))[1048576] == {16383: "xa"}
    with pytest.raises(UnreadableError, match="a cell as far away as XFD1048576"):
        read(dense, add_far_cells("XFD1048576"))


def test_a_far_cell_that_holds_only_a_format_keeps_no_library_from_reading(fresh: Reader) -> None:
    """In a Strict workbook, of which openpyxl reads nothing."""
    content = replace_part(
        SHEET,
        lambda data: data.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'),
    )
    strict = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    transitional = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    for part in (SHEET, "xl/workbook.xml"):
        content = replace_part(part, lambda data: data.replace(transitional, strict), content)
    assert fresh.open(content).library == "calamine"
    assert read(fresh, content) == texts(ROWS)


def test_an_interrupt_ends_the_process_at_once(fresh: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.open(GOOD)
    child = fresh._child
    assert child

    def interrupt(stream: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fresh.open(GOOD)
    assert child.poll() is not None
    assert read(fresh, GOOD) == texts(ROWS)


PARENT = """
import sys
from ingest.sources.reader import Reader
reader = Reader()
reader.open(sys.stdin.buffer.read())
print(reader._child.pid, flush=True)
reader._child.wait()
"""


@linux
def test_the_process_dies_with_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write(GOOD)
        parent.stdin.close()
        handle = os.pidfd_open(int(parent.stdout.readline()))
        assert not select.select([handle], [], [], 0)[0], "it is alive"
        parent.kill()
        assert select.select([handle], [], [], 30)[0]
        os.close(handle)


def test_nothing_of_the_working_directory_is_imported(
    fresh: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("zipfile", "python_calamine", "ingest"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read(fresh, GOOD) == texts(ROWS)
