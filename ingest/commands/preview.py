"""`create-vector-db preview`."""

from typing import Annotated

import typer

from ingest.chunking import open_chunker
from ingest.commands.options import takes_settings
from ingest.commands.output import complain, print_json, print_lines
from ingest.cutting import Cutting
from ingest.embedders.window import find_window
from ingest.errors import UsageError
from ingest.preview import preview
from ingest.preview.page import render_preview, render_preview_problems
from ingest.protocols import Window
from ingest.reading import Reading, open_sources
from ingest.settings import Settings, open_chosen_embedder


@takes_settings
def preview_sources(
    _context: typer.Context,
    *,
    settings: Settings,
    reading: Reading,
    cutting: Cutting,
    whole: Annotated[
        bool, typer.Option("--all", help="Show every file, sheet, heading and item, not the first ones of many.")
    ] = False,
) -> None:
    """Show how sheets and texts are understood and how they are cut; ask no service and write nothing."""
    window = _find_window(settings)
    chunker = open_chunker(size=cutting.chunk_size, overlap=cutting.chunk_overlap, window=window)
    sources = open_sources(reading)
    seen = preview(sources, chunker=chunker, window=window, encoding=reading.encoding or "", whole=whole)
    if settings.json:
        print_json(seen.as_json())
    elif not settings.quiet:
        print_lines(render_preview(seen))
    complain(*render_preview_problems(seen))
    raise typer.Exit(seen.exit_code)


def _find_window(settings: Settings) -> Window | None:
    """Find what the model of a run would read; None where none is configured yet, which a preview can do without."""
    try:
        embedder, _ = open_chosen_embedder(settings)
    except UsageError:
        return None
    return find_window(embedder.identity, settings.embedder or "")
