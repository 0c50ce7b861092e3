"""Workbooks of OpenDocument (.ods), whose XML says of its cells what calamine leaves out: see `opendocument_rows`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from xml.parsers.expat import ExpatError
from zipfile import ZipFile

from ingest.sources.book import Book, Head, Opened
from ingest.sources.cells import Cell
from ingest.sources.opendocument_rows import read_rows
from ingest.sources.unreadable import AGAIN, RefusedError, UnreadableError, quote

_CONTENT = "content.xml"
_CHUNK = 1 << 16
_TABLE = re.compile(rb"<table:table(?=[\s/>])([^>]*)>|</table:table>")
_NAME = re.compile(rb"""\btable:name=(?:"([^"]*)"|'([^']*)')""")
_STYLE = re.compile(rb"""\btable:style-name=["']([^"']*)["']""")
_HIDDEN = re.compile(
    rb"""<style:style\s[^>]*\bstyle:name=["']([^"']*)["'][^>]*>\s*"""
    rb"""<style:table-properties\s[^>]*\btable:display=["']false["']"""
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet, and where its XML begins and ends."""

    name: str
    style: bytes
    start: int
    end: int


def is_opendocument(content: bytes) -> bool:
    """Tell an archive of OpenDocument from a workbook of Excel."""
    with ZipFile(BytesIO(content)) as archive:
        return _CONTENT in archive.namelist() and not any(name.startswith("xl/") for name in archive.namelist())


def open_book(content: bytes) -> Book:
    """Open a workbook. Raises UnreadableError."""
    with ZipFile(BytesIO(content)) as archive:
        xml = archive.read(_CONTENT)
    if (start := xml.find(b"<office:spreadsheet")) < 0:
        raise RefusedError("it is an OpenDocument file without a spreadsheet in it; save it as .xlsx")
    tables = list(_find_tables(xml))
    if not xml.rstrip().endswith(b">"):
        raise UnreadableError(f"its {_CONTENT} is cut off; {AGAIN}")
    hidden = set(_HIDDEN.findall(xml, 0, start))
    heads = tuple(Head(table.name, table.style in hidden, "") for table in tables)
    return Book(heads, lambda index: Opened(0, lambda: _read(xml, tables[index])))


def _find_tables(xml: bytes) -> Iterator[_Table]:
    """Find the tables that stand in no other; one without a name is what a link to another file brought along."""
    inside = 0
    begun: re.Match[bytes] | None = None
    for tag in _TABLE.finditer(xml):
        if tag[1] is None:
            inside -= 1
        elif not tag[1].endswith(b"/"):
            begun = tag if inside == 0 else begun
            inside += 1
        if inside == 0 and begun and (name := _NAME.search(begun[1])):
            style = _STYLE.search(begun[1])
            text = unescape((name[1] or name[2] or b"").decode("utf-8", "replace"))
            yield _Table(text, style[1] if style else b"", begun.start(), tag.end())
            begun = None


def _read(xml: bytes, table: _Table) -> Iterator[Sequence[Cell]]:
    chunks = (xml[at : min(at + _CHUNK, table.end)] for at in range(table.start, table.end, _CHUNK))
    try:
        yield from read_rows(chunks)
    except (ExpatError, ValueError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"it could not be read: {quote(error)}; {AGAIN}") from error
