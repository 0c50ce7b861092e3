"""Which columns played which role when a workbook was read last, so that none goes missing without a word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ingest.errors import SourceError
from ingest.model import Columns, Json, canonical

Sheets: TypeAlias = Mapping[str, Mapping[str, str]]  # sheet, without difference of case → role → name of its column

_SHOWN, _SHOWN_CHARACTERS = 30, 60  # names in a message, and characters of each


@dataclass(slots=True)
class Roles:
    """The columns of one dataset: as they were recorded, and for each file that is read, as they are now.

    read: by origin. accepted: a role may go. refusals: what is to be said of each file that lost one.
    """

    read: dict[str, Sheets] = field(default_factory=dict)
    accepted: bool = False
    refusals: list[str] = field(default_factory=list)

    def check(self, columns: Columns) -> bool:
        """Say whether a file may be read: no sheet lost a role, nor did one under another name, as far as can be told.

        Of sheets that are gone while new ones are there, the new ones must have every role.
        """
        refusal = None if self.accepted else _find_loss(self.read.get(columns.origin, {}), columns)
        if refusal:
            self.refusals.append(refusal)
        return not refusal

    def note(self, origin: str, now: Sheets, *, whole: bool) -> None:
        """Note the columns of a file that was read; of one not read to the end, what was recorded and isn't seen stays.

        now: as `Columns.roles` has them.
        """
        recognised = {_fold(sheet): dict(roles) for sheet, roles in now.items() if roles}
        headless = {_fold(sheet) for sheet, roles in now.items() if not roles}
        before = {} if whole else self.read.get(origin, {})
        self.read[origin] = {sheet: before[sheet] for sheet in before.keys() - headless} | recognised
        if not self.read[origin]:
            del self.read[origin]

    def forget(self, listed: Iterable[str]) -> None:
        """Forget files that the source no longer lists."""
        for origin in self.read.keys() - set(listed):
            del self.read[origin]

    def describe(self) -> Sequence[Json]:
        """Give what to record with the dataset: the files of a folder mostly share their columns."""
        groups: dict[str, dict[str, Any]] = {}
        for origin, sheets in sorted(self.read.items()):
            groups.setdefault(canonical(sheets), {"sheets": sheets, "origins": []})["origins"].append(origin)
        return list(groups.values())

    def raise_refusals(self) -> None:
        """Raise SourceError where a file lost a role."""
        if self.refusals:
            more = len(self.refusals) - 1
            raise SourceError(self.refusals[0] + (f" (and {more} more files that lost a column)" if more else ""))


def read_roles(recorded: Mapping[str, Json], *, accepted: bool) -> Roles:
    """Read what `Roles.describe` gave of a dataset."""
    groups: Any = recorded.get("columns", ())
    return Roles({origin: group["sheets"] for group in groups for origin in group["origins"]}, accepted)


def _find_loss(before: Sheets, columns: Columns) -> str | None:
    for sheet, roles in columns.roles.items():
        lost = {role: name for role, name in before.get(_fold(sheet), {}).items() if role not in roles}
        if lost:
            return _explain(columns, sheet, lost)
    gone = before.keys() - set(map(_fold, columns.roles))
    new = {sheet: roles for sheet, roles in columns.roles.items() if roles and _fold(sheet) not in before}
    had = {role: name for sheet in sorted(gone) for role, name in before[sheet].items()}
    lost = {role: name for role, name in had.items() if not any(role in roles for roles in new.values())}
    return _explain(columns, next(iter(new)), lost) if new and lost else None


def _explain(columns: Columns, sheet: str, lost: Mapping[str, str]) -> str:
    gone = " and ".join(f'"{name[:_SHOWN_CHARACTERS]}" ({role})' for role, name in lost.items())
    names = columns.names[sheet]
    there = ", ".join(f'"{name[:_SHOWN_CHARACTERS]}"' for name in names[:_SHOWN]) or "none"
    more = f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
    if mapped := [f'--map {role}="{name}"' for role, name in lost.items() if name in names]:
        return (
            f"{columns.origin}{f', sheet {sheet}' if sheet else ''}: the last run was told {' '.join(mapped)}, and "
            "this one is not. It keeps what it had until every run is told so, or one that a column may go "
            "(--accept-columns)"
        )
    ways = " ".join(f'--map {role}="…"' for role in lost)
    return (
        f"{columns.origin}{f', sheet {sheet}' if sheet else ''}: the column {gone} that the last run read is gone; "
        f"there are now {there}{more}. It keeps what it had until the column has its old name again, or every run "
        f"is told which one it is ({ways}), or one that it may go (--accept-columns)"
    )


def _fold(sheet: str) -> str:
    return sheet.casefold()
