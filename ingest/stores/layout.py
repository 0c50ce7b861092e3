"""What lies in the folder of an embedded store.

    <path>/<collection>/collection.json   what the collection records of itself, and the name of its shard
    <path>/<collection>/shard-1/          the engine's files
    <path>/<collection>.lock              see `lock`

`collection.json` is written last and removed first: a folder of ours without it is what a death in between left,
and counts as absent.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import IdentityError, StoreError
from ingest.model import Collection
from ingest.stores.records import pack, unpack

MANIFEST = "collection.json"
_TEMPORARY = f"{MANIFEST}.tmp"
_OURS = re.compile(rf"shard-\d+|{re.escape(_TEMPORARY)}")
_SHOWN = 5  # names of a foreign folder that an error lists

# What others' storage looks like from above, by the names that lie in it.
_FOREIGN = (
    ({"raft_state.json"}, "the storage of a Qdrant server: reach that server by --qdrant-url"),
    ({"collections", "aliases"}, "the storage of a Qdrant server: reach that server by --qdrant-url"),
    ({"meta.json"}, "the data of qdrant-client's local mode, which this tool does not use"),
    ({MANIFEST}, "a collection itself: name the folder above it"),
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of `collection.json`; `shard` is the name of the folder that holds the points."""

    shard: str
    described: Collection


def refuse_foreign(root: Path) -> None:
    """Raise IdentityError for a folder that holds the data of another program, StoreError for what is no folder."""
    if not root.exists():
        return
    if not root.is_dir():
        raise StoreError(f"{root} is a file: name a folder for the store with --qdrant-path")
    names = {path.name for path in root.iterdir()}
    for marks, what in _FOREIGN:
        if marks <= names:
            raise IdentityError(f"{root} holds {what}; or name another folder with --qdrant-path")


def read_manifest(folder: Path) -> Manifest | None:
    """Read what a collection records; None where there is none.

    Raises StoreError for a damaged record, IdentityError for a folder that holds something else.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        _refuse_others(folder)
        return None
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}") from error
    try:
        record = json.loads(content)
        shard, described, datasets = record["shard"], record["collection"], record["datasets"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} is damaged ({error}): restore it from a copy, or remove {folder} and index anew"
        ) from error
    if not _OURS.fullmatch(str(shard)) or not (folder / shard).is_dir():
        raise StoreError(f"{path} names the shard {shard!r}, which isn't there: remove {folder} and index anew")
    return Manifest(shard, unpack(described, datasets, str(path)))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace `collection.json` in one step that survives a power cut."""
    record = {
        "shard": manifest.shard,
        "collection": pack(manifest.described),
        "datasets": {name: dict(entry) for name, entry in manifest.described.datasets.items()},
    }
    temporary = folder / _TEMPORARY
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(record, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MANIFEST)
    _settle(folder)


def remove(folder: Path) -> None:
    """Remove a collection: its record first, so that a death in between leaves none that looks whole."""
    if not folder.exists():
        return
    (folder / MANIFEST).unlink(missing_ok=True)
    _settle(folder)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    folder.rmdir()


def _refuse_others(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise IdentityError(f"{folder} is a file, not a collection: name another, COLLECTION_NAME={folder.name}_2")
    others = sorted(path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name))
    if others:
        listed = ", ".join(others[:_SHOWN]) + (f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else "")
        raise IdentityError(
            f"{folder} was not made by this tool: it holds {listed}. "
            f"Name another collection, COLLECTION_NAME={folder.name}_2, or another folder, --qdrant-path"
        )


def _settle(folder: Path) -> None:
    """Make what was renamed or removed in a folder survive a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
