"""What a person should know of a run besides its numbers: sentences for the report."""

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping

from ingest.comparison import Progress
from ingest.model import Chunk, Json
from ingest.protocols import Store

TEXTS = 256  # of a new dataset, that are looked for in others


def sample_texts(missing: Iterable[tuple[Progress, Chunk]], texts: set[str]) -> Iterator[tuple[Progress, Chunk]]:
    """Pass on what is missing, and gather the hashes of the first texts."""
    for progress, chunk in missing:
        if len(texts) < TEXTS:
            texts.add(chunk.text)
        yield progress, chunk


def note_twins(store: Store, dataset: str, others: Collection[str], texts: set[str]) -> Iterator[str]:
    """Say which of the other datasets says most of what a new one does, as last month's file under its own name."""
    counts = store.count_datasets(sorted(texts)) if others and texts else {}
    for other in sorted(others):
        shared = min(counts.get(other, 0), len(texts))
        if shared > len(texts) / 2:
            name = shlex.quote(other)
            yield (
                f"{dataset} is new, and of {len(texts)} of its texts {shared} stand in {other} too, which this run "
                f"does not name. If it takes the place of that one, either remove the old one: `create-vector-db "
                f"remove {name}`; or keep its name: run with --dataset {name} from now on, and remove the new one: "
                f"`create-vector-db remove {shlex.quote(dataset)}`"
            )


def note_cut(dataset: str, before: Json, now: Mapping[str, Json], embedded: int) -> Iterator[str]:
    """Say that a dataset is cut otherwise than before, and what that embeds. `before` is what was recorded of it."""
    if not isinstance(before, Mapping):
        return
    pairs = [(name, before.get(name), value) for name, value in now.items()]
    if changes := [f"{name} {new} instead of {old}" for name, old, new in pairs if old != new]:
        yield f"{dataset} is cut anew, {', '.join(changes)}: that embeds {embedded} texts"


def note_cleared(names: Collection[str]) -> Iterator[str]:
    """Say what was removed that a rebuild had left."""
    if names:
        yield f"cleared away, left by a rebuild that came to no end: {', '.join(sorted(names))}"


def note_untouched(others: Collection[str]) -> Iterator[str]:
    """Say which datasets of the collection a run left alone."""
    if others:
        yield f"left as they are, since this run does not name them: {', '.join(sorted(others))}"
