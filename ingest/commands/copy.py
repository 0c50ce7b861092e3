"""`create-vector-db copy`."""

import logging
from contextlib import closing
from typing import Annotated

import typer

from ingest import environment
from ingest.commands.options import takes_settings
from ingest.commands.output import print_json, print_lines, tell
from ingest.copying import copy_collection
from ingest.settings import Settings, open_for_reading, open_server

log = logging.getLogger("ingest")


@takes_settings
def copy_to_server(
    _context: typer.Context,
    *,
    settings: Settings,
    to_qdrant_url: Annotated[str, typer.Option("--to-qdrant-url", metavar="URL", help="URL of the server to copy to.")],
    to_collection: Annotated[
        str | None, typer.Option("--to-collection", metavar="NAME", help="Its name there. Default: the same.")
    ] = None,
) -> None:
    """Copy the collection to a server: points, vectors, payload and identity, with nothing embedded.

    The key of that server is QDRANT_API_KEY.
    """
    with closing(open_for_reading(settings)) as source:
        url = environment.make_qdrant_url(to_qdrant_url, 6333, https=settings.qdrant_https)
        target, notes = open_server(url, to_collection or source.collection, settings, exclusive=True)
        with closing(target):
            tell(settings, *notes)
            written = 0
            for written in copy_collection(source, target):
                log.debug("%d points copied", written)
    if settings.json:
        print_json({"points": written, "store": target.name, "collection": target.collection})
    elif not settings.quiet:
        print_lines([f"{written} points copied to collection {target.collection!r} in {target.name}"])
