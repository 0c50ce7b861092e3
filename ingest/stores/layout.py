"""What lies in the folder of an embedded store.

    <path>/<collection>/collection.json   what the collection records of itself, and the name of its shard
    <path>/<collection>/shard-1/          the engine's files
    <path>/<collection>/building.json     the same of what is being built to take its place, and who builds it
    <path>/<collection>/shard-2/          its files
    <path>/<collection>.lock              see `lock`

A record is written last and removed first: a folder of ours without `collection.json` is what a death in between left,
and counts as absent; so does a shard that neither record names. What was built takes its place when `collection.json`
is replaced by a record that names its shard.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import IdentityError, StoreError
from ingest.model import Collection
from ingest.stores.builds import Mark, pack_mark, read_mark
from ingest.stores.records import pack, unpack

MANIFEST, BUILDING = "collection.json", "building.json"
_SHARD = re.compile(r"shard-(\d+)")
_LEFT = re.compile(rf"shard-\d+|{re.escape(BUILDING)}|({re.escape(MANIFEST)}|{re.escape(BUILDING)})\.tmp")
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
    """The content of a record.

    shard: the name of the folder that holds the points. mark: who builds it, None for what is built.
    """

    shard: str
    described: Collection
    mark: Mark | None = None


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
    try:
        return _read(folder, MANIFEST)
    except (FileNotFoundError, NotADirectoryError):
        _refuse_others(folder)
        return None
    except OSError as error:
        raise StoreError(f"{folder / MANIFEST} can't be read: {error.strerror}") from error


def read_build(folder: Path, current: Manifest | None) -> Manifest | None:
    """Read what is being built beside a collection; None where there is nothing that can be gone on with."""
    try:
        build = _read(folder, BUILDING)
    except (OSError, StoreError):
        return None
    return None if current and build.shard == current.shard else build


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace a record, `building.json` where there is a mark, in one step that survives a power cut."""
    name = BUILDING if manifest.mark else MANIFEST
    record = {
        "shard": manifest.shard,
        "collection": pack(manifest.described),
        "datasets": {name: dict(entry) for name, entry in manifest.described.datasets.items()},
        **({"building": pack_mark(manifest.mark)} if manifest.mark else {}),
    }
    temporary = folder / f"{name}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(record, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / name)
    _settle(folder)


def remove(folder: Path) -> None:
    """Remove a collection: its record first, so that a death in between leaves none that looks whole."""
    if not folder.exists():
        return
    (folder / MANIFEST).unlink(missing_ok=True)
    _settle(folder)
    for path in folder.iterdir():
        _remove(path)
    folder.rmdir()


def clear(folder: Path, current: Manifest | None) -> list[str]:
    """Remove what no collection needs, records first: all but the collection itself; give the names."""
    left = list_left(folder, current)
    for name in sorted(left, key=lambda name: (bool(_SHARD.fullmatch(name)), name)):
        _remove(folder / name)
    if left:
        _settle(folder)
        if current is None and not any(folder.iterdir()):
            folder.rmdir()
    return left


def list_left(folder: Path, current: Manifest | None) -> list[str]:
    """List the names of what lies in a folder and does not belong to its collection."""
    if not folder.is_dir():
        return []
    kept = {MANIFEST, current.shard} if current else set()
    return sorted(path.name for path in folder.iterdir() if _LEFT.fullmatch(path.name) and path.name not in kept)


def name_shard(folder: Path) -> str:
    """Give the name of a shard that is not there yet, with a number above all others."""
    found = (_SHARD.fullmatch(path.name) for path in (folder.iterdir() if folder.is_dir() else ()))
    return f"shard-{max((int(match[1]) for match in found if match), default=0) + 1}"


def _read(folder: Path, name: str) -> Manifest:
    """Read a record. Raises OSError where it can't be read, StoreError where it is damaged."""
    path = folder / name
    content = path.read_bytes()
    try:
        record = json.loads(content)
        shard, described, datasets = record["shard"], record["collection"], record["datasets"]
        mark = read_mark(record.get("building"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} is damaged ({error}): restore it from a copy, or remove {folder} and index anew"
        ) from error
    if not _SHARD.fullmatch(str(shard)) or not (folder / shard).is_dir():
        raise StoreError(f"{path} names the shard {shard!r}, which isn't there: remove {folder} and index anew")
    return Manifest(shard, unpack(described, datasets, str(path)), mark)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _refuse_others(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise IdentityError(f"{folder} is a file, not a collection: name another, COLLECTION_NAME={folder.name}_2")
    others = sorted(path.name for path in folder.iterdir() if not _LEFT.fullmatch(path.name))
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
