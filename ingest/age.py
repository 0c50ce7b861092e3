"""How long ago a collection was last complete: a job that never fires has no exit code."""

from collections.abc import Mapping
from datetime import datetime

from ingest.errors import StaleError
from ingest.model import Collection


def check_age(collection: Collection, oldest: float, now: datetime) -> None:
    """Raise StaleError for the first dataset whose last complete run is more than `oldest` seconds before `now`.

    As far ahead of it counts, too: a clock was wrong, and nothing would look old until it is that late.
    """
    for dataset, entry in sorted(collection.datasets.items()):
        run = entry.get("last_run")
        finished = run.get("finished") if isinstance(run, Mapping) else None
        if not isinstance(finished, str):
            raise StaleError(f"dataset {dataset!r} was never complete: run it, and see what it skips")
        age = (now - datetime.fromisoformat(finished)).total_seconds()
        if age > oldest:
            raise StaleError(
                f"dataset {dataset!r}: its last complete run ended {finished}, {age / 3600:.1f} hours ago, and "
                f"--max-age allows {oldest / 3600:.1f}: see whether its job still runs"
            )
        if -age > oldest:
            raise StaleError(
                f"dataset {dataset!r}: its last complete run ended {finished}, {-age / 3600:.1f} hours ahead of this "
                "machine's clock: set the clock that is wrong, and run it again"
            )
