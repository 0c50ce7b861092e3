"""`create-vector-db show`."""

from contextlib import closing
from typing import Annotated

import typer

from ingest import render
from ingest.commands.options import takes_settings
from ingest.commands.output import print_json, print_lines
from ingest.contents import Origin, choose_datasets, count_skipped, find_finish, locate
from ingest.inspection import describe_there
from ingest.items import find_items, read_items
from ingest.settings import Settings, open_for_reading


@takes_settings
def show_origin(
    _context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="ORIGIN[:ROW]", help="A file, as `list` shows it, or the end of its path.")
    ],
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="A row, SHEET!ROW, an article (Điều 8, 제6조제2항), a heading.")
    ] = "",
    *,
    settings: Settings,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Look in this dataset alone.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("-k", "--limit", metavar="ITEMS", min=1, help="How many items to show. Default: all.")
    ] = None,
) -> None:
    """Show what is stored of a file.

    In its order: each row once, with its question and its whole answer, or each chunk of a text with its place.
    """
    with closing(open_for_reading(settings)) as store:
        described = describe_there(store)
        datasets = choose_datasets(described, dataset)
        origins = [
            Origin(each, found)
            for each in datasets
            for found in store.count_origins(each).keys() | count_skipped(described, each).keys()
        ]
        origin, place = locate(origins, name, place)
        shelf = find_items(store, origin, place)
        items = read_items(store, shelf.items[:limit])
        finished = find_finish(described, origin.dataset)
        skipped = count_skipped(described, origin.dataset).get(origin.name, 0)
        if settings.json:
            print_json(
                {
                    "dataset": origin.dataset,
                    "origin": origin.name,
                    "points": shelf.points,
                    "complete": shelf.complete and not skipped,
                    "skipped": skipped,
                    "last_run": finished,
                    "found": len(shelf.items),
                    "items": [item.as_json() for item in items],
                }
            )
            return
        print_lines(render.render_origin(origin, shelf, finished, skipped))
        for item in items:
            print_lines(render.render_item(item))
        if left := len(shelf.items[limit:]) if limit else 0:
            print_lines([f"{left} more (without --limit all are shown)"])
