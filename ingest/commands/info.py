"""`create-vector-db info`."""

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import render
from ingest.age import find_stale
from ingest.commands.options import takes_settings
from ingest.commands.output import complain, print_json, print_lines
from ingest.durations import read_duration
from ingest.entries import summarise
from ingest.errors import StaleError
from ingest.inspection import describe_there
from ingest.settings import Settings, flag, open_for_reading

if TYPE_CHECKING:
    from ingest.model import Json


@takes_settings
def show_info(
    _context: typer.Context,
    *,
    settings: Settings,
    max_age: Annotated[
        str | None,
        flag("--max-age", metavar="TIME", help="Exit with 9 where a dataset's last complete run is older: 26h, 7d."),
    ] = None,
) -> None:
    """Show what the collection holds, who made it and when."""
    oldest = read_duration("--max-age", max_age) if max_age else None
    with closing(open_for_reading(settings)) as store:
        described = describe_there(store)
        counts = {dataset: store.count(dataset) for dataset in described.datasets}
    stale = [] if oldest is None else list(find_stale(described, oldest, datetime.now(UTC)))
    if settings.json:
        datasets = {name: {"points": counts[name], **summarise(entry)} for name, entry in described.datasets.items()}
        age: dict[str, Json] = (
            {} if oldest is None else {"exit_code": StaleError.exit_code if stale else 0, "stale": stale}
        )
        print_json(
            {
                "collection": store.collection,
                "store": store.name,
                "points": sum(counts.values()),
                "dimension": described.dimension,
                "identity": asdict(described.identity),
                "service": described.service,
                "version": described.version,
                "form": described.form,
                "datasets": datasets,
                **age,
            }
        )
    elif not settings.quiet:
        print_lines(render.render_collection(store.collection, store.name, described, counts))
    complain(*(f"error: {line}" for line in stale))
    raise typer.Exit(StaleError.exit_code if stale else 0)
