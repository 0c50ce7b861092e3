"""`create-vector-db doctor`."""

import typer

from ingest.commands.options import takes_settings
from ingest.commands.output import complain, print_json, print_lines
from ingest.doctor import examine
from ingest.doctor.origins import trace_settings
from ingest.doctor.page import render_examination
from ingest.settings import Settings


@takes_settings
def examine_setup(context: typer.Context, *, settings: Settings) -> None:
    """Tell what a run would use and whether it would work; write nothing."""
    examination = examine(settings, traced=trace_settings(context, settings, context.obj.env_file))
    if settings.json:
        print_json(examination.as_json())
    elif not settings.quiet:
        print_lines(render_examination(examination))
    elif examination.failure:
        complain(f"error: {examination.failure}")
    raise typer.Exit(examination.exit_code)
