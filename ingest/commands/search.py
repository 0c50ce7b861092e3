"""`create-vector-db search`."""

from contextlib import closing
from typing import Annotated

import typer

from ingest import render
from ingest.commands.options import takes_settings
from ingest.commands.output import print_json, print_lines
from ingest.contents import choose_datasets
from ingest.encoding import refuse_identity
from ingest.errors import UsageError
from ingest.identity import differ
from ingest.inspection import describe_there
from ingest.search import find_hits
from ingest.settings import Settings, open_chosen_embedder, open_for_reading


@takes_settings
def search_collection(
    _context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for.")],
    *,
    settings: Settings,
    limit: Annotated[int, typer.Option("-k", "--limit", metavar="ITEMS", min=1, help="How many items to show.")] = 5,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Look in this dataset alone.")
    ] = None,
) -> None:
    """Search the collection with the embedder that filled it."""
    if not query.strip():
        raise UsageError('there is nothing to look for; write the question: create-vector-db search "…"')
    with closing(open_for_reading(settings)) as store:
        described = describe_there(store)
        named = None if dataset is None else choose_datasets(described, dataset)[0]
        embedder, _ = open_chosen_embedder(settings, described)
        if difference := differ(described.identity, embedder.identity):
            raise refuse_identity(store, embedder, difference)
        hits = find_hits(query, embedder=embedder, store=store, limit=limit, dataset=named)
    if settings.json:
        print_json({"query": query, "hits": [render.describe_hit(hit) for hit in hits]})
    else:
        print_lines(render.render_hits(hits))
