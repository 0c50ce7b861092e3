"""`create-vector-db remove`."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from ingest import render
from ingest.commands.options import LockWait, takes_settings
from ingest.commands.output import complain, print_json, print_lines
from ingest.contents import choose_datasets
from ingest.durations import read_duration
from ingest.errors import UsageError
from ingest.inspection import describe_there
from ingest.removal import remove_dataset
from ingest.settings import Settings, open_chosen_store


@takes_settings
def remove_from_collection(
    _context: typer.Context,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Its name, as `info` shows it.")],
    *,
    settings: Settings,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Remove it without asking.")] = False,
    lock_wait: LockWait = "0s",
) -> None:
    """Take a dataset out of the collection, after showing what it holds."""
    wait = read_duration("--lock-wait", lock_wait)
    store, _ = open_chosen_store(settings, lock_wait=wait, exclusive=True)
    with closing(store):
        described = describe_there(store)
        [dataset] = choose_datasets(described, dataset)
        shown = render.render_dataset(dataset, described.datasets[dataset], store.count(dataset))
        if not yes:
            if not sys.stdin or not sys.stdin.isatty():
                raise UsageError(f"{shown}: add --yes to remove it, since nobody can be asked here")
            complain(shown)
            if not _confirm(f"remove it from collection {store.collection!r} in {store.name}?"):
                complain("nothing was removed")
                return
        removed = remove_dataset(store, dataset)
        store.compact()
    if settings.json:
        print_json({"dataset": dataset, "removed": removed})
    elif not settings.quiet:
        print_lines([f"{dataset}: {removed} points removed"])


def _confirm(question: str) -> bool:
    """Ask a person; Ctrl-C is Ctrl-C, and the end of the input is a no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort as aborted:
        if isinstance(aborted.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return False
