"""`create-vector-db verify`."""

from contextlib import closing
from functools import lru_cache, partial
from typing import Annotated

import typer

from ingest import render
from ingest.commands.options import LockWait, takes_settings
from ingest.commands.output import complain, print_json, print_lines
from ingest.durations import read_duration
from ingest.embedders.window import find_window
from ingest.reading import Reading, open_sources
from ingest.settings import Settings, flag, open_chosen_store
from ingest.sync import Options
from ingest.verification import SAMPLE, verify


@takes_settings
def verify_collection(
    _context: typer.Context,
    *,
    settings: Settings,
    reading: Reading,
    sample: Annotated[
        int, flag("--sample", metavar="POINTS", min=0, help="Points that are read back and searched for.")
    ] = SAMPLE,
    invalidate: Annotated[
        bool,
        flag("--invalidate", help="Let the next run mend what was changed in place, too, which it would pass over."),
    ] = False,
    lock_wait: LockWait = "10s",
) -> None:
    """Compare the collection with the sources, without embedding anything."""
    sources = open_sources(reading)
    store, _ = open_chosen_store(settings, lock_wait=read_duration("--lock-wait", lock_wait), exclusive=True)
    find = lru_cache(partial(find_window, spec=settings.embedder or ""))
    with closing(store):
        found = verify(sources, store=store, options=Options(find_window=find), sample=sample, invalidate=invalidate)
    if settings.json:
        print_json(found.as_json())
    elif not settings.quiet:
        print_lines(render.render_verification(found))
    complain(*(f"error: {tally.error}" for tally in found.datasets if tally.error))
    if found.counts:
        complain(f"error: {found.describe()}")
    raise typer.Exit(found.exit_code)
