"""`create-vector-db list`."""

from contextlib import closing
from typing import Annotated

import typer

from ingest import render
from ingest.commands.options import takes_settings
from ingest.commands.output import print_json, print_lines
from ingest.contents import choose_datasets, list_contents
from ingest.inspection import describe_there
from ingest.settings import Settings, open_for_reading


@takes_settings
def list_origins(
    _context: typer.Context,
    dataset: Annotated[
        str | None, typer.Argument(metavar="DATASET", help="One dataset, as `info` shows it. Default: all.")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """List the files of each dataset.

    Each with the number of its points and when a run last wrote them, under when the dataset was last complete; and of
    which of them something was skipped, or left for the next run.
    """
    with closing(open_for_reading(settings)) as store:
        described = describe_there(store)
        contents = list_contents(store, described, choose_datasets(described, dataset))
        if settings.json:
            datasets = {each.dataset: each.as_json() for each in contents}
            print_json({"collection": store.collection, "store": store.name, "datasets": datasets})
            return
        for each in contents:
            print_lines(render.render_contents(each))
