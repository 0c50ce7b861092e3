"""The embedded store: one collection in a folder of this tool's own, held by one process at a time."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ingest.errors import StoreError, UsageError
from ingest.model import Collection
from ingest.protocols import Store
from ingest.stores import layout
from ingest.stores.builds import Mark, Unfinished, make_mark
from ingest.stores.embedded_collection import EmbeddedCollection
from ingest.stores.engine import translating
from ingest.stores.lock import FolderLock


class EmbeddedStore(EmbeddedCollection):
    """The collection of `<path>/<collection>/`, which `collection.json` points to."""

    def __init__(
        self, path: str, collection: str, *, lock_wait: float = 0.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(path, collection)
        self._built: EmbeddedBuild | None = None
        self._lock = FolderLock(self._folder)
        with translating(self._folder):
            layout.refuse_foreign(Path(path))
        self._lock.acquire(lock_wait, sleep)
        try:
            with translating(self._folder):
                self._manifest = layout.read_manifest(self._folder)
        except BaseException:
            self.close()
            raise

    def drop(self) -> None:
        """Remove the collection from the disk, and what is being built beside it."""
        self._close_build()
        super().drop()

    def build(self) -> "EmbeddedBuild":
        """Open what is to take the collection's place: what was begun, else a collection that is absent yet."""
        self._close_build()
        self._built = EmbeddedBuild(self.name, self.collection, beside=self._manifest)
        return self._built

    def switch(self, built: Store) -> str:
        """Let what was built take the collection's place, and remove what it replaced; say what could not be removed.

        An open sees the whole old collection until `collection.json` is replaced, and the whole new one from then on.
        """
        mine = self._built
        if mine is None or built is not mine or not (manifest := mine.give_away()):
            raise StoreError(f"nothing that can be switched to was built beside {self._folder}")
        self._built = None
        self._close_shard()
        with translating(self._folder):
            layout.write_manifest(self._folder, manifest)
        self._manifest, self._deleted = manifest, False
        try:
            self.clear()
        except StoreError as error:
            return f"what the new collection replaced is left for the next run to remove: {error}"
        return ""

    def clear(self) -> list[str]:
        """Remove what builds that ended early, or collections that were replaced, left; give the names."""
        self._close_build()
        with translating(self._folder):
            return layout.clear(self._folder, self._manifest)

    def adopt(self, collection: Collection) -> None:  # noqa: ARG002 - as the protocol has it
        """Refuse: no other program's collection can be in the folder."""
        raise UsageError(f"--adopt is for a server: what {self.name} holds is this tool's own. Leave it out")

    def close(self) -> None:
        """Flush and let go of the folder; closing twice is no error."""
        if self._closed:
            return
        try:
            try:
                self._close_build()
            finally:
                super().close()
        finally:
            self._lock.release(trace=self._manifest is not None)

    def _close_build(self) -> None:
        built, self._built = self._built, None
        if built:
            built.close()


class EmbeddedBuild(Unfinished, EmbeddedCollection):
    """A collection that is being built to take the place of another one of the folder, which holds the lock."""

    def __init__(self, path: str, collection: str, *, beside: layout.Manifest | None) -> None:
        super().__init__(path, collection)
        self._beside = beside
        self._who = make_mark(collection, time.time())
        with translating(self._folder):
            self._manifest = layout.read_build(self._folder, beside)

    def give_away(self) -> layout.Manifest | None:
        """Close the shard with all that was written to it, and give the record of a collection in use."""
        self.close()
        return replace(self._manifest, mark=None) if self._manifest else None

    @property
    def _mark(self) -> Mark:
        return self._who

    def _remove(self) -> None:
        """Remove the build and whatever earlier ones left."""
        layout.clear(self._folder, self._beside)
