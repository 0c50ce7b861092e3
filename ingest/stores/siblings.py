"""The collections of a Qdrant server that were built, or are being built, to take one collection's place."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ingest.errors import LockedError, UsageError
from ingest.stores.builds import Fate, Found, Series, behind_alias, beside, judge, read_mark
from ingest.stores.catalog import Catalog
from ingest.stores.form import Form
from ingest.stores.metadata import ALIAS, BUILDING, is_ours
from ingest.stores.server_form import read_form

log = logging.getLogger("ingest")


@dataclass(frozen=True, slots=True)
class Siblings:
    """The collections of one series.

    base: the name of the collection, or of what the alias is for. alias: "" for none. name: of the server, in errors.
    clock: seconds since 1970 (UTC).
    """

    catalog: Catalog
    base: str
    alias: str
    name: str
    clock: Callable[[], float]

    def name_next(self) -> str:
        """Give the name of a collection of the series that is there neither as a collection nor as an alias."""
        return self._series.name_next(self.catalog.list_names() | self.catalog.list_aliases().keys())

    def find_begun(self, form: Form) -> str | None:
        """Find a build of this form that was begun and left. Raises LockedError where another host is building."""
        begun = None
        for found in self._find_unused():
            fate = self._judge(found)
            if fate is Fate.BUSY:
                raise LockedError(
                    f"collection {found.name!r} at {self.name} is being built by {found.mark}. Run again when that "
                    "has ended; if it died, an hour after it was last seen"
                )
            if fate is Fate.ABANDONED and found.alias == self.alias and self._is_formed(found.name, form):
                begun = found.name
        return begun

    def find_unpointed(self) -> str | None:
        """Find what a missing alias is to stand for. Raises UsageError for an alias that is a collection's name."""
        names = self.catalog.list_names()
        if self.alias in names:
            raise UsageError(
                f"{self.name} has a collection that is called {self.alias!r}, so that no alias can be: "
                f"choose another name, --alias {self.alias}_live"
            )
        for name in reversed(self._series.pick(names)):
            found = self._find(name)
            if found.alias == self.alias and not found.mark:
                return name
        info = self.catalog.look(self.base) if self.base in names else None
        metadata = (info.config.metadata if info else None) or {}
        return self.base if is_ours(metadata) and metadata.get(BUILDING) is None else None

    def remove_left(self) -> list[str]:
        """Remove what was abandoned, and what the alias stood for before; give their names.

        An alias that is missing is put on what it is to stand for first.
        """
        names = self.catalog.list_names()
        aliases = self.catalog.list_aliases() if self.alias else None
        if aliases is not None and self.alias not in aliases and (behind := self.find_unpointed()):
            self.catalog.point(self.alias, behind)
            aliases[self.alias] = behind
            log.info("the alias %s stands for %s now, which was there", self.alias, behind)
        doomed = {Fate.ABANDONED}
        if aliases is None or self.alias in aliases:  # else what seems replaced is what another share is making
            doomed.add(Fate.REPLACED)
        removed = []
        for found in self._find_unused(names, aliases):
            if self._judge(found) in doomed:
                self.catalog.delete(found.name)
                removed.append(found.name)
        return removed

    def explain_left(self, old: str) -> Iterator[str]:
        """Say why what the alias stood for is still there, if it is."""
        if old not in self.catalog.list_names():
            return
        others = sorted(alias for alias, name in self.catalog.list_aliases().items() if name == old)
        reason = f"it stands behind {', '.join(others)}" if others else f"it was not made to stand behind {self.alias}"
        yield f"the old collection, {old!r}, is left as it is, since {reason}: remove it once nothing uses it"

    @property
    def _series(self) -> Series:
        return behind_alias(self.base) if self.alias else beside(self.base)

    def _find_unused(self, names: set[str] | None = None, aliases: Mapping[str, str] | None = None) -> Iterator[Found]:
        """Look at the collections of the series that no alias stands for.

        Both are asked for where not given, the aliases last: what was made since the names were read is left alone.
        """
        if picked := self._series.pick(self.catalog.list_names() if names is None else names):
            used = set((self.catalog.list_aliases() if aliases is None else aliases).values())
            yield from (self._find(name) for name in picked if name not in used)

    def _find(self, name: str) -> Found:
        info = self.catalog.look(name)
        metadata = info.config.metadata if info else None
        if metadata is None or not is_ours(metadata):
            return Found(name, None, "")
        return Found(name, read_mark(metadata.get(BUILDING)), str(metadata.get(ALIAS) or ""))

    def _is_formed(self, name: str, form: Form) -> bool:
        """Say whether a collection is kept as it is asked for."""
        info = self.catalog.look(name)
        return info is not None and not form.list_differences(read_form(info))

    def _judge(self, found: Found) -> Fate:
        return judge(found, of=self.base, alias=self.alias, now=self.clock())
