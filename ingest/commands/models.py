"""`create-vector-db models`."""

from dataclasses import asdict

import typer

from ingest.commands.options import takes_settings
from ingest.commands.output import print_json, print_lines
from ingest.embedders.model_table import render_models
from ingest.embedders.models import MODELS
from ingest.settings import Settings


@takes_settings
def show_models(_context: typer.Context, *, settings: Settings) -> None:
    """Show well-known embedding models: their windows, prefixes and retrieval in Vietnamese and Korean."""
    if settings.json:
        print_json({"models": [{**asdict(model), "unverified": sorted(model.unverified)} for model in MODELS]})
    else:
        print_lines(render_models())
