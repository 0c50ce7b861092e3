"""Workbooks: every row under a header is one document."""

import os
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ingest.alternatives import quote_names
from ingest.errors import SourceError, UsageError
from ingest.model import Columns, Document, File, Ignored, Json, Noted, Skipped
from ingest.sources import delimited, workbook
from ingest.sources.cells import is_blank
from ingest.sources.columns import SEARCHED
from ingest.sources.detection import name_encoding
from ingest.sources.header import Header
from ingest.sources.listing import (
    Selection,
    classify,
    is_pattern,
    list_file,
    list_folder,
    list_pattern,
    locate,
    name_dataset,
    spell,
)
from ingest.sources.locks import describe_lock
from ingest.sources.mapping import Inventory, Named, describe_mapping, explain_unknown, list_unknown, read_mapping
from ingest.sources.names import normalise
from ingest.sources.rows import find_context, read_documents
from ingest.sources.sheet import Sheet
from ingest.sources.table import Table, list_columns, name_place, open_table
from ingest.sources.unreadable import UnreadableError

EXTENSIONS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv")
_DELIMITED = (".csv", ".tsv")
_VERSION = 5  # a change that reads the same bytes otherwise raises it


@dataclass(frozen=True, slots=True)
class Workbooks:
    """One workbook, or those of a folder or a pattern; see `protocols.Source`.

    mapping: role → names of its columns, before which no other is looked for. Each must stand in a sheet of some file;
    one that doesn't have any is read as without them.
    sheets: names of the only ones to read, hidden or not; () for all that are visible.
    encoding: of CSV files, "" to find out.
    context: names of columns that are embedded too, behind the question; a sheet may lack them.
    """

    dataset: str
    path: str
    selection: Selection
    mapping: Named
    sheets: tuple[str, ...]
    encoding: str = ""
    context: tuple[str, ...] = ()
    inventory: Inventory = field(default_factory=Inventory, compare=False, repr=False)
    portable: ClassVar[bool] = False  # its columns must be known before it is read on

    @property
    def location(self) -> str:
        """The absolute path or pattern."""
        return spell(self.path)

    @property
    def reading(self) -> Mapping[str, Json]:
        """What, besides the bytes, decides the documents; names in the form in which they are compared."""
        named: dict[str, Json] = {"encoding": name_encoding(self.encoding).name} if self.encoding else {}
        if self.context:
            named["context"] = [normalise(name) for name in self.context]
        return {
            "reader": _VERSION,
            "mapping": describe_mapping(self.mapping),
            "sheets": sorted(map(_fold, self.sheets)),
            **named,
        }

    def files(self) -> list[File]:
        """List the workbooks; see `listing`. Raises SourceError, also for a sheet that none of them has."""
        files = self._list_files()
        self._check_sheets(files)
        return files

    def _list_files(self) -> list[File]:
        if is_pattern(self.path):
            return list_pattern(self.path, self.selection)
        if classify(self.path) == "folder":
            return list_folder(self.path, self.selection)
        return list_file(self.path, self.selection)

    def parse(self, file: File, content: bytes) -> Iterator[Columns | Document | Skipped | Ignored | Noted]:
        """Yield which columns the sheets of a workbook have, then what its rows hold, sheet by sheet.

        A sheet that can't be read is a Skipped whose `where` names it; the others are read all the same.
        """
        try:
            sheets = self._list_sheets(file, content)
        except UnreadableError as error:
            yield Skipped(file.origin, "", str(error))
            return
        chosen = [sheet for sheet in sheets if self._is_chosen(sheet)]
        if not chosen:
            names = quote_names([sheet.name for sheet in sheets if sheet.name])
            yield Ignored(file.origin, "", f"none of the sheets that --sheet names; it has {names}")
        # All are opened before one is read, so that whoever asks knows of a column that is gone before the first row.
        opened = deque(self._open_sheet(file.origin, sheet) for sheet in chosen)
        for record in self._introduce(file.origin, [table for table in opened if isinstance(table, Table)]):
            yield record
            if isinstance(record, Skipped):
                return
        yield from (Noted(file.origin, note.where, note.what) for sheet in sheets for note in sheet.notes)
        headless, recognised = [], False
        while opened:
            table = opened.popleft()  # ... and let go once it is read
            if not isinstance(table, Table):
                yield table
            elif table.header:
                recognised = True
                yield from _read_table(file.origin, table, table.header, self.context)
            else:
                headless.append(table)
        yield from self._report(file.origin, headless, recognised=recognised)

    def _list_sheets(self, file: File, content: bytes) -> list[Sheet]:
        if file.origin.lower().endswith(_DELIMITED) and not workbook.is_workbook(content):
            return delimited.list_sheets(content, self.mapping, self.encoding)
        try:
            return workbook.list_sheets(content)
        except UnreadableError as error:
            if lock := describe_lock(file.path):
                raise UnreadableError(f"{error}; {lock}") from error
            raise

    def _is_chosen(self, sheet: Sheet) -> bool:
        return not self.sheets or _fold(sheet.name) in map(_fold, self.sheets)

    def _check_sheets(self, files: Sequence[File]) -> None:
        """Open workbooks until every sheet that was named is found: mostly the first has them all."""
        missing = {_fold(name): name for name in self.sheets}
        there: dict[str, str] = {}
        for file in files:
            if not missing:
                return
            try:
                names = [sheet.name for sheet in self._list_sheets(file, Path(file.path).read_bytes())]
            except (OSError, UnreadableError):
                return  # it may have the sheet; what is wrong with it is said when it is read
            there |= {_fold(name): name for name in names if name}
            missing = {folded: name for folded, name in missing.items() if folded not in there}
        if missing:
            name, known = next(iter(missing.values())), quote_names(list(there.values()))
            raise SourceError(f'nothing in {self.location} has a sheet "{name}"; there are {known}; correct --sheet')

    def _open_sheet(self, origin: str, sheet: Sheet) -> Table | Skipped | Ignored:
        """Open a sheet and look for its header; give what is to be said of it where there is nothing to read."""
        if sheet.kind or (sheet.hidden and not self.sheets):
            return Ignored(origin, name_place(sheet), sheet.kind or "hidden; --sheet reads it by its name")
        try:
            table = open_table(sheet, self.mapping)
            blank = not table.header and all(is_blank(cell) for row in table.rows for cell in row.cells)
        except UnreadableError as error:
            return Skipped(origin, name_place(sheet), str(error))
        return Ignored(origin, name_place(sheet), "nothing in it") if blank else table

    def _introduce(self, origin: str, tables: Sequence[Table]) -> Iterator[Columns | Skipped]:
        """Yield the columns of the tables; a Skipped where one that a user named is missing, and none is to be read."""
        if missing := self._find_missing([table for table in tables if table.header]):
            yield Skipped(origin, "", missing)
            return
        unknown = self._find_unknown(tables)
        # Of a header in doubt nothing is known yet.
        if clear := [table for table in tables if not (table.header and table.header.doubt)]:
            yield list_columns(origin, clear, unknown)
        if unknown:
            yield Skipped(origin, "", unknown)

    def _find_missing(self, tables: Sequence[Table]) -> str:
        """Say which column of the context no sheet has; "" where each is found."""
        headers = [table.header for table in tables if table.header]
        for name in self.context if headers else ():
            if not any(find_context(header, [name]) for header in headers):
                found = "; ".join(quote_names(table.names) for table in tables)
                return f'no sheet has a column "{name}"; found {found}; correct --context'
        return ""

    def _find_unknown(self, tables: Sequence[Table]) -> str:
        """Say which column of the mapping stands in no sheet of any file; "" where each is found."""
        there = list(dict.fromkeys(name for table in tables for name in table.names))
        missing = list_unknown(self.mapping, there) if tables else []
        unknown = [each for each in missing if not self.inventory.has(each[1], self._read_names)]
        if not unknown:
            return ""
        found = "; ".join(quote_names(table.names) for table in tables)
        return f"no sheet has a column {explain_unknown(unknown, there)}; found {found}; correct it or leave it out"

    def _read_names(self) -> Iterator[Iterable[str]]:
        """Yield the names of the columns of each file; of what can't be read, none."""
        try:
            files = self._list_files()
        except SourceError:
            return
        for file in files:
            try:
                sheets = self._list_sheets(file, Path(file.path).read_bytes())
            except (OSError, UnreadableError):
                continue
            tables = (self._open_sheet(file.origin, sheet) for sheet in sheets if self._is_chosen(sheet))
            yield [name for table in tables if isinstance(table, Table) for name in table.names]

    def _report(self, origin: str, headless: Sequence[Table], *, recognised: bool) -> Iterator[Skipped | Ignored]:
        """Say what became of the sheets without a header: a notes sheet beside a good one is no failure."""
        if headless and not recognised:
            yield Skipped(origin, "", self._explain(headless))
            return
        for table in headless:
            kind = Skipped if self.sheets else Ignored
            yield kind(origin, name_place(table.sheet), self._explain([table]))

    def _explain(self, headless: Sequence[Table]) -> str:
        found = (
            quote_names(table.names) + (f" in {name_place(table.sheet)}" if headless[1:] else "") for table in headless
        )
        return (
            f"no row of the first {SEARCHED} has a column for page_content; found {'; '.join(found)}; "
            f'name the right one with --map page_content="..."'
        )


def open_excel(
    location: str | os.PathLike[str],
    *,
    dataset: str | None,
    mapping: Mapping[str, str | Sequence[str]],
    sheets: Sequence[str],
    include: Sequence[str],
    exclude: Sequence[str],
    encoding: str = "",
    context: Sequence[str] = (),
) -> Workbooks:
    """Make a source of workbooks; nothing is read yet. Raises UsageError for a mapping or encoding that can't be."""
    named = read_mapping(mapping)
    for name in context:
        if not normalise(name):
            raise UsageError(f'--context "{name}": that is no name of a column; write the one in the header')
    path = locate(location)
    selection = Selection(EXTENSIONS, tuple(include), tuple(exclude))
    called = spell(dataset) if dataset else name_dataset(path)
    if encoding:
        name_encoding(encoding)
    return Workbooks(called, path, selection, named, tuple(sheets), encoding, tuple(context))


def _read_table(
    origin: str, table: Table, header: Header, context: Sequence[str]
) -> Iterator[Document | Skipped | Ignored | Noted]:
    if header.doubt:
        yield Skipped(origin, name_place(table.sheet), header.doubt)
        return
    try:
        yield from read_documents(origin, table, header, context)
    except UnreadableError as error:
        yield Skipped(origin, name_place(table.sheet), str(error))


def _fold(name: str) -> str:
    """Bring the name of a sheet to the form in which it is compared; Excel too sees no difference of case."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
