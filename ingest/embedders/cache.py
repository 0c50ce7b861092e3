"""Where paid vectors are kept for another run: what a cache must do, and the table of caches."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ingest.embedders.cache_file import FileCache
from ingest.embedders.cache_server import SCHEMES, ServerCache
from ingest.errors import UsageError


class Cache(Protocol):
    """Bytes by name, for a while. Safe to call from several threads, and from several processes at once.

    What it gives back may have been written by anyone and may be damaged: whoever reads it checks it.
    Every method raises CacheError where the cache fails; nothing is opened or asked before the first call.
    """

    @property
    def name(self) -> str: ...

    def list_canaries(self, identity: str) -> Sequence[bytes]:
        """List what was added for an identity, in the order in which later runs shall try it."""
        ...

    def add_canaries(self, identity: str, canaries: bytes) -> None:
        """Add to what is listed for an identity; adding it twice is adding it once."""
        ...

    def fetch(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Fetch what is kept under these keys, and count it as used; a key that isn't there is left out."""
        ...

    def keep(self, values: Mapping[str, bytes]) -> None:
        """Keep values, each in the place of what was under its key. What returns survives this process."""
        ...

    def close(self) -> None:
        """Let go of the cache; closing twice is no error."""
        ...


def open_cache(
    *, directory: str | None, url: str | None, enabled: bool = True, read_only: bool = False
) -> Cache | None:
    """Open a cache: a file in `directory`, or a Redis server at `url`, which is preferred; None where not enabled.

    directory: None means the user's cache folder. read_only: nothing is made, kept, or counted as used.
    Raises UsageError for a URL that is none, or where the package that it needs is missing.
    """
    if not enabled:
        return None
    if not url:
        return FileCache(directory, read_only=read_only)
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise UsageError(
            f"there is no cache of the kind {scheme if separator else 'named'!r}: --cache-url takes redis://HOST:PORT"
        )
    return ServerCache(url, read_only=read_only)
