"""The columns that a user names for the roles."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ingest.alternatives import find_nearest, quote_name
from ingest.errors import UsageError
from ingest.model import Json
from ingest.sources.names import ROLES, normalise

Named: TypeAlias = Mapping[str, Sequence[str]]  # role → names of its columns; a sheet has the first that stands in it


@dataclass(slots=True)
class Inventory:
    """The names of the columns of many files, read as far as a name must be looked for, and none of them twice."""

    _known: set[str] = field(default_factory=set)
    _left: Iterator[Iterable[str]] | None = None

    def has(self, name: str, read: Callable[[], Iterator[Iterable[str]]]) -> bool:
        """Tell whether any file has a column of this name. read: begins to give the names of each file's columns."""
        self._left = read() if self._left is None else self._left
        while normalise(name) not in self._known:
            if (names := next(self._left, None)) is None:
                return False
            self._known.update(map(normalise, names))
        return True


def read_mapping(given: Mapping[str, str | Sequence[str]]) -> Named:
    """Check what a user named, one column or several for a role. Raises UsageError for what can't be."""
    mapping = {role: [names] if isinstance(names, str) else list(names) for role, names in given.items()}
    for role, names in mapping.items():
        for name in names:
            if role not in ROLES:
                raise UsageError(f'--map {role}="{name}": there is no role {role!r}; the roles are {", ".join(ROLES)}')
            if not normalise(name):
                raise UsageError(f'--map {role}="{name}": that is no name of a column; write the one in the header')
    return {role: names for role, names in mapping.items() if names}


def describe_mapping(mapping: Named) -> Mapping[str, Json]:
    """Give a mapping in the form in which names are compared, one name as itself and several as a list."""
    described: dict[str, Json] = {}
    for role, names in mapping.items():
        compared = list(dict.fromkeys(map(normalise, names)))
        described[role] = compared if compared[1:] else compared[0]
    return described


def list_unknown(mapping: Named, there: Iterable[str]) -> list[tuple[str, str]]:
    """List role and name of the columns that are named and not among these."""
    known = set(map(normalise, there))
    return [(role, name) for role, names in mapping.items() for name in names if normalise(name) not in known]


def explain_unknown(unknown: Sequence[tuple[str, str]], there: Sequence[str]) -> str:
    """Say which columns are nowhere, and which of those that are there come nearest."""
    said = " and ".join(f'"{name}" (--map {role})' for role, name in unknown)
    near = dict.fromkeys(quote_name(other) for _, name in unknown for other in find_nearest(name, there))
    return said + (f"; nearest {' or '.join(near)}" if near else "")
