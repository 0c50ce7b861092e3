"""What a collection holds: the origins of each dataset, and finding one by what a person types."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import PurePath, PurePosixPath

from ingest.alternatives import NEAREST, find_nearest
from ingest.batching import batched
from ingest.contract import read_own
from ingest.entries import read_skipped
from ingest.errors import UsageError
from ingest.model import Collection, Json, is_whole
from ingest.protocols import Store

PAYLOADS = 256  # payloads that are fetched in one call


@dataclass(frozen=True, slots=True)
class Contents:
    """What is stored of a dataset.

    origins: the points of each, sorted by name. finished: when the last complete run ended (ISO 8601, UTC), None where
    there was none. written: when each origin was, likewise.
    unfinished: origins that lack the state that all points of an origin have when a run has finished it.
    skipped: of each origin of which the last run skipped something, how many items; it may have no points.
    """

    dataset: str
    origins: Mapping[str, int]
    finished: str | None
    unfinished: AbstractSet[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """The points of all origins."""
        return sum(self.origins.values())

    @property
    def complete(self) -> bool:
        """Whether every origin was finished, and nothing of any skipped."""
        return not self.unfinished and not self.skipped

    def as_json(self) -> Mapping[str, Json]:
        """Give the whole of it as one JSON object."""
        return {
            "points": self.points,
            "last_run": self.finished,
            "complete": self.complete,
            "unfinished": sorted(self.unfinished),
            "skipped": self.skipped,
            "origins": self.origins,
            "written": self.written,
        }


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """An origin by its full name."""

    dataset: str
    name: str

    def __str__(self) -> str:
        return self.name if self.name == self.dataset else f"{self.name} of {self.dataset}"


def list_contents(store: Store, described: Collection, datasets: Iterable[str]) -> Iterator[Contents]:
    """Count what is stored of each of these datasets.

    Two counts a dataset, however many points it has, and one for each run that wrote; only where the two do not agree
    are its points read, to name origins.
    """
    for dataset in datasets:
        counts, states = store.count_origins(dataset), store.count_states(dataset)
        # A state belongs to one origin: where there are as many, each whole, and no point is without one, all are.
        whole = len(states) == len(counts) and _are_whole(states)
        agree = whole and sum(states.values()) == sum(counts.values())
        yield Contents(
            dataset,
            dict(sorted(counts.items())),
            find_finish(described, dataset),
            frozenset() if agree else _find_unfinished(store, dataset, sorted(counts)),
            count_skipped(described, dataset),
            store.find_written(dataset),
        )


def count_skipped(described: Collection, dataset: str) -> Mapping[str, int]:
    """Count the items that the last run of a dataset skipped, by their origins; none of the others."""
    skipped = read_skipped(described.datasets.get(dataset, {}))
    return {origin: len(names) for origin, names in sorted(skipped.items()) if names}


def is_finished(states: Mapping[Json, int]) -> bool:
    """Say of the states of all points of an origin, counted, whether a run has finished it: one, and it is whole."""
    return len(states) == 1 and _are_whole(states)


def _are_whole(states: Mapping[Json, int] | Mapping[str, int]) -> bool:
    return all(is_whole(state, points) for state, points in states.items())


def _find_unfinished(store: Store, dataset: str, origins: Sequence[str]) -> AbstractSet[str]:
    """Find the origins that no run has finished, a page of payloads in memory at a time."""
    states: dict[str, Counter[Json]] = defaultdict(Counter)
    for some in batched(store.list_points(dataset, origins), PAYLOADS):
        payloads = store.fetch_payloads([point.id for point in some])
        for point in some:
            if point.id in payloads:
                states[point.origin][read_own(payloads[point.id]).get("state")] += 1
    return {origin for origin, found in states.items() if not is_finished(found)}


def find_finish(described: Collection, dataset: str) -> str | None:
    """Find when the last complete run of a dataset ended (ISO 8601, UTC); None where there was none."""
    run = described.datasets.get(dataset, {}).get("last_run")
    finished = run.get("finished") if isinstance(run, Mapping) else None
    return finished if isinstance(finished, str) else None


def choose_datasets(described: Collection, dataset: str | None) -> Sequence[str]:
    """Give the names of all datasets in order, or the one that was named. Raises UsageError where it isn't there."""
    known = sorted(described.datasets)
    if dataset is None:
        return known
    name = unicodedata.normalize("NFC", dataset)
    if name not in known:
        near = " or ".join(find_nearest(name, known))
        meant = f": did you mean {near}? The" if near else ": the"
        raise UsageError(f"there is no dataset {dataset!r}{meant} collection has {', '.join(known) or 'none'}")
    return [name]


def locate(origins: Sequence[Origin], name: str, place: str = "") -> tuple[Origin, str]:
    """Find the one origin that is called so, by its name, DATASET/NAME or the end of its path, and the place in it.

    The extension may be left out where nothing is called so without one. `ORIGIN:PLACE` is taken apart where nothing
    has that whole name. Raises UsageError where nothing is called so, with what comes nearest, or several are.
    """
    name = unicodedata.normalize("NFC", PurePath(name).as_posix())
    if found := _find(origins, name):
        return found, place
    head, _, tail = name.rpartition(":")
    if head and not place and (found := _find(origins, head)):
        return found, tail
    near = " or ".join(map(str, _find_nearest(origins, head or name)))
    meant = f"did you mean {near}?" if near else "and none like it;"
    raise UsageError(f"there is no origin {name!r}{': ' if near else ', '}{meant} `create-vector-db list` shows all")


def _find(origins: Sequence[Origin], name: str) -> Origin | None:
    found = [origin for origin in origins if origin.name == name]
    paths = {origin: f"/{origin.dataset}/{origin.name}" for origin in origins}
    found = found or [origin for origin, path in paths.items() if path.endswith(f"/{name}")]
    found = found or [origin for origin, path in paths.items() if _drop_suffix(path).endswith(f"/{name}")]
    if len(found) <= 1:
        return found[0] if found else None
    if len({origin.name for origin in found}) == 1:
        raise UsageError(f"{name!r} is in {_list(origin.dataset for origin in found)}: add --dataset with one of them")
    raise UsageError(f"{name!r} may be {_list(map(str, found))}: name more of its path")


def _drop_suffix(path: str) -> str:
    return str(PurePosixPath(path).with_suffix(""))


def _list(names: Iterable[str]) -> str:
    first, *rest = sorted(names)
    shown = [first, *rest[: NEAREST - 1]]
    return f"{', '.join(shown)}{f' and {len(rest) - NEAREST + 1} more' if len(rest) >= NEAREST else ''}"


def _find_nearest(origins: Sequence[Origin], name: str) -> Sequence[Origin]:
    """Compare a name with as much of the end of each path as it names itself."""
    parts = name.count("/") + 1
    ends = {"/".join(origin.name.split("/")[-parts:]): origin for origin in origins}
    return [ends[end] for end in find_nearest(name, ends)]
