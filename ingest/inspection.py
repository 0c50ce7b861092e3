"""What is wrong with stored points, seen from the store alone: no source is read, nothing is embedded."""

import uuid
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.contract import find_breach, read_own
from ingest.errors import StoreError
from ingest.model import Collection, Json, Payload, Point
from ingest.protocols import Store

if TYPE_CHECKING:
    from ingest.model import Vector

# Half precision, which a server may be set to store, rounds each number by at most 2^-11 (IEEE 754, binary16), and so
# the length of a unit vector by as much. Single precision stays far below.
UNIT_TOLERANCE = 2**-10

# What a collection may have wrong, and how a person reads it.
KINDS: Mapping[str, str] = {
    "missing": "the sources say it, and it is not stored",
    "stale": "it is stored, and the sources no longer say it",
    "duplicate": "it is stored once more than the sources say it",
    "drifted": "its payload is not what the sources say",
    "payload": "its payload breaks the contract with those who search",
    "dimension": "its vector has another number of dimensions",
    "infinite": "its vector holds a number that is not finite",
    "length": "its vector is not of unit length",
    "stranger": "this tool did not write it, or into a dataset that is not recorded",
    "unsearchable": "it is not found by its own vector, or not read back by its id",
}
NO_VECTOR = frozenset({"dimension", "infinite", "length"})  # kinds of a vector that no search can rank rightly


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one point.

    kind: one of KINDS. dataset, origin, where: "" where the point doesn't say. text: one line for a person.
    """

    kind: str
    dataset: str
    origin: str
    where: str
    id: str
    text: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.dataset, self.origin, self.where) if part)
        return f"{self.kind}: {f'{place}: ' if place else ''}{self.text} (point {self.id})"


def inspect(store: Store) -> Iterator[Finding]:
    """Yield what is wrong with the points of a whole collection, a page of them in memory at a time.

    Raises StoreError where there is no collection.
    """
    described = describe_there(store)
    for _, findings in examine(store.scroll(), described.dimension, described.datasets):
        yield from findings


def describe_there(store: Store) -> Collection:
    """Read what a collection records of itself. Raises StoreError where it doesn't exist."""
    described = store.describe()
    if described is None:
        raise StoreError(f"there is no collection {store.collection!r} in {store.name}: fill it first, or name another")
    return described


def examine(points: Iterable[Point], dimension: int, datasets: Container[str]) -> Iterator[tuple[Point, list[Finding]]]:
    """Yield each point with what is wrong with it: at most one finding on its vector and one on its payload."""
    for point in points:
        defects = (judge_vector(point.vector, dimension), judge_payload(point.id, point.payload, datasets))
        yield point, [make_finding(defect[0], point.id, point.payload, defect[1]) for defect in defects if defect]


def make_finding(kind: str, id_: str, payload: Payload, text: str = "") -> Finding:
    """Make the finding on a stored point, placed by what its payload says."""
    own = read_own(payload)
    dataset, origin = (_read_string(own, name) for name in ("dataset", "origin"))
    return Finding(kind, dataset, origin, _place(payload), id_, text or KINDS[kind])


def judge_payload(id_: str, payload: Payload, datasets: Container[str]) -> tuple[str, str] | None:
    """Give the kind and the words of what is wrong with a payload, by itself; None where nothing is."""
    own = read_own(payload)
    if not own or not _is_name(id_):
        return "stranger", "this tool did not write it"
    dataset = own.get("dataset")
    if isinstance(dataset, str) and dataset and dataset not in datasets:
        return "stranger", f"the collection records no dataset {dataset!r}"
    defect = find_breach(payload)
    return ("payload", defect) if defect else None


def judge_vector(vector: "Vector", dimension: int) -> tuple[str, str] | None:
    """Give the kind and the words of what is wrong with a stored vector; None where nothing is."""
    import numpy as np  # noqa: PLC0415 - heavy

    if vector.shape != (dimension,):
        size = "x".join(str(length) for length in vector.shape)
        return "dimension", f"its vector has {size} dimensions, not {dimension}"
    if not np.isfinite(vector).all():
        return "infinite", KINDS["infinite"]
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if abs(length - 1) > UNIT_TOLERANCE:
        return "length", f"its vector has the length {length:.4g}, not 1"
    return None


def _is_name(id_: str) -> bool:
    """Say whether an id is of the kind that `model.name_point` gives."""
    try:
        return uuid.UUID(id_).version == 5  # noqa: PLR2004 - RFC 9562
    except ValueError:
        return False


def _place(payload: Payload) -> str:
    metadata = payload.get("metadata")
    if not isinstance(metadata, Mapping):
        return ""
    if "row" in metadata:
        sheet = metadata.get("sheet")
        return f"{f'sheet {sheet}, ' if sheet else ''}row {metadata['row']}"
    return str(metadata.get("heading") or f"character {metadata.get('start', 0)}")


def _read_string(own: Mapping[str, Json], name: str) -> str:
    value = own.get(name)
    return value if isinstance(value, str) else ""
