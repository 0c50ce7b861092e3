"""`create-vector-db preview`."""

from typing import Annotated

import typer

from ingest import render
from ingest.chunking import OVERLAP, open_chunker
from ingest.commands.options import takes_settings
from ingest.commands.output import complain, print_json, print_lines
from ingest.embedders.window import find_window
from ingest.errors import UsageError
from ingest.preview import preview
from ingest.protocols import Window
from ingest.reading import Reading, open_sources
from ingest.settings import Settings, flag, open_chosen_embedder


@takes_settings
def preview_sources(
    _context: typer.Context,
    *,
    settings: Settings,
    reading: Reading,
    chunk_size: Annotated[
        str | None,
        flag(
            "--chunk-size",
            metavar="CHARACTERS|TOKENSt",
            help="What a chunk holds with its prefix: characters, or tokens as 126t. Default: what the model reads.",
        ),
    ] = None,
    chunk_overlap: Annotated[
        int | None,
        flag("--chunk-overlap", metavar="CHARACTERS", help=f"Characters that chunks share. Default: {OVERLAP}."),
    ] = None,
) -> None:
    """Show how sheets and texts are understood, and the first chunks; ask no service and write nothing."""
    chunker = open_chunker(size=chunk_size, overlap=chunk_overlap, window=_find_window(settings))
    seen = preview(open_sources(reading), chunker=chunker, encoding=reading.encoding or "")
    if settings.json:
        print_json(seen.as_json())
    elif not settings.quiet:
        print_lines(render.render_preview(seen))
    complain(*render.render_preview_problems(seen))
    raise typer.Exit(seen.exit_code)


def _find_window(settings: Settings) -> Window | None:
    """Find what the model of a run would read; None where none is configured yet, which a preview can do without."""
    try:
        embedder, _ = open_chosen_embedder(settings)
    except UsageError:
        return None
    return find_window(embedder.identity, settings.embedder or "")
