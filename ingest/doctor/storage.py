"""Whether the store answers, what the collection holds, and the room on its disk."""

import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ingest.doctor.findings import Check, Status
from ingest.embedders.connection import Connection, read_json
from ingest.environment import make_qdrant_url
from ingest.errors import IngestError, StoreError, UsageError
from ingest.model import Collection, Json
from ingest.protocols import Store
from ingest.settings import Settings
from ingest.stores.disk import MIB, ROOM_TO_WRITE, measure, require_room

REST_PORT = 6333  # of Qdrant
READ = 10.0  # seconds that a server has to tell its version


@dataclass(frozen=True, slots=True)
class Seen:
    """A store that answered, closed again, and what its collection records; None where there is none yet."""

    store: Store
    described: Collection | None


def look_at_store(open_store: Callable[[], tuple[Store, list[str]]]) -> tuple[Check, Seen]:
    """Ask the store for the collection and count its points. Raises what a run would."""
    store, notes = open_store()
    with closing(store):
        described = store.describe()
        points = store.count() if described else 0
    hosts = () if store.private else (urlsplit(store.name).netloc,)
    server = "" if store.private else ask_version(store.name)
    where = f"{store.name} (Qdrant {server})" if server else store.name
    details: dict[str, Json] = {"store": store.name, "version": server or None, "collection": store.collection}
    if described is None:
        _refuse_old(store.name, server)
        sentence = f"{where} answers; collection {store.collection!r} is made by the first run"
        return Check("store", Status.OK, sentence, {**details, "points": 0}, notes, hosts), Seen(store, None)
    sentence = (
        f"{where}: collection {store.collection!r} holds {points} points of {described.dimension} dimensions, made "
        f"with {described.identity.model or 'an unnamed model'} by {described.service}"
    )
    details |= {
        "points": points,
        "dimension": described.dimension,
        "identity": asdict(described.identity),
        "service": described.service,
        "datasets": sorted(described.datasets),
    }
    return Check("store", Status.OK, sentence, details, notes, hosts), Seen(store, described)


def ask_version(url: str) -> str:
    """Ask a Qdrant server for its version, without a key; "" where it does not tell."""
    try:
        answer = read_json(Connection(url, read=READ).request("GET", f"{url}/"))
    except IngestError:
        return ""
    version = answer.get("version") if isinstance(answer, dict) else None
    return version if isinstance(version, str) else ""


def list_servers(settings: Settings) -> tuple[str, ...]:
    """List the host of the server that the settings name; none where that is no URL, which the store's check tells."""
    host = settings.qdrant_url or settings.qdrant_host
    if not host:
        return ()
    try:
        url = make_qdrant_url(host, settings.qdrant_port or REST_PORT, https=settings.qdrant_https)
        return (urlsplit(url).netloc.rpartition("@")[2],)
    except (ValueError, UsageError):
        return ()


def look_at_disk(folder: Path) -> Check:
    """Measure the embedded store's folder and the room beside it. Raises StoreError where a write would not fit."""
    require_room(folder, ROOM_TO_WRITE, "writing")
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free, size = shutil.disk_usage(there).free, measure(folder) if folder.is_dir() else 0
    sentence = f"{folder} holds {size // MIB} MiB, {free // MIB} MiB are free"
    return Check("disk", Status.OK, sentence, {"folder": str(folder.absolute()), "bytes": size, "free_bytes": free})


def _refuse_old(name: str, version: str) -> None:
    """Raise StoreError for a server on which a run could make no collection."""
    from ingest.stores.server import OLDEST  # noqa: PLC0415 - heavy

    if version and tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise StoreError(
            f"{name} is Qdrant {version}, which keeps no metadata of a collection: upgrade it to {needed} or later"
        )
