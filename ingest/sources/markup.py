"""What the XML of a sheet says of its cells besides their values, and no library that streams rows tells.

The elements are those of ECMA-376 part 1, 18.3.1: `mergeCell`, `hyperlink`, and `f`, a formula, beside its saved `v`,
which is the name of an error where the cell's type is "e".
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import unescape
from io import BytesIO
from typing import IO
from zipfile import ZipFile

from ingest.sources.cells import Failed, Linked, read_letters
from ingest.sources.links import leads_out, read_formula
from ingest.sources.marks import Marks

_CHUNK = 1 << 20
_CELL = 1 << 16  # bytes: longer than a cell with a formula, of which Excel lets there be 8,192 characters
_WORKBOOK = "xl/workbook.xml"
_PLACE = r"([A-Za-z]{1,3})(\d{1,7})"
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MERGED = re.compile(rf"""mergeCell\s[^<>]{{0,200}}?\bref=["']{_PLACE}:{_PLACE}["']""".encode())
_LINK = re.compile(rb"(?<=[<:])hyperlink\s([^<>]*)")
_REFERENCE = re.compile(rf"{_PLACE}(?::{_PLACE})?")
# A cell whose formula is followed by no value. Neither has one that came out as an empty text, which its type tells.
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*+"
    rb"(?!<(?:\w+:)?(?:v(?:\s[^<>]*)?>[^<]|is))"
)
_FORMULA = re.compile(rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?>([^<]*)</")
_FAILED = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*\bt=["']e["'][^<>]*)>(?:\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>))?"""
    rb"""\s*<(?:\w+:)?v(?:\s[^<>]*)?>(\#[^<]{1,30})<"""
)
_EMPTY_TEXT = re.compile(rb"""\bt=["']str["']""")
_AT = re.compile(rf"""\br=["']{_PLACE}["']""".encode())


def read_marks(content: bytes, name: str) -> Marks:
    """Read the marks of a sheet of an .xlsx; those that can't be found, in a file that a library reads, are none."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            part = _find_part(archive, name)
            if not part:
                return Marks()
            with archive.open(part) as stream:
                return _read_part(stream, _read_relations(archive, part))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - damage raises whatever goes wrong first; what a library makes of it, counts
        return Marks()


def _find_part(archive: ZipFile, name: str) -> str:
    """Give the path of the XML of a sheet; "" where there is none."""
    targets = _read_relations(archive, _WORKBOOK)
    for sheet in _list_elements(archive.read(_WORKBOOK), "sheet"):
        if sheet.get("name") == name:
            target = next((targets[value] for key, value in sheet.items() if key.endswith(":id")), "")
            return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") if target else ""
    return ""


def _read_relations(archive: ZipFile, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    if path not in archive.namelist():
        return {}
    relations = _list_elements(archive.read(path), "Relationship")
    return {relation["Id"]: relation["Target"] for relation in relations if {"Id", "Target"} <= relation.keys()}


def _list_elements(content: bytes, name: str) -> Iterator[dict[str, str]]:
    """Give the attributes of the elements of a name."""
    for found in re.finditer(rf"[<:]{name}\s([^<>]*)", content.decode()):
        yield _read_attributes(found[1])


def _read_attributes(text: str) -> dict[str, str]:
    return {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(text)}


def _read_part(stream: IO[bytes], targets: Mapping[str, str]) -> Marks:
    merged: dict[int, list[tuple[int, int]]] = defaultdict(list)
    links: dict[int, dict[int, Linked]] = defaultdict(dict)
    long: dict[int, list[tuple[int, int, Linked]]] = defaultdict(list)
    unsaved: dict[int, list[int]] = defaultdict(list)
    failed: dict[int, dict[int, Failed]] = defaultdict(dict)
    for piece in _read_pieces(stream):
        for top, column, bottom in _find_merged(piece):
            merged[top].append((column, bottom))
        for top, column, bottom, link in _find_links(piece, targets):
            if bottom > top:
                long[top].append((column, bottom, link))
            else:
                links[top][column] = link
        if b"<f" in piece or b":f" in piece:
            shown = {place: link for place, link in _find_formulas(piece) if not links[place[0]].get(place[1])}
            for (row, column), link in shown.items():
                links[row][column] = link
            for row, column in _find_unsaved(piece):
                if not shown.get((row, column)):
                    unsaved[row].append(column)
        for (row, column), error in _find_failed(piece):
            failed[row][column] = error
    shown_links = {row: at for row, at in links.items() if at}
    return Marks(dict(merged), shown_links, dict(long), dict(unsaved), dict(failed))


def _find_merged(piece: bytes) -> Iterator[tuple[int, int, int]]:
    """Give the first row, the column and the last row of each range that goes further down."""
    for left, top, _, bottom in _MERGED.findall(piece) if b"mergeCell " in piece else ():
        if int(bottom) > int(top):
            yield int(top) - 1, read_letters(left.decode()), int(bottom) - 1


def _find_unsaved(piece: bytes) -> Iterator[tuple[int, int]]:
    """Give the place of each formula without a saved value."""
    for attributes in _UNSAVED.findall(piece):
        if (place := _AT.search(attributes)) and not _EMPTY_TEXT.search(attributes):
            yield _read_place(place)


def _find_formulas(piece: bytes) -> Iterator[tuple[tuple[int, int], Linked]]:
    """Give the place of each formula that is a hyperlink, and the link with what it shows."""
    for attributes, formula in _FORMULA.findall(piece) if b"hyperlink(" in piece.lower() else ():
        if (place := _AT.search(attributes)) and (link := read_formula(unescape(formula.decode()))) is not None:
            yield _read_place(place), link


def _find_failed(piece: bytes) -> Iterator[tuple[tuple[int, int], Failed]]:
    """Give the place of each error, and its name."""
    for attributes, error in _FAILED.findall(piece) if b">#" in piece else ():
        if place := _AT.search(attributes):
            yield _read_place(place), Failed(error=error.decode())


def _read_place(place: re.Match[bytes]) -> tuple[int, int]:
    return int(place[2]) - 1, read_letters(place[1].decode())


def _find_links(piece: bytes, targets: Mapping[str, str]) -> Iterator[tuple[int, int, int, Linked]]:
    """Give the first row, the column and the last row of each hyperlink, and where it leads."""
    for attributes in _LINK.findall(piece) if targets and b"hyperlink " in piece else ():
        link = _read_attributes(attributes.decode())
        place = _REFERENCE.fullmatch(link.get("ref", ""))
        target = next((targets.get(value, "") for name, value in link.items() if name.endswith(":id")), "")
        if place and target and leads_out(target):
            url = f"{target}#{location}" if (location := link.get("location")) and "#" not in target else target
            yield int(place[2]) - 1, read_letters(place[1]), int(place[4] or place[2]) - 1, Linked(url=url)


def _read_pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Read a part in pieces that end before a cell, or, where there are none, before a tag."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        rest += chunk
        cut = rest.rfind(b"<", 0, max(rest.rfind(b"<c "), rest.rfind(b":c ")) + 1)
        if cut <= 0 and len(rest) < _CELL:
            continue
        if cut <= 0:
            cut = max(rest.rfind(b"<"), 0)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest
