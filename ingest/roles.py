"""Which columns played which role when a workbook was read last, so that none goes missing without a word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ingest.alternatives import quote_name, quote_names
from ingest.errors import SourceError
from ingest.model import Columns, Json, canonical

Sheets: TypeAlias = Mapping[str, Mapping[str, str]]  # sheet, without difference of case → role → name of its column
Told: TypeAlias = Mapping[str, Sequence[str]]  # sheet, likewise → the roles whose column a user named

_TEXT = "page_content"  # the role without which a sheet has nothing to read


@dataclass(frozen=True, slots=True)
class Reading:
    """The columns of one file, as they were when it was read."""

    sheets: Sheets
    told: Told = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """A role that a sheet had, and has no more. there: a column of that name is. told: a user had named it."""

    sheet: str
    role: str
    name: str
    there: bool
    told: bool

    @property
    def option(self) -> str:
        """What names its column again; the name of one that is gone is left to a person."""
        return f'--map {self.role}="{self.name if self.there else "…"}"'


@dataclass(slots=True)
class Roles:
    """The columns of one dataset: as they were recorded, and for each file that is read, as they are now.

    read: by origin. accepted: a question or a source may go; a sheet's texts would go with their column, so that never.
    refusals: what is to be said of each file that lost one.
    """

    read: dict[str, Reading] = field(default_factory=dict)
    accepted: bool = False
    refusals: list[str] = field(default_factory=list)

    def check(self, columns: Columns) -> bool:
        """Say whether a file may be read: no sheet lost a role, nor did one under another name, as far as can be told.

        Of sheets that are gone while new ones are there, the new ones must have every role.
        """
        losses = _find_losses(self.read.get(columns.origin, Reading({})), columns)
        if self.accepted and not any(loss.role == _TEXT for loss in losses):
            losses = []
        if losses:
            self.refusals.append(_explain(columns, losses))
        return not losses

    def note(self, columns: Columns, *, whole: bool) -> None:
        """Note the columns of a file that was read; of one not read to the end, what was recorded and isn't seen stays.

        Nothing is noted of one that is not read at all since a name is unknown.
        """
        if columns.unknown:
            return
        recognised = {_fold(sheet): dict(roles) for sheet, roles in columns.roles.items() if roles}
        told = {_fold(sheet): sorted(roles) for sheet, roles in columns.told.items() if roles}
        before = Reading({}) if whole else self.read.get(columns.origin, Reading({}))
        unseen = before.sheets.keys() - set(map(_fold, columns.roles))
        sheets = {sheet: before.sheets[sheet] for sheet in unseen} | recognised
        told = {sheet: list(before.told[sheet]) for sheet in unseen & before.told.keys()} | told
        if sheets:
            self.read[columns.origin] = Reading(sheets, told)
        else:
            self.read.pop(columns.origin, None)

    def forget(self, listed: Iterable[str]) -> None:
        """Forget files that the source no longer lists."""
        for origin in self.read.keys() - set(listed):
            del self.read[origin]

    def describe(self) -> Sequence[Json]:
        """Give what to record with the dataset: the files of a folder mostly share their columns."""
        groups: dict[str, dict[str, Any]] = {}
        for origin, reading in sorted(self.read.items()):
            columns = {"sheets": reading.sheets} | ({"told": reading.told} if reading.told else {})
            groups.setdefault(canonical(columns), {**columns, "origins": []})["origins"].append(origin)
        return list(groups.values())

    def raise_refusals(self) -> None:
        """Raise SourceError where a file lost a role."""
        if self.refusals:
            more = len(self.refusals) - 1
            raise SourceError(self.refusals[0] + (f" (and {more} more files that lost a column)" if more else ""))


def read_roles(recorded: Mapping[str, Json], *, accepted: bool) -> Roles:
    """Read what `Roles.describe` gave of a dataset."""
    groups: Any = recorded.get("columns", ())
    read = {origin: Reading(group["sheets"], group.get("told", {})) for group in groups for origin in group["origins"]}
    return Roles(read, accepted)


def _find_losses(before: Reading, columns: Columns) -> list[Loss]:
    now = {_fold(sheet): sheet for sheet in columns.roles}
    losses = [
        loss
        for folded in before.sheets.keys() & now.keys()
        for loss in _compare(before, [folded], columns, now[folded])
    ]
    if losses:
        return sorted(losses, key=lambda loss: list(columns.roles).index(loss.sheet))
    gone = sorted(before.sheets.keys() - now.keys())
    new = [sheet for folded, sheet in now.items() if columns.roles[sheet] and folded not in before.sheets]
    had = {role for sheet in new for role in columns.roles[sheet]}
    return [loss for loss in _compare(before, gone, columns, new[0]) if loss.role not in had] if new else []


def _compare(before: Reading, sheets: Sequence[str], columns: Columns, now: str) -> list[Loss]:
    """List what was a role in any of these sheets, and is none in the one that is there now."""
    had = {
        role: (name, role in before.told.get(sheet, ()))
        for sheet in sheets
        for role, name in before.sheets[sheet].items()
    }
    return [
        Loss(now, role, name, name in columns.names[now], told)
        for role, (name, told) in had.items()
        if role not in columns.roles[now]
    ]


def _explain(columns: Columns, losses: Sequence[Loss]) -> str:
    """Say which column is gone, or which was named by the last run and is not by this one, and the ways on."""
    if columns.unknown:
        return f"{columns.origin}: {columns.unknown}. It keeps what it had until then"
    told = [loss for loss in losses if loss.told and loss.there]
    gone = [loss for loss in losses if not loss.there]
    # One that is there and that nobody named comes back by itself, with the header that it stands in.
    first = next(iter(gone or told), None) or next((loss for loss in losses if loss.role == _TEXT), losses[0])
    same = [loss for loss in (gone or told or [first]) if loss.sheet == first.sheet]
    options = " ".join(dict.fromkeys(loss.option for loss in (*same, *told)))
    named = " and ".join(f"{quote_name(loss.name)} ({loss.role})" for loss in same)
    there = f"there are now {quote_names(columns.names[first.sheet])}"
    further = any(loss.role in roles for loss in (*same, *told) for roles in columns.told.values())
    beside = ", beside what this one is told" if further else ""
    ways = [f"every run is told which one it is ({options}{beside})"]
    if gone:
        said = f"the column {named} that the last run read is gone; {there}"
        ways.insert(0, "the column has its old name again")
    elif told:
        said = f"the last run was told {options}, and this one is not"
        ways = [f"every run is told so{beside}"]
    else:
        said = f"the column {named} that the last run read is not taken for that any more; {there}"
    if all(loss.role != _TEXT for loss in losses):
        ways.append("one that it may go (--accept-columns)")
    elif gone:
        ways.append(f"{'the sheet is hidden or taken out' if first.sheet else 'the file is taken out'}, with its rows")
    place = f"{columns.origin}{f', sheet {first.sheet}' if first.sheet else ''}"
    return f"{place}: {said}. It keeps what it had until {', or '.join(ways)}"


def _fold(sheet: str) -> str:
    return sheet.casefold()
