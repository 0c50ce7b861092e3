"""`create-vector-db info`."""

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from ingest import render
from ingest.age import check_age
from ingest.commands.options import takes_settings
from ingest.commands.output import print_json, print_lines
from ingest.durations import read_duration
from ingest.inspection import describe_there
from ingest.settings import Settings, flag, open_for_reading


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
    if settings.json:
        datasets = {name: {"points": counts[name], **entry} for name, entry in described.datasets.items()}
        print_json(
            {
                "collection": store.collection,
                "store": store.name,
                "points": sum(counts.values()),
                "dimension": described.dimension,
                "identity": asdict(described.identity),
                "service": described.service,
                "version": described.version,
                "datasets": datasets,
            }
        )
    else:
        print_lines(render.render_collection(store.collection, store.name, described, counts))
    if oldest is not None:
        check_age(described, oldest, datetime.now(UTC))
