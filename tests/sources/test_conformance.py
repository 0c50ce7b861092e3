"""What `protocols.Source` promises, held for every source. A new one is one line in SOURCES."""

import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SourceError
from ingest.model import Columns, Document, File, Ignored, Noted, Skipped, canonical
from ingest.protocols import Source
from ingest.sources import open_source
from tests.sources.workbooks import make_workbook


@dataclass(frozen=True)
class Example:
    """A kind of source: how one is opened, and files for it, good, empty and broken ones."""

    kind: Literal["excel", "text"]
    extension: str
    good: bytes
    empty: bytes
    broken: bytes

    def open(self, location: Path) -> Source:
        return open_source(self.kind, location)


_WORKBOOK = make_workbook(
    {
        "FAQ": [
            ["Câu hỏi", "Đáp án", "Nguồn", "Số"],
            ["q", "Đie\u0302\u0300u 1", "s", 0.1],
            ["r", None],
            [],
            ["t", 5, None, 7],
        ],
        "Ghi chú": [["x", "y"]],
        "Ẩn": [["Nội dung"], ["z"]],
    },
    states={"Ẩn": "hidden"},
)
SOURCES = {
    "text": Example("text", ".md", "Đie\u0302\u0300u 1.\r\nText".encode(), b" \n", b"\xff\xfe\x00"),
    "workbook": Example("excel", ".xlsx", _WORKBOOK, make_workbook({"A": []}), _WORKBOOK[:-40]),
    "csv": Example("excel", ".csv", "Q,A,n\nq,Đie\u0302\u0300u 1,2\nr,,\nt,u,v,w\n".encode(), b"", b'Q,A\n"q,a\n'),
}


@pytest.fixture(params=list(SOURCES.values()), ids=list(SOURCES))
def example(request: pytest.FixtureRequest) -> Example:
    found: Example = request.param
    return found


@pytest.fixture
def folder(example: Example, tmp_path: Path) -> Path:
    """A folder whose names sort otherwise as they are written, of which only three are files of the source."""
    root = tmp_path / unicodedata.normalize("NFD", "Luật")
    for name in ("b", "a/Điều", "a", ".hidden", "~$a", "a/.hidden/b"):
        path = root / f"{unicodedata.normalize('NFD', name)}{example.extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(example.good)
    (root / "a" / "other.bin").write_bytes(example.good)
    return root


def parse_all(source: Source) -> list[Columns | Document | Skipped | Ignored | Noted]:
    return [item for file in source.files() for item in source.parse(file, Path(file.path).read_bytes())]


def test_files_are_sorted_named_apart_and_there(example: Example, folder: Path) -> None:
    files = example.open(folder).files()
    origins = [file.origin for file in files]
    assert origins == [f"{name}{example.extension}" for name in ("a", "a/Điều", "b")] == sorted(set(origins))
    assert all(unicodedata.is_normalized("NFC", origin) for origin in origins)
    assert all(Path(file.path).is_file() for file in files)


def test_a_dataset_is_named_after_the_last_part_of_the_absolute_path(example: Example, folder: Path) -> None:
    source = example.open(folder)
    assert source.dataset == example.open(folder / "a" / "..").dataset == "Luật"
    assert source.location == unicodedata.normalize("NFC", str(folder))
    assert os.path.isabs(source.location)  # noqa: PTH117 - it may be a pattern


def test_reading_is_json_and_the_same_for_the_same_options(example: Example, folder: Path) -> None:
    assert canonical(example.open(folder).reading) == canonical(example.open(folder / "a").reading)


def test_two_reads_are_the_same_and_change_nothing(example: Example, folder: Path) -> None:
    def look() -> list[tuple[str, int, bytes]]:
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return [(str(path), path.stat().st_mtime_ns, path.read_bytes()) for path in files]

    before = look()
    source = example.open(folder)
    assert source.files() == source.files() == example.open(folder).files()
    assert parse_all(source) == parse_all(source) == parse_all(example.open(folder))
    assert look() == before


def test_what_is_read_is_normalised_and_carries_its_origin(example: Example, folder: Path) -> None:
    source = example.open(folder)
    for file in source.files():
        items = list(source.parse(file, example.good))
        documents = [item for item in items if isinstance(item, Document)]
        assert documents
        assert {item.origin for item in items} == {file.origin}
        assert documents[0].text.startswith("Điều 1")
        for document in documents:
            assert document.text.strip()
            for text in (document.text, document.question, document.source, document.where, document.sheet):
                assert unicodedata.is_normalized("NFC", text)
                assert "\r" not in text
            canonical(document.metadata)


def test_the_columns_of_all_sheets_come_before_the_first_row(example: Example) -> None:
    first, *others = example.open(Path("nowhere")).parse(File(f"a{example.extension}", ""), example.good)
    assert not any(isinstance(item, Columns) for item in others)
    assert isinstance(first, Columns) == (example.kind == "excel")
    if isinstance(first, Columns):
        assert first.roles.keys() == first.names.keys()
        for sheet, roles in first.roles.items():
            assert set(roles.values()) <= set(first.names[sheet])


def test_parse_reads_the_bytes_that_it_is_given(example: Example) -> None:
    source = example.open(Path("nowhere"))
    assert list(source.parse(File(f"a{example.extension}", "/nowhere/at/all"), example.good))


def test_an_empty_file_is_ignored_and_a_broken_one_skipped_whole(example: Example) -> None:
    source, file = example.open(Path("nowhere")), File(f"a{example.extension}", "")
    assert {type(item) for item in source.parse(file, example.empty)} == {Ignored}
    [item] = source.parse(file, example.broken)
    assert isinstance(item, Skipped)
    assert (item.origin, item.where) == (file.origin, "")
    assert item.reason
    assert "\n" not in item.reason


def check_parse(example: Example, content: bytes) -> None:
    source, file = example.open(Path("nowhere")), File(f"a{example.extension}", "")
    for item in source.parse(file, content):
        assert isinstance(item, Columns | Document | Skipped | Ignored | Noted)
        assert item.origin == file.origin
        assert not isinstance(item, Document) or item.text.strip()


@given(st.sampled_from(list(SOURCES.values())), st.binary())
def test_no_bytes_make_parse_raise(example: Example, content: bytes) -> None:
    check_parse(example, content)


@given(st.sampled_from(list(SOURCES.values())), st.data())
def test_no_damage_makes_parse_raise(example: Example, data: st.DataObject) -> None:
    damaged = bytearray(example.good)
    place = st.integers(0, len(damaged) - 1)
    for at, value in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=4)):
        damaged[at] = value
    check_parse(example, bytes(damaged[: data.draw(place) + 1 if data.draw(st.booleans()) else None]))


@pytest.mark.parametrize("make", [lambda root: root / "gone", lambda root: root], ids=["missing", "empty"])
def test_nothing_to_list_is_an_error_that_names_the_path(
    example: Example, make: Callable[[Path], Path], tmp_path: Path
) -> None:
    location = make(tmp_path)
    with pytest.raises(SourceError) as caught:
        example.open(location).files()
    assert str(location) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_there_fails_when_it_is_listed_and_not_before(example: Example) -> None:
    assert example.open(Path("nowhere")).dataset == "nowhere"


def test_files_is_a_sequence_that_can_be_asked_twice(example: Example, folder: Path) -> None:
    files = example.open(folder).files()
    assert isinstance(files, Sequence)
    assert len(files) == len(list(files)) == 3
