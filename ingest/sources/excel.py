"""Workbooks: every row under a header is one document."""

import os
import unicodedata
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import SourceError, UsageError
from ingest.model import Document, File, Ignored, Json, Skipped
from ingest.sources import delimited, workbook
from ingest.sources.cells import is_blank
from ingest.sources.columns import SEARCHED
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
from ingest.sources.names import ROLES, normalise
from ingest.sources.sheet import Sheet
from ingest.sources.table import Table, name_place, open_table, read_documents
from ingest.sources.unreadable import UnreadableError

EXTENSIONS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv")
_DELIMITED = (".csv", ".tsv")
_VERSION = 1  # a change that reads the same bytes otherwise raises it
_SHOWN = 30  # names in a message
_SHOWN_CHARACTERS = 60  # of each


@dataclass(frozen=True, slots=True)
class Workbooks:
    """One workbook, or those of a folder or a pattern; see `protocols.Source`.

    mapping: role → name of its column, before which no other is looked for.
    sheets: names of the only ones to read, hidden or not; () for all that are visible.
    """

    dataset: str
    path: str
    selection: Selection
    mapping: Mapping[str, str]
    sheets: tuple[str, ...]

    @property
    def location(self) -> str:
        """The absolute path or pattern."""
        return spell(self.path)

    @property
    def reading(self) -> Mapping[str, Json]:
        """What, besides the bytes, decides the documents; names in the form in which they are compared."""
        mapping = {role: normalise(name) for role, name in self.mapping.items()}
        return {"reader": _VERSION, "mapping": mapping, "sheets": sorted(map(_fold, self.sheets))}

    def files(self) -> list[File]:
        """List the workbooks; see `listing`. Raises SourceError, also for a sheet that none of them has."""
        if is_pattern(self.path):
            files = list_pattern(self.path, self.selection)
        elif classify(self.path) == "folder":
            files = list_folder(self.path, self.selection)
        else:
            files = list_file(self.path, self.selection)
        self._check_sheets(files)
        return files

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored]:
        """Yield what the rows of a workbook hold, sheet by sheet.

        A sheet that can't be read is a Skipped whose `where` names it; the others are read all the same.
        """
        try:
            sheets = self._list_sheets(file, content)
        except UnreadableError as error:
            yield Skipped(file.origin, "", str(error))
            return
        chosen = [sheet for sheet in sheets if self._is_chosen(sheet)]
        if not chosen:
            names = _quote([sheet.name for sheet in sheets if sheet.name])
            reason = f"none of the sheets that --sheet names; it has {names}" if sheets else "no sheet in it"
            yield Ignored(file.origin, "", reason)
        headless, recognised = [], False
        for sheet in chosen:
            try:
                table = yield from self._read_sheet(file.origin, sheet)
            except UnreadableError as error:
                yield Skipped(file.origin, name_place(sheet), str(error))
                continue
            if table and table.header:
                recognised = True
            elif table:
                headless.append(table)
        yield from self._report(file.origin, headless, recognised=recognised)

    def _list_sheets(self, file: File, content: bytes) -> list[Sheet]:
        if file.origin.lower().endswith(_DELIMITED) and not workbook.is_workbook(content):
            return delimited.list_sheets(content, self.mapping)
        return workbook.list_sheets(content)

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
            name, known = next(iter(missing.values())), _quote(list(there.values()))
            raise SourceError(f'nothing in {self.location} has a sheet "{name}"; there are {known}; correct --sheet')

    def _read_sheet(self, origin: str, sheet: Sheet) -> Generator[Document | Skipped | Ignored, None, Table | None]:
        """Yield what a sheet holds; return its table, None where there was nothing to open."""
        if sheet.kind or (sheet.hidden and not self.sheets):
            yield Ignored(origin, name_place(sheet), sheet.kind or "hidden; --sheet reads it by its name")
            return None
        table = open_table(sheet, self.mapping)
        if table.header and table.header.doubt:
            yield Skipped(origin, name_place(sheet), table.header.doubt)
        elif table.header:
            yield from read_documents(origin, table, table.header)
        elif all(is_blank(cell) for row in table.rows for cell in row.cells):
            yield Ignored(origin, name_place(sheet), "nothing in it")
            return None
        return table

    def _report(self, origin: str, headless: Sequence[Table], *, recognised: bool) -> Iterator[Skipped | Ignored]:
        """Say what became of the sheets without a header: a notes sheet beside a good one is no failure."""
        if headless and not recognised:
            yield Skipped(origin, "", self._explain(headless))
            return
        for table in headless:
            kind = Skipped if self.sheets else Ignored
            yield kind(origin, name_place(table.sheet), self._explain([table]))

    def _explain(self, headless: Sequence[Table]) -> str:
        sought = [f'a column "{name}"' for name in self.mapping.values()]
        if "page_content" not in self.mapping:
            sought.append("a column for page_content")
        found = (_quote(table.names) + (f" in {name_place(table.sheet)}" if headless[1:] else "") for table in headless)
        return (
            f"no row of the first {SEARCHED} has {' and '.join(sought)}; found {'; '.join(found)}; "
            f'name the right one with --map page_content="..."'
        )


def open_excel(
    location: str | os.PathLike[str],
    *,
    dataset: str | None,
    mapping: Mapping[str, str],
    sheets: Sequence[str],
    include: Sequence[str],
    exclude: Sequence[str],
) -> Workbooks:
    """Make a source of workbooks; nothing is read yet. Raises UsageError for a mapping that can't be meant."""
    for role, name in mapping.items():
        if role not in ROLES:
            raise UsageError(f'--map {role}="{name}": there is no role {role!r}; the roles are {", ".join(ROLES)}')
        if not normalise(name):
            raise UsageError(f'--map {role}="{name}": that is no name of a column; write the one in the header')
    path = locate(location)
    selection = Selection(EXTENSIONS, tuple(include), tuple(exclude))
    name = spell(dataset) if dataset else name_dataset(path)
    return Workbooks(name, path, selection, dict(mapping), tuple(sheets))


def _fold(name: str) -> str:
    """Bring the name of a sheet to the form in which it is compared; Excel too sees no difference of case."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _quote(names: Sequence[str]) -> str:
    shown = [f'"{name[:_SHOWN_CHARACTERS]}{"…" if name[_SHOWN_CHARACTERS:] else ""}"' for name in names[:_SHOWN]]
    if names[_SHOWN:]:
        shown.append(f"{len(names) - _SHOWN} more")
    return ", ".join(shown) or "none"
