"""What a collection records of itself, as JSON."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ingest.errors import StoreError
from ingest.model import Collection, Identity, Json

FORMAT = 1  # of the record; a tool that meets a newer one stops instead of guessing

# Fields of a point, by their path in the payload, that are filtered or counted.
DATASET, ORIGIN, TEXT, STATE = "ingest.dataset", "ingest.origin", "ingest.text", "ingest.state"
WRITTEN = "ingest.written"
INDEXED = ("source", DATASET, ORIGIN, TEXT, STATE, WRITTEN)


def pack(collection: Collection) -> dict[str, Json]:
    """Give everything but the datasets; canaries as base64 of little-endian float32."""
    return {
        "format": FORMAT,
        "identity": asdict(collection.identity),
        "service": collection.service,
        "version": collection.version,
        "dimension": collection.dimension,
        "canaries": base64.b64encode(collection.canaries.astype("<f4").tobytes()).decode("ascii"),
    }


def unpack(record: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Json]], where: str) -> Collection:
    """Read what `pack` gave. Raises StoreError naming `where` for a record that is damaged or of a newer tool."""
    try:
        if record["format"] > FORMAT:
            raise StoreError(f"{where} was written by a newer create-vector-db: upgrade this one to use it")
        return Collection(
            identity=Identity(**record["identity"]),
            service=str(record["service"]),
            version=str(record["version"]),
            dimension=int(record["dimension"]),
            canaries=np.frombuffer(base64.b64decode(record["canaries"], validate=True), dtype="<f4").reshape(
                -1, int(record["dimension"])
            ),
            datasets={name: dict(entry) for name, entry in datasets.items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{where} is damaged ({error}): restore it from a copy, or fill another collection, COLLECTION_NAME"
        ) from error


def join_times(count: Callable[[Mapping[str, Sequence[str]], str], Mapping[str, int]]) -> dict[str, str]:
    """Find when each origin was written. count: points of a dataset with these values, by the values of a field."""
    times: dict[str, str] = {}
    for moment in sorted(count({}, WRITTEN)):
        times |= dict.fromkeys(count({WRITTEN: [moment]}, ORIGIN), moment)
    return times
