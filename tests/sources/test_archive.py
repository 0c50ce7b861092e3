from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from ingest.sources import archive
from ingest.sources.unreadable import RefusedError
from tests.sources.hostile import GOOD, SHEET, add_far_cells, flip_bit, replace_part
from tests.sources.workbooks import make_workbook


def test_a_good_workbook_is_measured() -> None:
    found = archive.inspect(GOOD)
    assert SHEET in found.names
    assert (found.cells, found.farthest) == (51 * 3, "C51")


@pytest.mark.parametrize(
    ("places", "cells", "farthest"),
    [
        (("XFD1048576",), 16384 * 1048576, "XFD1048576"),
        (("XFD3000",), 16384 * 3000, "XFD3000"),
        (("A1048576",), 3 * 1048576, "C1048576"),
    ],
)
def test_the_farthest_cell_is_found_wherever_it_stands(places: tuple[str, ...], cells: int, farthest: str) -> None:
    found = archive.inspect(add_far_cells(*places))
    assert (found.cells, found.farthest) == (cells, farthest)


def test_a_table_far_from_the_corner_is_no_larger_than_itself() -> None:
    found = archive.inspect(make_workbook({"A": [["Q", "A"], ["q", "a"]]}, corner=(1_000_000, 16_000)))
    assert found.cells == 4


def test_places_are_found_across_the_seams_of_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    content = add_far_cells("XFD1048576")
    for size in (97, 101, 256):
        monkeypatch.setattr(archive, "_CHUNK", size)
        monkeypatch.setattr(archive, "_HEAD", size)
        assert archive.inspect(content).farthest == "XFD1048576"


def test_prefixes_of_names_are_no_disguise() -> None:
    content = replace_part(
        SHEET, lambda data: data.replace(b"<row ", b"<x:row ").replace(b"<c ", b"<x:c ").replace(b"</", b"</x:")
    )
    assert archive.inspect(content).farthest == "C51"


def test_pictures_are_not_unpacked_and_may_be_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED", 100_000)
    monkeypatch.setattr(archive, "_RATIO_FROM", 50_000)
    for part in ("xl/media/image1.png", "Pictures/a.png"):
        assert archive.inspect(replace_part(part, lambda _: bytes(1_000_000))).cells
    damaged = replace_part("xl/media/image1.png", lambda _: bytes(range(256)) * 20)
    assert archive.inspect(flip_bit(damaged, "xl/media/image1.png")).cells


@pytest.mark.parametrize(("limit", "value"), [("UNPACKED", 5_000), ("_RATIO_FROM", 5_000)])
def test_what_would_unpack_too_far_is_refused(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = replace_part("xl/worksheets/sheet9.xml", lambda _: b" " * 1_000_000)
    monkeypatch.setattr(archive, limit, value)
    with pytest.raises(RefusedError, match="zip bomb"):
        archive.inspect(content)


def test_a_part_that_says_it_is_smaller_than_it_is_is_damaged() -> None:
    """A bomb may lie in the list of its parts."""
    content = replace_part("xl/styles.xml", lambda _: b" " * 100_000)
    lied = content.replace((100_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lied != content
    with pytest.raises(RefusedError, match="damaged"):
        archive.inspect(lied)


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MEMBERS", 3)
    with pytest.raises(RefusedError, match="which no workbook is"):
        archive.inspect(GOOD)


def test_an_encrypted_part_is_a_password() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as opened:
        opened.writestr("xl/workbook.xml", "<x/>")
    content = bytearray(buffer.getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # general purpose bit flag, APPNOTE.TXT 4.3.12
    with pytest.raises(RefusedError, match="password"):
        archive.inspect(bytes(content))


def test_an_encrypted_open_document_is_a_password() -> None:
    content = replace_part("META-INF/manifest.xml", lambda _: b"<manifest:encryption-data/>")
    with pytest.raises(RefusedError, match="password"):
        archive.inspect(content)
