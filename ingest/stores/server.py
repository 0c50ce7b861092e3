"""A Qdrant server as a store: one collection, with or without an alias before it, and the build beside it."""

import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from qdrant_client import QdrantClient

from ingest.errors import CredentialError, IdentityError, IngestError, StoreError
from ingest.identity import is_comparable
from ingest.model import Collection
from ingest.protocols import Store
from ingest.stores.form import ANY, Form
from ingest.stores.metadata import ADOPTING, ALIAS, BUILDING, is_ours, pack_metadata
from ingest.stores.patience import PATIENCE, Patience
from ingest.stores.server_build import ServerBuild
from ingest.stores.server_collection import ServerCollection
from ingest.stores.server_lock import ServerLock
from ingest.stores.shapes import find_misfit
from ingest.stores.siblings import Siblings
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
        self._alias, self._lock = alias or "", lock
        self._siblings = Siblings(self._catalog, collection, self._alias, name, clock)
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
        free = self._siblings.name_next()  # before the look: another share may be first in between
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
        name = self._siblings.find_begun(self._form) or self._siblings.name_next()
        if self._built:
            self._built.flush()
        self._built = ServerBuild(
            self._client,
            name,
            name=self.name,
            patience=self._patience.about(name),
            of=self._siblings.base,
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
        self._siblings = replace(self._siblings, base=mine.collection)
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

    def _locate(self) -> str:
        """Give the name by which the server is asked: of an alias that stands for nothing, the alias itself."""
        if not self._alias:
            return self._siblings.base
        if self._target is None:
            behind = self._catalog.list_aliases().get(self._alias)
            self._target = behind or self._siblings.find_unpointed() or self._alias
        return self._target

    def _make_marks(self) -> dict[str, Any]:
        return {ALIAS: self._alias} if self._alias else {}

    def _update(self, metadata: Mapping[str, Any]) -> None:
        """Merge keys into the metadata. What is written to as any other collection is being built no more."""
        super()._update({**metadata, BUILDING: None} if self._marked else metadata)
        self._marked = False

    def _remove_left(self) -> list[str]:
        built, self._built = self._built, None
        if built:
            built.close()
        return self._siblings.remove_left()

    def _tell_differences(self) -> None:
        """Say what of the collection is not as it is asked for: that is chosen when one is made."""
        if self._described and (differences := self._form.list_differences(self._described.form)):
            log.info(
                "collection %r at %s stays as it was made: its %s. --rebuild makes it anew so",
                self.collection,
                self.name,
                "; its ".join(differences),
            )

    def _tidy(self, mine: ServerBuild, old: str) -> list[str]:
        """Remove what the switch made superfluous; say what was removed, and what was left and why."""
        try:
            if self._alias:
                mine.finish()
            removed = [f"{name} was removed" for name in self._remove_left()]
            return [*removed, *(self._siblings.explain_left(old) if self._alias else [])]
        except IngestError as error:
            return [f"what {mine.collection!r} makes superfluous is left for the next run to remove: {error}"]

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
