"""How long ago a collection was last complete: a job that never fires has no exit code."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime

from ingest.entries import find_late
from ingest.model import Collection, Json

_SHOWN = 8  # shares that are named


def find_stale(collection: Collection, oldest: float, now: datetime) -> Iterator[str]:
    """Say of each dataset whose last complete run is more than `oldest` seconds before `now` how old it is.

    As far ahead of it counts, too: a clock was wrong, and nothing would look old until it is that late. So does a
    collection without a dataset. What several shares fill is as old as the oldest of them.
    """
    if not collection.datasets:
        yield "no dataset is in the collection: run create-vector-db with a source"
    for dataset, entry in sorted(collection.datasets.items()):
        run = entry.get("last_run")
        finished = run.get("finished") if isinstance(run, Mapping) else None
        if not isinstance(finished, str):
            yield f"dataset {dataset!r} was never complete: run {_name_late(entry)}, and see what it skips"
            continue
        age = (now - datetime.fromisoformat(finished)).total_seconds()
        if age > oldest:
            yield (
                f"dataset {dataset!r}: its last complete run ended {finished}, {age / 3600:.1f} hours ago, and "
                f"--max-age allows {oldest / 3600:.1f}: see whether the job of {_name_late(entry)} still runs, or take "
                f"it out: create-vector-db remove {shlex.quote(dataset)}"
            )
        if -age > oldest:
            yield (
                f"dataset {dataset!r}: its last complete run ended {finished}, {-age / 3600:.1f} hours ahead of this "
                "machine's clock: set the clock that is wrong, and run it again"
            )


def _name_late(entry: Mapping[str, Json]) -> str:
    """Name what has to run: the whole, or the shares that are the oldest."""
    late = find_late(entry)
    shown = ", ".join(late[:_SHOWN]) + (f" and {len(late) - _SHOWN} more" if late[_SHOWN:] else "")
    return f"--share {shown}" if late else "it"
