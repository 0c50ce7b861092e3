"""What the XML of a sheet says of its cells besides their values, and no library that streams rows tells.

The elements are those of ECMA-376 part 1, 18.3.1: `mergeCell`, `hyperlink`, and `f`, a formula, beside its saved `v`.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import IO, TypeAlias
from zipfile import ZipFile

from ingest.sources.cells import Cell, Covered, Linked, Unsaved, read_letters

Mark: TypeAlias = Covered | Linked | Unsaved

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
_EMPTY_TEXT = re.compile(rb"""\bt=["']str["']""")
_AT = re.compile(rf"""\br=["']{_PLACE}["']""".encode())


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be said of cells; rows and columns are counted from 0.

    merged: row → (column, last row) of the ranges that begin there and go further down.
    links: row → column → where the hyperlink leads. unsaved: row → columns whose formula has no saved value.
    """

    merged: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    links: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    unsaved: Mapping[int, Sequence[int]] = field(default_factory=dict)


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


def group_merged(ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> Marks:
    """Take ranges of (row, column) to (row, column)."""
    merged: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (top, left), (bottom, _) in ranges:
        if bottom > top:
            merged[top].append((left, bottom))
    return Marks(merged)


def mark_rows(rows: Iterator[Sequence[Cell]], first: int, marks: Marks) -> Iterator[Sequence[Cell]]:
    """Put marks into the rows of a sheet, from its top, whose cells begin in column `first`."""
    return _mark_rows(rows, first, marks) if marks.merged or marks.links or marks.unsaved else rows


def _mark_rows(rows: Iterator[Sequence[Cell]], first: int, marks: Marks) -> Iterator[Sequence[Cell]]:
    last = -1
    covering: dict[int, int] = {}  # column → last row of the range that covers it
    for last, cells in enumerate(rows):
        covering = {column: bottom for column, bottom in covering.items() if bottom >= last}
        found: dict[int, Mark] = {column: Linked(url=url) for column, url in marks.links.get(last, {}).items()}
        found.update(dict.fromkeys(covering, Covered()))
        found.update(dict.fromkeys(marks.unsaved.get(last, ()), Unsaved()))
        covering |= dict(marks.merged.get(last, ()))
        yield _mark_row(cells, first, found) if found else cells
    for row in range(last + 1, max(marks.unsaved, default=-1) + 1):  # a row of nothing else is none to a library
        yield _mark_row((), first, dict.fromkeys(marks.unsaved.get(row, ()), Unsaved()))


def _mark_row(cells: Sequence[Cell], first: int, marks: Mapping[int, Mark]) -> list[Cell]:
    marked = list(cells)
    for column, mark in marks.items():
        index = column - first
        if index < 0:
            continue
        if not isinstance(mark, Linked):
            marked += [""] * (index + 1 - len(marked))
            if marked[index] == "":
                marked[index] = mark
        elif index < len(marked) and isinstance(text := marked[index], str) and text:
            marked[index] = Linked(text, url=mark.url)
    return marked


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
    links: dict[int, dict[int, str]] = defaultdict(dict)
    unsaved: dict[int, list[int]] = defaultdict(list)
    for piece in _read_pieces(stream):
        if b"mergeCell " in piece:
            for left, top, _, bottom in _MERGED.findall(piece):
                if int(bottom) > int(top):
                    merged[int(top) - 1].append((read_letters(left.decode()), int(bottom) - 1))
        if targets and b"hyperlink " in piece:
            for attributes in _LINK.findall(piece):
                _add_link(_read_attributes(attributes.decode()), targets, links)
        if b"<f" in piece or b":f" in piece:
            for attributes in _UNSAVED.findall(piece):
                if (place := _AT.search(attributes)) and not _EMPTY_TEXT.search(attributes):
                    unsaved[int(place[2]) - 1].append(read_letters(place[1].decode()))
    return Marks(dict(merged), dict(links), dict(unsaved))


def _add_link(link: Mapping[str, str], targets: Mapping[str, str], links: dict[int, dict[int, str]]) -> None:
    place = _REFERENCE.fullmatch(link.get("ref", ""))
    target = next((targets.get(value, "") for name, value in link.items() if name.endswith(":id")), "")
    if place and target and not target.startswith("#"):  # a place in the workbook leads a reader of answers nowhere
        for row in range(int(place[2]) - 1, min(int(place[4] or place[2]), 1 << 20)):
            links[row][read_letters(place[1])] = target


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
