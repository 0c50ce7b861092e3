"""A Qdrant server as a store: one collection, with or without an alias before it, and the build beside it."""

import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from qdrant_client import QdrantClient

from ingest.errors import CredentialError, IdentityError, IngestError, LockedError, StoreError, UsageError
from ingest.identity import is_comparable
from ingest.model import Collection
from ingest.protocols import Store
from ingest.stores.builds import Fate, Found, Series, behind_alias, beside, judge, read_mark
from ingest.stores.form import ANY, Form
from ingest.stores.metadata import ADOPTING, ALIAS, BUILDING, is_ours, pack_metadata
from ingest.stores.patience import PATIENCE, Patience
from ingest.stores.server_build import ServerBuild
from ingest.stores.server_collection import ServerCollection
from ingest.stores.server_form import read_form
from ingest.stores.server_lock import ServerLock
from ingest.stores.shapes import find_misfit
from ingest.stores.wire import ONE_BY_ONE, Wire

OLDEST = (1, 16)  # version of a server that gives metadata back

log = logging.getLogger("ingest")


class ServerStore(ServerCollection):
    """One collection of a server.

    alias: the name by which applications reach it. What stands behind it is called `<collection>-1`, `<collection>-2`
        and so on, or `<collection>` where this tool made that before there was an alias.
    clock: seconds since 1970 (UTC). wire: how points are written. max_wait: seconds, see `Patience`.
    form: how a new collection is to be kept; a rebuild keeps the rest as the old one has it.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        *,
        name: str,
        alias: str | None = None,
        lock: ServerLock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
        wire: Wire = ONE_BY_ONE,
        max_wait: float = PATIENCE,
        form: Form = ANY,
    ) -> None:
        known = alias or collection
        patience = Patience(name, known, sleep, draw, longest=max_wait)
        super().__init__(client, known, name=name, patience=patience, clock=clock, wire=wire, form=form)
        self._wire = wire
        self._base, self._alias, self._lock = collection, alias or "", lock
        self._target: str | None = None  # what stands behind the alias, once it was looked up
        self._built: ServerBuild | None = None

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist.

        An alias is looked up anew. One that is missing yet is read through to what `clear` would put it on.
        """
        self._target = None
        return self._read()

    def create(self, collection: Collection) -> None:
        """Create the collection with its record in one request, then its payload indexes, then its alias.

        Raises StoreError for a server that would not give the record back.
        """
        self._refuse_old()
        if not self._alias:
            super().create(collection)
            return
        free = self._name_next()  # before the look: another share may be first in between
        there = self.describe()
        if there and not is_comparable(there, collection):
            raise StoreError(f"there is a collection {self.collection!r} at {self.name} already")
        self._target = None if there else free  # looked up anew
        super().create(collection)
        self._catalog.point(self._alias, self._locate())

    def drop(self) -> None:
        """Refuse: others may be reading the collection."""
        raise StoreError(
            f"collection {self.collection!r} at {self.name} is not removed, since others may use it: make it anew "
            f"with --rebuild, or fill another one: {self._name_other()}"
        )

    def build(self) -> ServerBuild:
        """Open the collection that is to take this one's place: one that was begun, else one that is absent yet.

        Raises LockedError where another host is building it.
        """
        begun = None
        for found in self._find_unused():
            fate = self._judge(found)
            if fate is Fate.BUSY:
                raise LockedError(
                    f"collection {found.name!r} at {self.name} is being built by {found.mark}. Run again when that "
                    "has ended; if it died, an hour after it was last seen"
                )
            if fate is Fate.ABANDONED and found.alias == self._alias and self._is_formed(found.name):
                begun = found.name
        name = begun or self._name_next()
        if self._built:
            self._built.flush()
        self._built = ServerBuild(
            self._client,
            name,
            name=self.name,
            patience=self._patience.about(name),
            of=self._base,
            alias=self._alias,
            clock=self._clock,
            wire=self._wire,
            form=self._form,
            like=self._catalog.look(self._locate()),
        )
        return self._built

    def switch(self, built: Store) -> str:
        """Let what was built take this collection's place, and remove what was replaced behind an alias.

        Without an alias nothing is removed, and this store reads the new collection from now on. Says what stands
        where now, and what was removed or left.
        """
        mine = self._built
        if mine is None or built is not mine:
            raise StoreError(f"{built.collection!r} was not built beside {self.collection!r}")
        mine.flush()
        old = self._locate()
        if self._alias:
            self._catalog.point(self._alias, mine.collection)
        else:
            mine.finish()
        tidied = self._tidy(mine, old)  # from here on nothing undoes the switch
        self._target, self._described = mine.collection, None
        if self._alias:
            return "; ".join([f"{self._alias} now stands for {mine.collection}", *tidied])
        self._base = mine.collection
        return "; ".join(
            [
                f"applications use the new collection with COLLECTION_NAME={mine.collection}",
                f"the old one, {old!r}, is left as it is",
                *tidied,
            ]
        )

    def clear(self) -> list[str]:
        """Remove what builds of this host, and silent ones of another, left; give the names of what was removed.

        What the alias stood for before is removed too, unless another alias stands for it. An alias that is missing
        is put on the collection that was made for it, else on one of ours that is called as COLLECTION_NAME says.
        """
        self._complete_indexes()
        self._tell_differences()
        try:
            return self._remove_left()
        except CredentialError as error:  # a key for one collection is enough for all that is not a rebuild
            log.info("what an earlier rebuild may have left is not looked for: %s", error)
            return []

    def adopt(self, collection: Collection) -> None:
        """Take over a collection that this tool did not make: write our record into it, and make the payload indexes.

        Raises IdentityError for one that our points don't fit into, or that holds vectors of another model of ours.
        """
        self._refuse_old()
        info = self._catalog.look(self._locate())
        if info is None:
            raise IdentityError(
                f"there is no collection {self.collection!r} at {self.name} to adopt: leave out --adopt"
            )
        if is_ours(info.config.metadata):
            described = self._read()
            if described and described.identity == collection.identity:
                return
            raise IdentityError(
                f"collection {self.collection!r} at {self.name} was made by this tool with another model: "
                "make it anew with --rebuild instead of --adopt"
            )
        if misfit := find_misfit(info, collection.dimension):
            raise IdentityError(
                f"collection {self.collection!r} at {self.name} can't be adopted: {misfit}. "
                f"Fill another one: {self._name_other()}"
            )
        self._update({**pack_metadata(collection), ADOPTING: True})
        if self._read() is None:
            raise StoreError(f"{self.name} does not give collection {self.collection!r} back after adopting it")
        self._complete_indexes()

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`, by their ids, and with the last end what `adopt` began."""
        yield from super().delete_strangers()
        described = self._described or self.describe()
        if described and described.adopting:
            self._update({ADOPTING: None})
            self._described = None

    def close(self) -> None:
        """Close the connections and let go of the lock; closing twice is no error."""
        try:
            super().close()
        finally:
            if self._lock:
                self._lock.release()

    @property
    def _series(self) -> Series:
        return behind_alias(self._base) if self._alias else beside(self._base)

    def _locate(self) -> str:
        """Give the name by which the server is asked: of an alias that stands for nothing, the alias itself."""
        if not self._alias:
            return self._base
        if self._target is None:
            behind = self._catalog.list_aliases().get(self._alias)
            self._target = behind or self._find_unpointed() or self._alias
        return self._target

    def _make_marks(self) -> dict[str, Any]:
        return {ALIAS: self._alias} if self._alias else {}

    def _update(self, metadata: Mapping[str, Any]) -> None:
        """Merge keys into the metadata. What is written to as any other collection is being built no more."""
        super()._update({**metadata, BUILDING: None} if self._marked else metadata)
        self._marked = False

    def _find_unpointed(self) -> str | None:
        """Find what a missing alias is to stand for. Raises UsageError for an alias that is a collection's name."""
        names = self._catalog.list_names()
        if self._alias in names:
            raise UsageError(
                f"{self.name} has a collection that is called {self._alias!r}, so that no alias can be: "
                f"choose another name, --alias {self._alias}_live"
            )
        for name in reversed(self._series.pick(names)):
            found = self._find(name)
            if found.alias == self._alias and not found.mark:
                return name
        info = self._catalog.look(self._base) if self._base in names else None
        metadata = (info.config.metadata if info else None) or {}
        return self._base if is_ours(metadata) and metadata.get(BUILDING) is None else None

    def _remove_left(self) -> list[str]:
        built, self._built = self._built, None
        if built:
            built.close()
        names = self._catalog.list_names()
        aliases = self._catalog.list_aliases() if self._alias else None
        if aliases is not None and self._alias not in aliases and (behind := self._find_unpointed()):
            self._catalog.point(self._alias, behind)
            aliases[self._alias] = behind
            log.info("the alias %s stands for %s now, which was there", self._alias, behind)
        doomed = {Fate.ABANDONED}
        if aliases is None or self._alias in aliases:  # else what seems replaced is what another share is making
            doomed.add(Fate.REPLACED)
        removed = []
        for found in self._find_unused(names, aliases):
            if self._judge(found) in doomed:
                self._catalog.delete(found.name)
                removed.append(found.name)
        return removed

    def _tell_differences(self) -> None:
        """Say what of the collection is not as it is asked for: that is chosen when one is made."""
        if self._described and (differences := self._form.list_differences(self._described.form)):
            log.info(
                "collection %r at %s stays as it was made: its %s. --rebuild makes it anew so",
                self.collection,
                self.name,
                "; its ".join(differences),
            )

    def _name_next(self) -> str:
        """Give the name of a collection of the series that is there neither as a collection nor as an alias."""
        return self._series.name_next(self._catalog.list_names() | self._catalog.list_aliases().keys())

    def _find_unused(self, names: set[str] | None = None, aliases: Mapping[str, str] | None = None) -> Iterator[Found]:
        """Look at the collections of the series that no alias stands for.

        Both are asked for where not given, the aliases last: what was made since the names were read is left alone.
        """
        if picked := self._series.pick(self._catalog.list_names() if names is None else names):
            used = set((self._catalog.list_aliases() if aliases is None else aliases).values())
            yield from (self._find(name) for name in picked if name not in used)

    def _find(self, name: str) -> Found:
        info = self._catalog.look(name)
        metadata = info.config.metadata if info else None
        if metadata is None or not is_ours(metadata):
            return Found(name, None, "")
        return Found(name, read_mark(metadata.get(BUILDING)), str(metadata.get(ALIAS) or ""))

    def _is_formed(self, name: str) -> bool:
        """Say whether a collection is kept as it is asked for."""
        info = self._catalog.look(name)
        return info is not None and not self._form.list_differences(read_form(info))

    def _judge(self, found: Found) -> Fate:
        return judge(found, of=self._base, alias=self._alias, now=self._clock())

    def _tidy(self, mine: ServerBuild, old: str) -> list[str]:
        """Remove what the switch made superfluous; say what was removed, and what was left and why."""
        try:
            if self._alias:
                mine.finish()
            removed = [f"{name} was removed" for name in self._remove_left()]
            return [*removed, *(self._explain_left(old) if self._alias else [])]
        except IngestError as error:
            return [f"what {mine.collection!r} makes superfluous is left for the next run to remove: {error}"]

    def _explain_left(self, old: str) -> Iterator[str]:
        """Say why what the alias stood for is still there, if it is."""
        if old not in self._catalog.list_names():
            return
        others = sorted(alias for alias, name in self._catalog.list_aliases().items() if name == old)
        reason = f"it stands behind {', '.join(others)}" if others else f"it was not made to stand behind {self._alias}"
        yield f"the old collection, {old!r}, is left as it is, since {reason}: remove it once nothing uses it"

    def _refuse_old(self) -> None:
        version = self._patience.ask(self._client.info).version
        found = re.match(r"(\d+)\.(\d+)", version)
        if found and (int(found[1]), int(found[2])) < OLDEST:
            raise StoreError(
                f"{self.name} is Qdrant {version}, which keeps no metadata of a collection: upgrade it to "
                f"{'.'.join(map(str, OLDEST))} or later"
            )

    def _name_other(self) -> str:
        return f"--alias {self._alias}_2" if self._alias else super()._name_other()
